package dev.tilewright.cnative;

import dev.tilewright.database.UserCache;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A shared library on the class path and the file that the system's loader can open: itself in a
 * folder of classes; of a jar a copy, unpacked once for all processes of the user into a folder
 * that is named by the jar's checksum of it. To inflate 2 MB took every start 20 ms.
 */
final class JarLibrary {
  private final URL url;

  /** Of the jar that it is in, once it was asked for. */
  private @Nullable JarEntry entry;

  JarLibrary(URL url) {
    this.url = url;
  }

  /**
   * The library with this name, or null if there is none.
   *
   * @param resource from the root of the class path, without a slash before it
   */
  static @Nullable JarLibrary find(String resource, Class<?> beside) {
    URL url = beside.getClassLoader().getResource(resource);
    return url == null ? null : new JarLibrary(url);
  }

  /** CRC-32 of its bytes: the jar knows it. */
  String checksum() throws IOException {
    JarEntry entry = entry();
    if (entry != null) {
      return Long.toHexString(entry.getCrc());
    }
    try (InputStream in = url.openStream()) {
      CRC32 crc = new CRC32();
      crc.update(in.readAllBytes());
      return Long.toHexString(crc.getValue());
    }
  }

  /**
   * The library as a file that holds the same bytes and that nobody but the user can change; null
   * if there is no place for one.
   *
   * @param cache below which it is kept
   */
  @Nullable Path file(Path cache) throws IOException {
    JarEntry entry = entry();
    if (entry == null) {
      return own();
    }
    String name = Path.of(entry.getName()).getFileName().toString();
    Path folder =
        cache.resolve("native").resolve(Long.toHexString(entry.getCrc()) + "-" + entry.getSize());
    Path file = folder.resolve(name);
    if (!holds(folder, file, entry)) {
      unpack(folder, file);
    }
    return holds(folder, file, entry) ? file : null;
  }

  private @Nullable Path own() throws IOException {
    try {
      return url.getProtocol().equals("file") ? Path.of(url.toURI()) : null;
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  /** Null if it is not in a jar. */
  private synchronized @Nullable JarEntry entry() throws IOException {
    if (entry == null && url.openConnection() instanceof JarURLConnection connection) {
      connection.setUseCaches(false); // else the jar stays open
      try (JarFile jar = connection.getJarFile()) {
        entry = jar.getJarEntry(connection.getEntryName());
      }
    }
    return entry;
  }

  private static boolean holds(Path folder, Path file, JarEntry entry) throws IOException {
    if (!Files.isRegularFile(file)
        || UserCache.distrust(folder) != null
        || UserCache.distrust(file) != null) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(file)) {
      long size = channel.size();
      if (size != entry.getSize() || size == 0) {
        return false;
      }
      CRC32 crc = new CRC32();
      crc.update(channel.map(MapMode.READ_ONLY, 0, size));
      return crc.getValue() == entry.getCrc();
    }
  }

  /** Beside its place and then renamed: other processes see all of it or nothing. */
  private void unpack(Path folder, Path file) throws IOException {
    Files.createDirectories(folder, ownerOnly(folder));
    Path fresh = Files.createTempFile(folder, "new", ".part");
    try (InputStream in = url.openStream()) {
      Files.write(fresh, in.readAllBytes());
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  /** Whatever the user's mask leaves open by default. */
  private static FileAttribute<?>[] ownerOnly(Path folder) {
    return folder.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
        }
        : new FileAttribute<?>[0];
  }
}
