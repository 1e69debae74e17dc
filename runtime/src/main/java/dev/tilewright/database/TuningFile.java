package dev.tilewright.database;

import dev.tilewright.conv.Tile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A text file of {@link Entry}s that several processes may write: records are only ever appended,
 * each in one write under a lock, and the file is replaced as a whole or not at all. A process that
 * dies loses the record it was writing. Safe for use by several threads.
 */
public final class TuningFile {
  /** Larger ones are not read: nobody tunes that much, and a foreign file might be anything. */
  private static final long MOST_BYTES = 256L << 20;

  /** A file lock belongs to the process: its threads need one more. */
  private static final Map<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

  /**
   * What a file holds.
   *
   * @param entries in the order in which they were written
   * @param ignored lines that say nothing usable: how many, by reason
   */
  public record Contents(List<Entry> entries, Map<String, Integer> ignored) {
    public Contents {
      entries = List.copyOf(entries);
      ignored = Map.copyOf(ignored);
    }

    /** Measurements, without fits. */
    public List<TuningRecord> records() {
      return List.copyOf(Standing.records(entries));
    }
  }

  @FunctionalInterface
  private interface Change {
    void make() throws IOException;
  }

  private final Path file;

  private TuningFile(Path file) {
    this.file = file.toAbsolutePath();
  }

  /**
   * The file at a path.
   *
   * @param file need not exist; reading it gives nothing then
   */
  public static TuningFile at(Path file) {
    return new TuningFile(file);
  }

  public Path path() {
    return file;
  }

  /**
   * All records that can be read.
   *
   * @throws IOException if the file cannot be opened; what stands in it never makes it fail
   */
  public Contents read() throws IOException {
    byte[] bytes;
    try {
      if (Files.size(file) > MOST_BYTES) {
        throw new IOException(file + " is larger than " + MOST_BYTES + " bytes");
      }
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return new Contents(List.of(), Map.of());
    }
    return parse(bytes);
  }

  /** All records that can be read from the bytes of a file. */
  public static Contents parse(byte[] bytes) {
    Reader reader = new Reader(bytes);
    int start = 0;
    for (int i = 0; i <= bytes.length; i++) {
      if (i == bytes.length || bytes[i] == '\n') {
        if (i > start && bytes[start] != '#') {
          reader.line(start, i);
        }
        start = i + 1;
      }
    }
    return new Contents(reader.entries, reader.ignored);
  }

  /** What has been understood of a file so far. */
  private static final class Reader {
    private final byte[] bytes;
    private final Map<String, Machine> machines = new HashMap<>();
    private final Map<String, Tile> tiles = new HashMap<>();
    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, Integer> ignored = new TreeMap<>();

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    void line(int from, int to) {
      List<String> fields = RecordLine.fields(bytes, from, to);
      if (fields == null) {
        ignored.merge("torn or damaged", 1, Integer::sum);
        return;
      }
      try {
        switch (fields.getFirst()) {
          case RecordLine.MACHINE ->
              machines.put(fields.get(1), Machine.parse(fields.subList(2, fields.size())));
          case RecordLine.RECORD -> entries.add(RecordLine.record(fields, machines, tiles));
          case RecordLine.MODEL -> entries.add(RecordLine.fit(fields, machines));
          default -> ignored.merge("of another version", 1, Integer::sum);
        }
      } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
        ignored.merge("of " + e.getMessage(), 1, Integer::sum);
      }
    }
  }

  /**
   * Adds records and fits after those that are there.
   *
   * @throws IOException if the file or its folder cannot be written
   */
  public void append(List<? extends Entry> entries) throws IOException {
    locked(() -> {
      try (FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        StringBuilder text = new StringBuilder();
        long size = channel.size();
        if (size == 0) {
          text.append(HEADER);
        } else if (!endsWithNewline(channel, size)) {
          text.append('\n'); // whoever wrote last died in the middle
        }
        // Machines again with every append: the line that was there may be the one that was lost.
        describe(entries, text);
        write(channel, size, text.toString());
      }
    });
  }

  /**
   * Puts these records in the place of all that are there.
   *
   * @throws IOException if that cannot be written; then the file is as before
   */
  public void replace(List<? extends Entry> entries) throws IOException {
    locked(() -> {
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      StringBuilder text = new StringBuilder(HEADER);
      describe(entries, text);
      try (FileChannel channel =
          FileChannel.open(
              fresh,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        write(channel, 0, text.toString());
        channel.force(true);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    });
  }

  private static final String HEADER = "# Tilewright tuning: docs/tuning.md describes the lines\n";

  /** Each machine before the first line that names it. */
  private static void describe(List<? extends Entry> entries, StringBuilder text) {
    Set<String> described = new HashSet<>();
    for (Entry entry : entries) {
      if (described.add(entry.machine().id())) {
        text.append(RecordLine.of(entry.machine())).append('\n');
      }
      text.append(RecordLine.of(entry)).append('\n');
    }
  }

  private static boolean endsWithNewline(FileChannel channel, long size) throws IOException {
    ByteBuffer last = ByteBuffer.allocate(1);
    channel.read(last, size - 1);
    return last.get(0) == '\n';
  }

  private static void write(FileChannel channel, long at, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    long position = at;
    while (bytes.hasRemaining()) {
      position += channel.write(bytes, position);
    }
  }

  private void locked(Change change) throws IOException {
    Path folder = file.getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    ReentrantLock threads = LOCKS.computeIfAbsent(file, f -> new ReentrantLock());
    // Not the file itself: it is replaced by another one while others wait for the lock.
    Path lock = file.resolveSibling(file.getFileName() + ".lock");
    threads.lock();
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock processes = channel.lock()) {
      if (!processes.isValid()) {
        throw new IOException("lost the lock " + lock);
      }
      change.make();
    } finally {
      threads.unlock();
    }
  }
}
