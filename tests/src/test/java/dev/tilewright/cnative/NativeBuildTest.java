package dev.tilewright.cnative;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Platform;
import dev.tilewright.kernel.Applicability;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The C side on its own: its tests under sanitizers and on emulated CPUs, its instruction counts,
 * and what its build makes and says. What a machine has no tools for is skipped and printed.
 */
class NativeBuildTest {
  /** Exit code of the scripts where the tools are missing. */
  private static final int NO_TOOLS = 77;

  private static final Path SCRIPTS = Path.of("..", "native");

  @TempDir Path folder;

  private record Result(int code, String output) {}

  @Test
  void everyKernelAgreesWithPlainLoops() throws Exception {
    Result result = script(Map.of(), "test.sh", folder.toString(), "60", "1");
    System.out.println(result.output);
    if (System.getenv("CI") == null) {
      assumeTrue(result.code != NO_TOOLS, result.output);
    }
    assertThat(result.code).as(result.output).isZero();
    assertThat(result.output).contains(" 0 failed");
  }

  @Test
  void kernelsKeepTheirInstructionBudgets() throws Exception {
    Result result = script(Map.of(), "budgets.sh", folder.toString());
    System.out.println(result.output);
    assumeTrue(result.code != NO_TOOLS, result.output);
    assertThat(result.code).as(result.output).isZero();
  }

  @Test
  void buildsTheSameBytesInAnotherFolder() throws Exception {
    Path built = library(Platform.RESOURCE_PREFIX);
    Path copy = folder.resolve("some where");
    copySources(copy);
    Path out = folder.resolve("out");
    Result result =
        run(Map.of("CROSS_CC", ""), "sh", copy.resolve("build.sh").toString(), out.toString());
    assertThat(result.code).as(result.output).isZero();
    Path again = out.resolve(Platform.RESOURCE_PREFIX).resolve("libtilewright.so");
    assertThat(Files.mismatch(built, again)).isEqualTo(-1);
  }

  @Test
  void clangBuildsALibraryThatPassesItsSelfTest() throws Exception {
    requireTool("clang");
    Path out = folder.resolve("out");
    Result result = script(Map.of("CC", "clang", "CROSS_CC", ""), "build.sh", out.toString());
    assertThat(result.code).as(result.output).isZero();
    Path library = out.resolve(Platform.RESOURCE_PREFIX).resolve("libtilewright.so");
    assertThat(NativeLoader.load(library.toString(), null)).isEqualTo(Applicability.yes());
  }

  /** Nothing but the C library of 2012 and what every loader ignores if it is not there. */
  @ParameterizedTest
  @ValueSource(strings = {"linux-x86-64", "linux-aarch64"})
  void needsAnOldLibcAndNothingElse(String platform) throws Exception {
    String library = library(platform).toString();
    requireTool("readelf");
    assertThat(matches("NEEDED.*\\[(.*)]", run(Map.of(), "readelf", "-Wd", library)))
        .isSubsetOf("libc.so.6", "libm.so.6");
    Result symbols = run(Map.of(), "readelf", "-W", "--dyn-syms", library);
    assertThat(matches(" UND +([a-z]\\w*)", symbols))
        .isSubsetOf("memcpy", "memmove", "memset", "getauxval");
    assertThat(matches("GLOBAL +DEFAULT +\\d+ +(\\w+)", symbols))
        .contains("tw_abi_version")
        .allMatch(name -> name.startsWith("tw_"));
    assertThat(matches("@GLIBC_2\\.(\\d+)", symbols))
        .isNotEmpty()
        .allMatch(minor -> Integer.parseInt(minor) <= 17);
  }

