package dev.tilewright.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tilewright.backend.Backend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Which build of this program runs: what it makes of a model may differ from one to the next. */
final class Program {
  /** Of the record at the end of a zip file, without a comment. */
  private static final int END_BYTES = 22;

  private static final int END_SIGNATURE = 0x06054b50;

  private Program() {}

  /**
   * Tells the code of this package's jar and of the backends' jars from that of any other build: of
   * a jar by its directory, which holds the checksum of every class; of a folder of classes by
   * their names, sizes and times.
   *
   * @throws IOException if the code cannot be found or read
   */
  static String digest(List<Backend> backends) throws IOException {
    TreeSet<String> places = new TreeSet<>();
    places.add(place(Program.class));
    for (Backend backend : backends) {
      places.add(place(backend.getClass()));
    }
    List<String> digests = new ArrayList<>();
    for (String place : places) {
      digests.add(digest(Path.of(place)));
    }
    return String.join(" ", digests);
  }

  /** Whether a digest is of the code of this package, and of whatever backends. */
  static boolean isOf(String digest) {
    try {
      return List.of(digest.split(" ", -1)).contains(digest(Path.of(place(Program.class))));
    } catch (IOException e) {
      return false;
    }
  }

  private static String place(Class<?> type) throws IOException {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    try {
      if (source != null && source.getLocation() != null) {
        // In a runtime image the classes are in one file with those of Java.
        return source.getLocation().getProtocol().equals("file")
            ? Path.of(source.getLocation().toURI()).toString()
            : Path.of(System.getProperty("java.home"), "lib", "modules").toString();
      }
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
    throw new IOException("the code of " + type.getName() + " is nowhere");
  }

  private static String digest(Path place) throws IOException {
    CRC32C crc = new CRC32C();
    if (Files.isDirectory(place)) {
      try (Stream<Path> files = Files.walk(place)) {
        files.filter(Files::isRegularFile).sorted().forEach(file -> update(crc, place, file));
      } catch (UncheckedIOException e) {
        throw e.getCause();
      }
      return Long.toHexString(crc.getValue());
    }
    try (FileChannel file = FileChannel.open(place)) {
      ByteBuffer directory = directory(file);
      if (directory == null) {
        update(crc, place, place);
      } else {
        crc.update(directory);
      }
      return Long.toHexString(crc.getValue()) + "." + file.size();
    }
  }

  private static void update(CRC32C crc, Path root, Path file) {
    try {
      BasicFileAttributes about = Files.readAttributes(file, BasicFileAttributes.class);
      String line = root.relativize(file) + " " + about.size() + " " + about.lastModifiedTime();
      crc.update(line.getBytes(UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The directory of a zip file without a comment, or null if it is none. */
  private static @Nullable ByteBuffer directory(FileChannel file) throws IOException {
    long at = file.size() - END_BYTES;
    if (at < 0) {
      return null;
    }
    ByteBuffer end = read(file, at, END_BYTES);
    long bytes = Integer.toUnsignedLong(end.getInt(12));
    long from = Integer.toUnsignedLong(end.getInt(16));
    return end.getInt(0) != END_SIGNATURE || from + bytes > at || bytes > Integer.MAX_VALUE
        ? null
        : read(file, from, (int) bytes);
  }

  private static ByteBuffer read(FileChannel file, long from, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int read = 0;
    while (buffer.hasRemaining() && read >= 0) {
      read = file.read(buffer, from + buffer.position());
    }
    return buffer.flip();
  }
}
