package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;

/** The core is small to ship: its jar, without the C library and the tools, at most 2 MB. */
class CoreSizeTest {
  private static final int MOST_BYTES = 2_000_000;

  private static final List<String> OTHER_MODULES = List.of("cnative", "tuning", "bench", "gate");

  @Test
  void theCoreJarIsAtMostTwoMegabytes() throws IOException, URISyntaxException {
    Path place = Path.of(Model.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    long bytes = Files.isDirectory(place) ? jarBytes(place) : Files.size(place);
    System.out.println("the core jar has " + bytes + " bytes");
    assertThat(bytes).isBetween(500_000L, (long) MOST_BYTES);
  }

  private static long jarBytes(Path classes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(bytes);
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        String name = classes.relativize(file).toString();
        if (OTHER_MODULES.stream().noneMatch(m -> name.startsWith("dev/tilewright/" + m + "/"))) {
          jar.putNextEntry(new ZipEntry(name));
          jar.write(Files.readAllBytes(file));
          jar.closeEntry();
        }
      }
    }
    return bytes.size();
  }
}
