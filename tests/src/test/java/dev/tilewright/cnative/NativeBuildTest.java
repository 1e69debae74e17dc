package dev.tilewright.cnative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The C side on its own: its tests under sanitizers, and what its build says when it cannot. */
class NativeBuildTest {
  /** Exit code of test.sh where there is no compiler with sanitizers. */
  private static final int NO_COMPILER = 77;

  private static final Path SCRIPTS = Path.of("..", "native");

  @TempDir Path folder;

  private record Result(int code, String output) {}

  @Test
  void everyKernelAgreesWithPlainLoopsUnderSanitizers() throws Exception {
    Result result = run(Map.of(), "test.sh", folder.toString(), "60", "1");
    if (System.getenv("CI") == null) {
      assumeTrue(result.code != NO_COMPILER, result.output);
    }
    assertThat(result.code).as(result.output).isZero();
    assertThat(result.output).contains(" 0 failed");
  }

  @Test
  void buildsWithoutTheLibraryWhereThereIsNoCompiler() throws Exception {
    Path tools = Files.createDirectory(folder.resolve("bin"));
    // All that the script needs before it looks for a compiler.
    Path dirname = Path.of("/usr/bin/dirname");
    assumeTrue(Files.exists(dirname), "no " + dirname);
    Files.createSymbolicLink(tools.resolve("dirname"), dirname);
    Map<String, String> environment = Map.of("PATH", tools.toString(), "CC", "");
    Result result = run(environment, "build.sh", folder.resolve("out").toString());
    assertThat(result.code).as(result.output).isZero();
    assertThat(result.output).startsWith("tilewright: no C compiler found").hasLineCount(1);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void failsWithTheMessageOfACompilerThatFails() throws Exception {
    Path compiler = folder.resolve("cc");
    Files.writeString(
        compiler,
        """
        #!/bin/sh
        if [ "$1" = -dumpmachine ]; then echo x86_64-linux-gnu; exit 0; fi
        echo "internal compiler error" >&2
        exit 4
        """);
    assertThat(compiler.toFile().setExecutable(true)).isTrue();
    Map<String, String> environment = Map.of("CC", compiler.toString());
    Result result = run(environment, "build.sh", folder.resolve("out").toString());
    assertThat(result.code).isNotZero();
    assertThat(result.output).contains("internal compiler error");
  }

  private static Result run(Map<String, String> environment, String script, String... arguments)
      throws Exception {
    assumeTrue(Files.exists(SCRIPTS.resolve(script)), "the sources of the C side are not here");
    ProcessBuilder builder = new ProcessBuilder("/bin/sh", SCRIPTS.resolve(script).toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().putAll(environment);
    Process process = builder.redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output.strip());
  }
}
