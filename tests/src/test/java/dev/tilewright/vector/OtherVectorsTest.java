package dev.tilewright.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tilewright.SelectedTests;
import dev.tilewright.conv.ConvConformanceTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The Java kernels as other machines run them, each in a JVM of its own: narrower vectors, other
 * instructions, no compiler for them. The widest vectors of this machine are what all other tests
 * use.
 */
class OtherVectorsTest {
  private static final int WIDEST = FloatVector.SPECIES_PREFERRED.vectorBitSize();

  /** Says whether the backend runs, in a JVM where it may not. */
  static final class Child {
    public static void main(String[] args) {
      System.out.println(new VectorBackend().available());
    }
  }

  @ParameterizedTest
  @CsvSource({
    // 32 registers and masks of AVX-512, or NEON
    "128, -Dtilewright.vector.bits=128",
    // AVX2 as it is: 16 registers, masked stores through compares
    "256, -XX:UseAVX=2",
    // multiply, then add
    "0,   -XX:-UseFMA",
  })
  void conformanceHolds(int bits, String flag) throws Exception {
    assumeTrue(bits <= WIDEST, "this machine has no vectors of " + bits + " bits");
    Result result =
        java(
            List.of(
                flag,
                "-XX:+IgnoreUnrecognizedVMOptions",
                "-Dtilewright.test.bits=" + (bits == 0 ? WIDEST : bits),
                "-Dtilewright.test.fma=" + !flag.contains("-UseFMA"),
                "-Dtilewright.test.backends=vector",
                "-Dtilewright.test.cases=8"),
            SelectedTests.class,
            VectorMachineTest.class.getName(),
            ConvConformanceTest.class.getName(),
            VectorOperatorsTest.class.getName(),
            VectorMathTest.class.getName());
    assertThat(result.code).as(result.output).isZero();
    System.out.println(flag + ": " + result.lastLine());
  }

  @ParameterizedTest
  @CsvSource({
    "-Xint,                   only interprets",
    "-XX:TieredStopAtLevel=1, C2 compiler is off",
    "-XX:TieredStopAtLevel=3, C2 compiler is off",
    "-XX:-UseCompiler,        only interprets",
    "-XX:+IgnoreUnrecognizedVMOptions, Yes",
  })
  void stepsAsideWhereC2IsNot(String flag, String answer) throws Exception {
    assertThat(java(List.of(flag), Child.class).output).contains(answer);
  }

  @Test
  void stepsAsideWithoutTheModule() throws Exception {
    assertThat(run(List.of(), Child.class).output).contains("--add-modules jdk.incubator.vector");
  }

  private record Result(int code, String output) {
    String lastLine() {
      return output.lines().reduce("", (a, b) -> b);
    }
  }

  private static Result java(List<String> flags, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(flags);
    all.add("--add-modules=jdk.incubator.vector");
    return run(all, main, arguments);
  }

  private static Result run(List<String> flags, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output.strip());
  }
}
