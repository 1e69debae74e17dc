package dev.tilewright.cnative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library in a jar is unpacked once, and what was unpacked is never taken on trust. */
class JarLibraryTest {
  @TempDir Path folder;

  private final byte[] bytes = new byte[100_000];
  private JarLibrary library = new JarLibrary(url("file:/absent"));
  private Path cache = Path.of("");

  @BeforeEach
  void packs() throws IOException {
    new Random(1).nextBytes(bytes);
    Path jar = folder.resolve("a b.jar");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
      out.putNextEntry(new ZipEntry("platform/libx.so"));
      out.write(bytes);
    }
    library = new JarLibrary(url("jar:" + jar.toUri() + "!/platform/libx.so"));
    cache = folder.resolve("cache");
  }

  @Test
  void isUnpackedOnceUnderItsName() throws IOException {
    Path file = file();
    assertThat(file).hasBinaryContent(bytes).hasFileName("libx.so");
    FileTime ago = FileTime.fromMillis(1_000_000);
    Files.setLastModifiedTime(file, ago);
    assertThat(file()).isEqualTo(file);
    assertThat(Files.getLastModifiedTime(file)).isEqualTo(ago);
    assertThat(files(file.getParent())).isEqualTo(1);
  }

  @Test
  void isUnpackedAgainIfItWasCutOrChanged() throws IOException {
    Path file = file();
    Files.write(file, new byte[0]);
    assertThat(file()).hasBinaryContent(bytes);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
    assertThat(file()).hasBinaryContent(bytes);
    byte[] other = bytes.clone();
    other[50_000] ^= 1;
    Files.write(file, other);
    assertThat(file()).hasBinaryContent(bytes);
  }

  @Test
  void isNotUsedWhereOthersMayWrite() throws IOException {
    Path file = file();
    assumeTrue(Files.getFileStore(file).supportsFileAttributeView("posix"), "no owners here");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxrw-rw-"));
    assertThat(file()).as("written anew").isEqualTo(file);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .endsWith("------");
    Files.setPosixFilePermissions(file.getParent(), PosixFilePermissions.fromString("rwxrwxrwx"));
    assertThat(library.file(cache)).as("a folder of everybody's").isNull();
  }

  @Test
  void knowsItsChecksumWhereverItLies() throws IOException {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    String expected = Long.toHexString(crc.getValue());
    assertThat(library.checksum()).isEqualTo(expected);
    Path file = file();
    JarLibrary own = new JarLibrary(file.toUri().toURL());
    assertThat(own.checksum()).isEqualTo(expected);
    assertThat(own.file(cache)).as("it is a file already").isEqualTo(file);
  }

  private Path file() throws IOException {
    @Nullable Path file = library.file(cache);
    assertThat(file).isNotNull();
    return file;
  }

  private static long files(Path folder) throws IOException {
    try (var all = Files.list(folder)) {
      return all.count();
    }
  }

  private static URL url(String text) {
    try {
      return URI.create(text).toURL();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
