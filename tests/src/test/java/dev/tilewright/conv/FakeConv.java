package dev.tilewright.conv;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.backend.Backend;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Task;
import dev.tilewright.reference.ReferenceBackend;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.View;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An algorithm with tiles 1, 2 and 3 that promises much and computes as the reference does, but for
 * its flaw.
 *
 * @param efficiency that it promises; tile 1 promises the most
 * @param flawed the only tile with the flaw; 0 for all
 */
public record FakeConv(String id, double efficiency, Flaw flaw, int flawed)
    implements ConvAlgorithm {
  /** What is wrong with it. */
  public enum Flaw {
    NONE,
    /** One result of a run is off. */
    WRONG,
    /** Takes 200 us more than it has to. */
    SLOW,
    FAILS,
    REFUSES
  }

  private static final long DELAY_NANOS = 200_000;
  private static final ConvAlgorithm TRUTH = new ReferenceBackend().convolutions().getFirst();

  /** A backend with nothing but these. */
  public static Backend backend(String name, FakeConv... algorithms) {
    return new Backend() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Applicability available() {
        return Applicability.yes();
      }

      @Override
      public List<ConvAlgorithm> convolutions() {
        return List.of(algorithms);
      }
    };
  }

  public static Tile tile(int number) {
    return new Tile(Map.of("number", number));
  }

  @Override
  public Applicability check(ConvProblem problem) {
    return Applicability.when(flaw != Flaw.REFUSES, "is not in the mood");
  }

  @Override
  public List<Tile> tiles(ConvProblem problem) {
    return List.of(tile(1), tile(2), tile(3));
  }

  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    return new Cost(problem.shape().macs(), 0, efficiency / tile.get("number"));
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    Kernel right = TRUTH.prepare(problem, Tile.NONE, weights);
    boolean broken = flawed == 0 || flawed == tile.get("number");
    if (broken && flaw == Flaw.FAILS) {
      throw new IllegalStateException("broken on purpose");
    }
    return operands ->
        new Flawed(right.bind(operands), operands.out().getFirst(), broken ? flaw : Flaw.NONE);
  }

  private record Flawed(Task right, View dst, Flaw flaw) implements Task {
    @Override
    public int parts() {
      return right.parts();
    }

    @Override
    public @Nullable Task before() {
      return right.before();
    }

    @Override
    public void run(int from, int to, int worker) {
      right.run(from, to, worker);
      if (flaw == Flaw.WRONG) {
        float first = Memory.ALL.get(JAVA_FLOAT_UNALIGNED, dst.address());
        Memory.ALL.set(JAVA_FLOAT_UNALIGNED, dst.address(), first + 1);
      }
      long end = System.nanoTime() + DELAY_NANOS;
      while (flaw == Flaw.SLOW && System.nanoTime() < end) {
        Thread.onSpinWait();
      }
    }
  }
}
