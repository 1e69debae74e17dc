package dev.tilewright.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code tilewright}, in a copy of the tree that is built already, with fake JDKs. */
class LauncherTest {
  private static final String ECHO =
      """
      #!/bin/sh
      echo 'WARNING: Using incubator modules: jdk.incubator.vector' >&2
      echo "jdk %s"
      for arg; do
        echo "arg $arg"
        case $arg in
          -XX:ArchiveClassesAtExit=*)
            : >"${arg#*=}"
            exit 0
            ;;
        esac
      done
      echo trouble >&2
      exit 7
      """;

  @TempDir private Path dir = Path.of("");
  private Path root = dir;
  private Path jdks = dir;

  private record Result(int code, String out, String err) {}

  @BeforeEach
  void installACopy() throws IOException {
    assumeTrue(
        FileSystems.getDefault().supportedFileAttributeViews().contains("posix"),
        "the launcher is for POSIX shells");
    root = dir.resolve("a tree with spaces");
    jdks = dir.resolve("jdks");
    Files.createDirectories(jdks);
    Files.createDirectories(root.resolve("native"));
    Files.createDirectories(root.resolve("target"));
    Files.copy(Path.of("..", "tilewright"), root.resolve("tilewright"));
    executable(root.resolve("tilewright"));
    for (String module : new String[] {"runtime", "native", "tuning", "bench"}) {
      Files.createDirectories(root.resolve(module + "/src/main"));
      Files.createDirectories(root.resolve(module + "/target"));
      Files.createFile(root.resolve(module + "/target/tilewright-" + module + "-1.jar"));
      Files.createFile(root.resolve(module + "/pom.xml"));
    }
    Files.createFile(root.resolve("pom.xml"));
    Files.createFile(root.resolve("native/build.sh"));
    Files.writeString(
        root.resolve("bench/target/classpath"),
        "/repo/gson.jar:/old/runtime/target/tilewright-runtime.jar:/repo/jna.jar");
    Path stamp = Files.createFile(root.resolve("target/build.stamp"));
    Files.setLastModifiedTime(stamp, FileTime.from(Instant.now().plusSeconds(60)));
  }

  @Test
  void startsTheNewestEnoughJdk() throws Exception {
    jdk("17", "17.0.1");
    Path jdk25 = jdk("25", "25.0.2");
    jdk("8", "1.8.0_402");
    Result result = launch(Map.of("TILEWRIGHT_JDKS", jdks.toString()), "run", "a b.onnx");
    assertThat(result.out()).startsWith("jdk " + jdk25).endsWith("arg run\narg a b.onnx\n");
    assertThat(result.out()).contains("arg dev.tilewright.cli.Main\n");
    assertThat(result.out())
        .contains("arg " + root.toRealPath() + "/runtime/target/tilewright-runtime-1.jar:")
        .contains("/bench/target/tilewright-bench-1.jar:/repo/gson.jar:/repo/jna.jar\n")
        .doesNotContain("SharedArchiveFile");
    assertThat(result.code()).isEqualTo(7);
    assertThat(result.err()).as("without the warning").isEqualTo("trouble\n");
  }

  @Test
  void makesAnAotCacheOnceAndUsesIt() throws Exception {
    jdk("25", "25");
    Path cache = dir.resolve("an aot cache");
    Map<String, String> environment =
        Map.of("TILEWRIGHT_JDKS", jdks.toString(), "TILEWRIGHT_AOT", cache.toString());
    String home = root.toRealPath().toString();
    Result first = launch(environment, "run", "a b.onnx");
    assertThat(first.code()).isEqualTo(7);
    assertThat(first.out())
        .contains("arg -XX:AOTCacheOutput=" + cache + "\n")
        .contains("arg " + home + "/runtime/target/tilewright-runtime-1.jar:" + home)
        .contains("/bench/target/tilewright-bench-1.jar:/repo/gson.jar:/repo/jna.jar\n")
        .doesNotContain("classes", "jdk.incubator.vector")
        .endsWith("arg dev.tilewright.cli.Main\narg run\narg a b.onnx\n");
    Files.createFile(cache);
    Files.setLastModifiedTime(cache, FileTime.from(Instant.now().plusSeconds(120)));
    assertThat(launch(environment, "demo").out())
        .contains("arg -XX:AOTCache=" + cache + "\n")
        .contains("arg -XX:TieredStopAtLevel=1\n");
    assertThat(launch(environment, "tune").out())
        .as("runs for long")
        .doesNotContain("TieredStopAtLevel");
    Files.setLastModifiedTime(cache, FileTime.from(Instant.now().minusSeconds(120)));
    assertThat(launch(environment, "demo").out())
        .as("older than the program")
        .contains("arg -XX:AOTCacheOutput=" + cache + "\n");
  }

  @Test
  void prefersWhatTheUserNames() throws Exception {
    jdk("25", "25");
    Path home = jdk("26", "26-ea");
    Map<String, String> places = Map.of("TILEWRIGHT_JDKS", jdks.resolve("none").toString());
    assertThat(launch(with(places, "JAVA_HOME", home)).out()).startsWith("jdk " + home);
    assertThat(launch(with(places, "TILEWRIGHT_JAVA_HOME", home)).out()).startsWith("jdk " + home);
    Result wrong = launch(with(places, "TILEWRIGHT_JAVA_HOME", jdk("21", "21.0.3")));
    assertThat(wrong.code()).isEqualTo(3);
    assertThat(wrong.err()).contains("TILEWRIGHT_JAVA_HOME").hasLineCount(1);
  }