  @Test
  void loadsUnderMusl() throws Exception {
    requireTool("musl-gcc");
    Path library = library(Platform.RESOURCE_PREFIX);
    Path source = folder.resolve("load.c");
    Path program = folder.resolve("load");
    Files.writeString(
        source,
        """
        #include <dlfcn.h>
        #include <stdio.h>
        int main(int count, char **arguments) {
            void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW) : NULL;
            if (!library) return puts(dlerror()), 1;
            return ((int (*)(int))dlsym(library, "tw_self_test"))(3);
        }
        """);
    Result compiled = run(Map.of(), "musl-gcc", source.toString(), "-o", program.toString());
    assertThat(compiled.code).as(compiled.output).isZero();
    Result result = run(Map.of(), program.toString(), library.toString());
    assertThat(result.code).as(result.output).isZero();
  }

  @Test
  void buildsWithoutTheLibraryWhereThereIsNoCompiler() throws Exception {
    Path tools = Files.createDirectory(folder.resolve("bin"));
    // All that the script needs before it looks for a compiler.
    Path dirname = Path.of("/usr/bin/dirname");
    assumeTrue(Files.exists(dirname), "no " + dirname);
    Files.createSymbolicLink(tools.resolve("dirname"), dirname);
    Map<String, String> environment = Map.of("PATH", tools.toString(), "CC", "");
    Result result = script(environment, "build.sh", folder.resolve("out").toString());
    assertThat(result.code).as(result.output).isZero();
    assertThat(result.output).startsWith("tilewright: no C compiler found").hasLineCount(1);
    assertThat(folder.resolve("out")).doesNotExist();
  }

  @Test
  void saysWhatItCannotCrossCompile() throws Exception {
    library(Platform.RESOURCE_PREFIX);
    String out = SCRIPTS.resolve("target/classes").toString(); // up to date: nothing is compiled
    Result result = script(Map.of("CROSS_CC", "no-such-gcc"), "build.sh", out);
    assertThat(result.code).as(result.output).isZero();
    assertThat(result.output)
        .contains("NOT BUILT for linux-")
        .contains("no no-such-gcc")
        .contains("apt-get install gcc-");
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
    Result result = script(environment, "build.sh", folder.resolve("out").toString());
    assertThat(result.code).isNotZero();
    assertThat(result.output).contains("internal compiler error");
  }

  /** The library that the jar has for a platform. */
  private static Path library(String platform) {
    Path library =
        SCRIPTS.resolve("target").resolve("classes").resolve(platform).resolve("libtilewright.so");
    if (!Files.exists(library)) {
      skip("no library for " + platform + " was built");
    }
    return library;
  }

  private static void requireTool(String name) {
    Stream<String> path = Pattern.compile(":").splitAsStream(System.getenv("PATH"));
    if (path.noneMatch(directory -> Files.isExecutable(Path.of(directory, name)))) {
      skip("no " + name + " on this machine");
    }
  }

  private static void skip(String reason) {
    System.out.println("tilewright: NOT TESTED: " + reason);
    assumeTrue(false, reason);
  }

  private static List<String> matches(String pattern, Result result) {
    assertThat(result.code).as(result.output).isZero();
    return Pattern.compile(pattern)
        .matcher(result.output)
        .results()
        .map((MatchResult match) -> match.group(1))
        .distinct()
        .toList();
  }

  private static void copySources(Path to) throws IOException {
    Path from = SCRIPTS.resolve("src/main/c");
    Path sources = Files.createDirectories(to.resolve("src/main/c"));
    Files.copy(SCRIPTS.resolve("build.sh"), to.resolve("build.sh"));
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, sources.resolve(file.getFileName()));
      }
    }
  }

  private static Result script(Map<String, String> environment, String name, String... arguments)
      throws Exception {
    assumeTrue(Files.exists(SCRIPTS.resolve(name)), "the sources of the C side are not here");
    return run(
        environment,
        Stream.concat(Stream.of("/bin/sh", SCRIPTS.resolve(name).toString()), Stream.of(arguments))
            .toArray(String[]::new));
  }

  private static Result run(Map<String, String> environment, String... command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output.strip());
  }
}
