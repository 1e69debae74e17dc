package dev.tilewright;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/**
 * The folder of models, photographs and cases that are not part of the project: {@code shared}
 * beside the checkout, or where TILEWRIGHT_SHARED points. Tests that need it are skipped without.
 */
public final class Shared {
  private Shared() {}

  /** A file or folder in it; skips the test, and says so, if it is not there. */
  public static Path require(String path) {
    Path file = folder().resolve(path);
    if (!Files.exists(file)) {
      skip("no " + file + "; set TILEWRIGHT_SHARED to the folder that has " + path);
    }
    return file;
  }

  /**
   * A folder of recorded values, {@code KIND/SYSTEM}: all there are, or those that are part of the
   * project, in resources/zoo.
   */
  public static Path fixtures(String system) {
    Path all = folder().resolve("variants/fixtures").resolve(system);
    URL few = Shared.class.getResource("/zoo/" + system);
    if (Files.exists(all) || few == null) {
      return require("variants/fixtures/" + system);
    }
    try {
      return Path.of(few.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Skips the test and prints why: the build's report only counts what was skipped. */
  public static void skip(String reason) {
    System.out.println("SKIPPED: " + reason);
    Assumptions.abort(reason);
  }

  private static Path folder() {
    String named = System.getenv("TILEWRIGHT_SHARED");
    if (named != null) {
      return Path.of(named);
    }
    Path root = Path.of("").toAbsolutePath();
    while (root.getParent() != null && !Files.exists(root.resolve("runtime/pom.xml"))) {
      root = root.getParent();
    }
    return root.resolveSibling("shared");
  }
}
