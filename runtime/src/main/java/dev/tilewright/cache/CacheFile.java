package dev.tilewright.cache;

import dev.tilewright.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * The bytes of a cache: a head, then at {@link #DATA} packed weights and constants, each aligned to
 * a cache line, then four records: {@link CacheKey}, {@link Index}, and two of whoever writes.
 *
 * <p>A file is written under a name of its own and then renamed, so what has the name was complete
 * when it got it. What happened to it since, checksums tell: of the head and the records when it is
 * opened, of the data when {@link #data} is first asked for.
 */
final class CacheFile {
  /** Increased with every change of this format, of the records in it, or of what they mean. */
  static final int VERSION = 1;

  /** Offset of the data: a page, as the largest alignment that memory has. */
  private static final int DATA = 4096;

  private static final long MAGIC = 0x0a1a_4b43_4150_5754L; // "TWPACK\x1a\n" in little endian

  private static final int HEAD_BYTES = 40;
  private static final int ALIGNMENT = 64;
  private static final int RECORDS = 4;

  /** Left by a process that died, and not by one that is writing. */
  private static final Duration ABANDONED = Duration.ofHours(1);

  /**
   * What lies where in the data.
   *
   * @param sums {@link Checksums} of the data
   */
  record Index(List<Entry> tensors, List<Packed> packed, List<Long> sums) {}

  /**
   * A tensor.
   *
   * @param offset of its values, or -1 if they are not kept
   */
  record Entry(TensorType type, long offset) {}

  /**
   * A packed form of a filter and a bias.
   *
   * @param filter number of the tensor
   * @param bias number of the tensor, or -1
   */
  record Packed(int filter, int bias, String form, long offset, long bytes) {}

  /** A file that is no cache, or not a whole one. */
  static final class Unusable extends IOException {
    private static final long serialVersionUID = 1;

    Unusable(String reason) {
      super(reason);
    }
  }

  /** Takes bytes of the data while a file is written. */
  interface Sink {
    /** Appends a copy; its offset. */
    long add(MemorySegment bytes) throws IOException;
  }

  private final MemorySegment data;
  private final List<ByteBuffer> records;

  private CacheFile(MemorySegment data, List<ByteBuffer> records) {
    this.data = data;
    this.records = records;
  }

  /**
   * Opens a file and verifies all of it but the data.
   *
   * @param arena as long as which the data stays mapped
   * @throws Unusable with the reason why it is no cache, or a damaged one
   */
  static CacheFile open(Path file, Arena arena) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < DATA) {
        throw new Unusable("not a cache, or cut short");
      }
      ByteBuffer head = read(channel, 0, HEAD_BYTES);
      if (head.getLong(0) != MAGIC) {
        throw new Unusable("not a cache");
      }
      if (head.getInt(8) != VERSION) {
        throw new Unusable("of format " + head.getInt(8) + ", not " + VERSION);
      }
      if (head.getInt(HEAD_BYTES - 4) != crc(head.slice(0, HEAD_BYTES - 4))) {
        throw new Unusable("damaged in its head");
      }
      long dataBytes = head.getLong(16);
      int recordBytes = head.getInt(24);
      if (dataBytes < 0 || recordBytes < 0 || size != DATA + dataBytes + recordBytes) {
        throw new Unusable("cut short, or longer than it was written");
      }
      ByteBuffer records = read(channel, DATA + dataBytes, recordBytes);
      if (head.getInt(28) != crc(records.duplicate())) {
        throw new Unusable("damaged in its records");
      }
      MemorySegment data = channel.map(MapMode.READ_ONLY, DATA, dataBytes, arena);
      return new CacheFile(data, parts(records));
    }
  }

  private static List<ByteBuffer> parts(ByteBuffer records) throws Unusable {
    List<ByteBuffer> parts = new ArrayList<>();
    while (records.remaining() >= 4) {
      int bytes = records.getInt();
      if (bytes < 0 || bytes > records.remaining()) {
        break;
      }
      parts.add(records.slice(records.position(), bytes));
      records.position(records.position() + bytes);
    }
    if (parts.size() != RECORDS || records.hasRemaining()) {
      throw new Unusable("damaged in its records");
    }
    return parts;
  }

  /** One of the records' bytes, from the first. */
  ByteBuffer record(int number) {
    return records.get(number).duplicate();
  }

  /**
   * The data, verified.
   *
   * @throws Unusable if they are not what was written
   */
  MemorySegment data(Index index) throws Unusable {
    if (!Checksums.of(data).equals(index.sums)) {
      throw new Unusable("damaged in its packed weights");
    }
    return data;
  }

  /** Fills in what is known when the data are written. */
  interface Writing {
    /**
     * Writes the data.
     *
     * @return the records, of which the one at 1 is for the index and empty
     */
    List<byte[]> write(Sink sink) throws IOException;

    /** The index as a record, when the checksums are known. */
    byte[] index(List<Long> sums);
  }

  /**
   * Writes a file and puts it in the place of what was there. Folders are made if they are missing.
   *
   * @throws IOException if it cannot be written; what was there is there still
   */
  static void write(Path file, Writing writing) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException(file + " is not in a folder");
    }
    Files.createDirectories(folder);
    String name = file.getFileName().toString();
    removeAbandoned(folder, name);
    Path fresh = Files.createTempFile(folder, name + ".", ".part"); // readable by nobody else
    try {
      try (FileChannel channel =
          FileChannel.open(fresh, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        write(channel, writing);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static void write(FileChannel channel, Writing writing) throws IOException {
    long[] end = {DATA};
    List<byte[]> records =
        new ArrayList<>(
            writing.write(bytes -> {
              long at = (end[0] + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
              writeAll(channel, buffer(bytes), at);
              end[0] = at + bytes.byteSize();
              return at - DATA;
            }));
    long dataBytes = end[0] - DATA;
    try (Arena arena = Arena.ofShared()) { // several threads read
      MemorySegment written = channel.map(MapMode.READ_ONLY, DATA, dataBytes, arena);
      records.set(1, writing.index(Checksums.of(written)));
    }
    int recordBytes = records.stream().mapToInt(r -> 4 + r.length).sum();
    ByteBuffer all = ByteBuffer.allocate(recordBytes);
    records.forEach(r -> all.putInt(r.length).put(r));
    all.flip();
    ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES);
    head.putLong(0, MAGIC);
    head.putInt(8, VERSION);
    head.putLong(16, dataBytes);
    head.putInt(24, recordBytes);
    head.putInt(28, crc(all.duplicate()));
    head.putInt(HEAD_BYTES - 4, crc(head.slice(0, HEAD_BYTES - 4)));
    writeAll(channel, all, DATA + dataBytes);
    writeAll(channel, head, 0);
  }

  /** Memory of arrays of other types than bytes has no buffer. */
  private static ByteBuffer buffer(MemorySegment bytes) {
    return bytes.isNative()
        ? bytes.asByteBuffer()
        : ByteBuffer.wrap(bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  private static void writeAll(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  private static void removeAbandoned(Path folder, String name) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String other = file.getFileName().toString();
        if (other.startsWith(name + ".") && other.endsWith(".part")) {
          FileTime written = Files.getLastModifiedTime(file);
          if (written.toInstant().isBefore(Instant.now().minus(ABANDONED))) {
            Files.deleteIfExists(file);
          }
        }
      }
    }
  }

  private static ByteBuffer read(FileChannel channel, long from, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, from + buffer.position()) < 0) {
        throw new Unusable("cut short");
      }
    }
    return buffer.flip();
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
