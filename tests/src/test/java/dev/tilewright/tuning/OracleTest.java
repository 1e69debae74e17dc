package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Workers;
import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Cost;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.Rounding;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.reference.ReferenceBackend;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OracleTest {
  private static final ConvAlgorithm REFERENCE = new ReferenceBackend().convolutions().getFirst();

  static Stream<ConvProblem> problems() {
    Epilogue full = new Epilogue(true, true, new Activation.Silu());
    return Stream.of(
        problem("n2g3c9k6_i7x5_f3x2_s2x1_d1x2_p1,0,2,1", full),
        problem("n1g8c8k16_i6x6_f3x3_s1x1_d1x1_p1,1,1,1", Epilogue.NONE),
        problem(
            "n1g1c64k64_i56x56_f3x3_s1x1_d1x1_p1,1,1,1",
            new Epilogue(true, false, Activation.relu())));
  }

  @ParameterizedTest
  @MethodSource("problems")
  void findsTheReferenceRight(ConvProblem problem) {
    Deviation deviation = judge(problem, REFERENCE);
    assertThat(deviation.withinBound()).isTrue();
    // 16 u for the activation; the sums are in double and rounded once.
    assertThat(deviation.relative()).isLessThan(0x1p-23);
    assertThat(deviation.units()).isPositive();
  }

  @ParameterizedTest
  @MethodSource("problems")
  void findsAWrongOneWrong(ConvProblem problem) {
    // A bias that is off by a thousandth.
    Deviation off = judge(problem, new Broken(at -> set(at, get(at) + 1e-3f)));
    assertThat(off.withinBound()).isFalse();
    assertThat(off.relative()).isGreaterThan(1e-5);
    Deviation nan = judge(problem, new Broken(at -> set(at, Float.NaN)));
    assertThat(nan.withinBound()).isFalse();
    assertThat(nan.share()).isInfinite();
  }

  @Test
  void noticesWhatIsNotWritten() {
    ConvProblem problem = problem("n1g1c4k4_i5x5_f3x3_s1x1_d1x1_p1,1,1,1", Epilogue.NONE);
    assertThat(judge(problem, new Idle()).withinBound()).isFalse();
  }

  @Test
  void boundsGrowWithTransforms() {
    ConvShape shape = ConvShape.parse("n1g1c64k8_i9x9_f3x3_s1x1_d1x1_p1,1,1,1");
    Rounding rounding = new Rounding(7, new ConvShape.Size(4, 4), 1);
    ErrorBound direct = ErrorBound.of(Rounding.DIRECT, shape, Activation.none());
    ErrorBound winograd = ErrorBound.of(rounding, shape, Activation.none());
    assertThat(winograd.sum()).isEqualTo(7 * direct.sum());
    // 4 sqrt(578) roundings of the sum of magnitudes.
    assertThat(direct.allowed(1, 1)).isBetween(96 * 0x1p-24, 97 * 0x1p-24);
  }

  private static Deviation judge(ConvProblem problem, ConvAlgorithm algorithm) {
    try (Workload workload = Workload.of(problem, 1);
        Workers workers = new Workers(1)) {
      Candidate candidate = new Candidate(algorithm, Tile.NONE);
      Trial trial = Trial.of(candidate, problem, workload, workers);
      return Oracle.of(problem, workload, 2).judge(trial);
    }
  }

  private static ConvProblem problem(String key, Epilogue epilogue) {
    return new ConvProblem(ConvShape.parse(key), epilogue, 1);
  }

  private static float get(long address) {
    return dev.tilewright.tensor.Memory.ALL.get(java.lang.foreign.ValueLayout.JAVA_FLOAT, address);
  }

  private static void set(long address, float value) {
    dev.tilewright.tensor.Memory.ALL.set(java.lang.foreign.ValueLayout.JAVA_FLOAT, address, value);
  }

  /** The reference, with something done to the values of one channel afterwards. */
  private record Broken(LongConsumer harm) implements ConvAlgorithm {
    @Override
    public String id() {
      return "test.broken";
    }

    @Override
    public Applicability check(ConvProblem problem) {
      return Applicability.yes();
    }

    @Override
    public Cost cost(ConvProblem problem, Tile tile) {
      return REFERENCE.cost(problem, tile);
    }

    @Override
    public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
      Kernel right = REFERENCE.prepare(problem, tile, weights);
      return operands -> new BrokenTask(right.bind(operands), operands, harm);
    }
  }

  private record BrokenTask(Task right, Operands operands, LongConsumer harm) implements Task {
    @Override
    public int parts() {
      return right.parts();
    }

    @Override
    public void run(int from, int to, int worker) {
      right.run(from, to, worker);
      var dst = operands.out().getFirst();
      for (long row = 0; row < dst.rows(); row++) {
        harm.accept(dst.address() + 4 * row * dst.columns());
      }
    }
  }

  /** Does nothing. */
  private static final class Idle implements ConvAlgorithm {
    @Override
    public String id() {
      return "test.idle";
    }

    @Override
    public Applicability check(ConvProblem problem) {
      return Applicability.yes();
    }

    @Override
    public Cost cost(ConvProblem problem, Tile tile) {
      return new Cost(1, 1, 1);
    }

    @Override
    public List<Tile> tiles(ConvProblem problem) {
      return List.of(Tile.NONE);
    }

    @Override
    public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
      return operands ->
          new Task() {
            @Override
            public int parts() {
              return 1;
            }

            @Override
            public void run(int from, int to, int worker) {
              // what a kernel does that forgets its last tile, at its worst
            }
          };
    }
  }
}