  @Test
  void saysHowToGetAJdkWithoutAnyTool() throws Exception {
    Path old = jdk("17", "17.0.1");
    Result result =
        launch(
            Map.of("PATH", "", "JAVA_HOME", old.toString(), "TILEWRIGHT_JDKS", jdks.toString()),
            "demo");
    assertThat(result.code()).isEqualTo(3);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .startsWith("tilewright: needs a JDK 25 or newer")
        .contains("JAVA_HOME")
        .hasLineCount(1);
  }

  @Test
  void saysThatMavenIsMissing() throws Exception {
    jdk("25", "25");
    Files.delete(root.resolve("target/build.stamp"));
    Path tools = tools("find");
    Result result =
        launch(Map.of("PATH", tools.toString(), "TILEWRIGHT_JDKS", jdks.toString()), "demo");
    assertThat(result.code()).isEqualTo(3);
    assertThat(result.err()).contains("mvn").hasLineCount(1);
  }

  @Test
  void buildsWhenASourceIsNewerAndShowsWhatFailed() throws Exception {
    jdk("25", "25");
    Path bin = dir.resolve("bin");
    Path maven = bin.resolve("mvn");
    Files.createDirectories(bin);
    Map<String, String> environment =
        Map.of("PATH", bin + ":" + System.getenv("PATH"), "TILEWRIGHT_JDKS", jdks.toString());
    Files.writeString(
        maven,
        """
        #!/bin/sh
        echo '[INFO] Building tilewright-runtime 1 [1/1]'
        echo '[INFO] BUILD SUCCESS'
        """);
    executable(maven);
    Path source = Files.createFile(root.resolve("runtime/src/main/Foo.java"));
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(120)));
    Result built = launch(environment, "demo");
    assertThat(built.err())
        .startsWith("tilewright: building (sources changed) runtime\n")
        .endsWith("trouble\n");
    assertThat(built.code()).isEqualTo(7);
    assertThat(root.resolve("target/classes.jsa")).exists();
    assertThat(built.out()).contains("arg -XX:SharedArchiveFile=" + root.toRealPath() + "/target");
    assertThat(Files.readString(root.resolve("target/build.log")))
        .as("what loads the classes to keep")
        .endsWith("arg -XX:ArchiveClassesAtExit=" + root.toRealPath() + "/target/classes.jsa\n");

    Files.writeString(maven, "#!/bin/sh\necho '[ERROR] Foo.java:3: no'\nexit 1\n");
    Result failed = launch(environment, "demo");
    assertThat(failed.code()).isEqualTo(4);
    assertThat(failed.err()).contains("Foo.java:3: no").contains("target/build.log");
    assertThat(root.resolve("target/build.lock")).doesNotExist();
  }

  @Test
  void testsEndWithTheTotal() throws Exception {
    jdk("25", "25");
    Path bin = dir.resolve("bin");
    Files.createDirectories(bin);
    Path maven = bin.resolve("mvn");
    Files.writeString(
        maven,
        """
        #!/bin/sh
        echo "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 1 s"
        echo "[INFO] Tests run: 3, Failures: 0, Errors: 0, Skipped: 0"
        echo "[ERROR] Tests run: 10, Failures: 2, Errors: 1, Skipped: 4"
        echo "[INFO] BUILD FAILURE $*"
        printf "without a newline at the end, as Maven does"
        exit 1
        """);
    executable(maven);
    Result result =
        launch(
            Map.of("PATH", bin + ":" + System.getenv("PATH"), "TILEWRIGHT_JDKS", jdks.toString()),
            "test",
            "-Dtest=X");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.out()).contains("BUILD FAILURE -B -ntp verify -Dtest=X");
    assertThat(result.out()).endsWith("\nTests run: 13, Failures: 2, Errors: 1, Skipped: 4\n");
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = jdks.resolve("jdk " + name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(
        home.resolve("release"), "IMPLEMENTOR=\"X\"\nJAVA_VERSION=\"" + version + "\"");
    Files.writeString(home.resolve("bin/java"), ECHO.replace("%s", home.toString()));
    Files.writeString(home.resolve("bin/javac"), "#!/bin/sh\n");
    executable(home.resolve("bin/java"));
    executable(home.resolve("bin/javac"));
    return home;
  }

  /** A directory with these programs only. */
  private Path tools(String... names) throws IOException {
    Path bin = Files.createDirectories(dir.resolve("tools"));
    for (String name : names) {
      for (String place : System.getenv("PATH").split(":", -1)) {
        Path program = Path.of(place, name);
        if (Files.isExecutable(program) && Files.notExists(bin.resolve(name))) {
          Files.writeString(bin.resolve(name), "#!/bin/sh\nexec " + program + " \"$@\"\n");
          executable(bin.resolve(name));
        }
      }
    }
    return bin;
  }

  private Result launch(Map<String, String> environment, String... args) throws Exception {
    ProcessBuilder builder = new ProcessBuilder();
    builder.command().add("/bin/sh");
    builder.command().add(root.resolve("tilewright").toString());
    builder.command().addAll(List.of(args));
    builder.directory(dir.toFile());
    builder.environment().clear();
    builder.environment().put("HOME", dir.toString());
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().putAll(environment);
    Process process = builder.start();
    // Little is written to either: no pipe fills while the other is read to its end.
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), out, err);
  }

  private static Map<String, String> with(Map<String, String> base, String name, Path value) {
    Map<String, String> all = new HashMap<>(base);
    all.put(name, value.toString());
    return all;
  }

  private static void executable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
