package dev.tilewright.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.ChildJvm;
import dev.tilewright.SelectedTests;
import dev.tilewright.conv.ConvConformanceTest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The Java kernels as other machines run them, each in a JVM of its own: narrower vectors, other
 * instructions, no compiler for them. The widest vectors of this machine are what all other tests
 * use.
 */
class OtherVectorsTest {
  private static final String VECTORS = "--add-modules=jdk.incubator.vector";

  private static final int WIDEST = FloatVector.SPECIES_PREFERRED.vectorBitSize();

  /** Says whether the backend runs, in a JVM where it may not. */
  static final class Child {
    public static void main(String[] args) {
      System.out.println(new VectorBackend().available());
    }
  }

  /** A machine to test. */
  record Machine(int bits, boolean fused, String flag) {
    @Override
    public String toString() {
      return flag;
    }
  }

  private static final List<Machine> MACHINES =
      List.of(
          // 32 registers and masks of AVX-512, or NEON
          new Machine(Math.min(128, WIDEST), true, "-Dtilewright.vector.bits=128"),
          // AVX2 as it is: 16 registers, masked stores through compares
          new Machine(Math.min(256, WIDEST), true, "-XX:UseAVX=2"),
          // multiply, then add
          new Machine(WIDEST, false, "-XX:-UseFMA"));

  /** Started together: each keeps one processor busy, and a compiler thread now and then. */
  private static final Map<Machine, CompletableFuture<ChildJvm.Result>> RESULTS = new HashMap<>();

  @BeforeAll
  static void start() {
    for (Machine machine : MACHINES) {
      RESULTS.put(machine, conformance(machine));
    }
  }

  private static CompletableFuture<ChildJvm.Result> conformance(Machine machine) {
    return ChildJvm.start(
        Map.of(),
        List.of(
            machine.flag,
            VECTORS,
            "-XX:+IgnoreUnrecognizedVMOptions",
            "-Dtilewright.test.bits=" + machine.bits,
            "-Dtilewright.test.fma=" + machine.fused,
            "-Dtilewright.vector.draws=1",
            "-Dtilewright.test.backends=vector",
            "-Dtilewright.test.quick=true"),
        SelectedTests.class,
        List.of(
            VectorMachineTest.class.getName(),
            ConvConformanceTest.class.getName(),
            VectorOperatorsTest.class.getName(),
            VectorMathTest.class.getName()));
  }

  static List<Machine> machines() {
    return MACHINES;
  }

  @ParameterizedTest
  @MethodSource("machines")
  void conformanceHolds(Machine machine) throws Exception {
    ChildJvm.Result result = RESULTS.get(machine).get();
    System.out.println(machine + ": " + result.lastLine());
    assertThat(result.code()).as(result.output()).isZero();
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
    assertThat(answer(flag, VECTORS)).contains(answer);
  }

  @Test
  @EnabledOnOs(architectures = "amd64")
  void stepsAsideWithoutAvx() throws Exception {
    assertThat(answer("-XX:UseAVX=0", VECTORS)).contains("no AVX");
  }

  @Test
  void stepsAsideWithoutTheModule() throws Exception {
    assertThat(answer()).contains("--add-modules jdk.incubator.vector");
  }

  /** What {@link Child} says. */
  private static String answer(String... flags) throws Exception {
    return ChildJvm.run(Map.of(), List.of(flags), Child.class, List.of()).output();
  }
}
