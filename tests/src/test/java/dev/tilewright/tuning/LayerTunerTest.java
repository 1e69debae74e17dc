package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.FakeConv;
import dev.tilewright.conv.FakeConv.Flaw;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Tunable;
import dev.tilewright.plan.Tunable.Guess;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Injected kernels: the wrong one is never chosen, the slow one neither. Estimates are kept by id:
 * algorithms that promise different things have different ones.
 */
class LayerTunerTest {
  private static final Machine HERE =
      new Machine("Acme 1", "avx2", "L1 32K L2 64K", 2, "Acme 25", "native=1");

  private static final ConvShape.Size FIVE = new ConvShape.Size(5, 5);
  private static final ConvShape.Size ONE = new ConvShape.Size(1, 1);
  private static final ConvProblem PROBLEM = problem(1);

  private static ConvProblem problem(int threads) {
    ConvShape shape =
        new ConvShape(1, 1, 4, 8, FIVE, ONE, ONE, ONE, new ConvShape.Padding(0, 0, 0, 0));
    return new ConvProblem(shape, Epilogue.NONE, threads);
  }

  private static LayerTuner.Outcome tune(FakeConv... algorithms) {
    return tune(System.nanoTime() + 30_000_000_000L, algorithms);
  }

  private static Planner.Means means(TuningTable known, FakeConv... algorithms) {
    Backend backend = FakeConv.backend("native", algorithms);
    return new Planner.Means(List.of(backend), "native", 1, known);
  }

  private static LayerTuner.Outcome tune(long deadline, FakeConv... algorithms) {
    Planner.Means means = means(TuningTable.empty(), algorithms);
    List<Guess> guesses = Tunable.guesses(means, PROBLEM);
    LayerTuner.Context context = new LayerTuner.Context("native", HERE);
    try (LayerTuner tuner = new LayerTuner(context, PROBLEM, Level.EXHAUSTIVE, deadline)) {
      return tuner.kernel(Tunable.choice(means, PROBLEM), guesses);
    }
  }

  private static String chosen(LayerTuner.Outcome outcome) {
    Guess guess = outcome.chosen().guess();
    return guess.algorithm().id() + " " + guess.tile();
  }

  private static List<TuningRecord> of(LayerTuner.Outcome outcome, Status status) {
    return outcome.records().stream().filter(r -> r.status() == status).toList();
  }

  @Test
  void aWrongKernelIsRememberedAndNeverChosen() {
    LayerTuner.Outcome outcome =
        tune(
            new FakeConv("native.liar", 1, Flaw.WRONG, 0),
            new FakeConv("native.honest", 0.01, Flaw.NONE, 0));
    assertThat(chosen(outcome)).startsWith("native.honest");
    assertThat(outcome.incumbent()).isNull();
    assertThat(of(outcome, Status.WRONG))
        .hasSize(3)
        .allSatisfy(r -> assertThat(r.algorithm()).isEqualTo("native.liar"));
    // What plans make of it.
    TuningTable table = TuningTable.of(List.of(outcome.records()), HERE);
    assertThat(table.isQuarantined(PROBLEM.work(), "native.liar", FakeConv.tile(1))).isTrue();
    assertThat(table.kernel(PROBLEM.work(), "native").orElseThrow().record().algorithm())
        .isEqualTo("native.honest");
  }

  @Test
  void onlyTheWrongTileIsQuarantined() {
    LayerTuner.Outcome outcome = tune(new FakeConv("native.liar", 1, Flaw.WRONG, 1));
    assertThat(chosen(outcome)).isIn("native.liar number=2", "native.liar number=3");
    assertThat(of(outcome, Status.WRONG)).hasSize(1);
  }

  @Test
  void aKernelThatThrowsIsOut() {
    LayerTuner.Outcome outcome =
        tune(
            new FakeConv("native.crash", 1, Flaw.FAILS, 0),
            new FakeConv("native.honest", 0.01, Flaw.NONE, 0));
    assertThat(chosen(outcome)).startsWith("native.honest");
    assertThat(of(outcome, Status.FAILED)).hasSize(3);
  }

  @Test
  void aSlowKernelGivesWayWhateverItPromises() {
    FakeConv slow = new FakeConv("native.boaster", 1, Flaw.SLOW, 0);
    FakeConv honest = new FakeConv("native.honest", 0.01, Flaw.NONE, 0);
    LayerTuner.Outcome outcome = tune(slow, honest);
    assertThat(outcome.incumbent().guess().algorithm().id()).isEqualTo("native.boaster");
    assertThat(chosen(outcome)).startsWith("native.honest");
    // A retraction brings back what stood before.
    assertThat(of(outcome, Status.CHOSEN))
        .extracting(TuningRecord::algorithm)
        .containsExactly("native.boaster", "native.honest");
    // What plans make of it.
    TuningTable table = TuningTable.of(List.of(outcome.records()), HERE);
    assertThat(Tunable.choice(means(table, slow, honest), PROBLEM).algorithm()).isEqualTo(honest);
    assertThat(Tunable.choice(means(TuningTable.empty(), slow, honest), PROBLEM).algorithm())
        .isEqualTo(slow);
  }

  @Test
  void aSlowChallengerDoesNotReplaceTheIncumbent() {
    LayerTuner.Outcome outcome =
        tune(
            new FakeConv("native.quick", 1, Flaw.NONE, 0),
            new FakeConv("native.snail", 0.9, Flaw.SLOW, 0));
    assertThat(chosen(outcome)).startsWith("native.quick");
    assertThat(of(outcome, Status.CHOSEN))
        .allSatisfy(r -> assertThat(r.algorithm()).isEqualTo("native.quick"));
    assertThat(outcome.complete()).isTrue();
  }

  @Test
  void withoutTimeTheIncumbentAndOneMoreAreTried() {
    LayerTuner.Outcome outcome =
        tune(System.nanoTime(), new FakeConv("native.quick", 1, Flaw.NONE, 0));
    assertThat(outcome.timed()).hasSize(2);
    assertThat(outcome.complete()).isFalse();
    // What is ahead is used, and a later tuning goes on from there.
    assertThat(of(outcome, Status.CHOSEN)).isEmpty();
    assertThat(of(outcome, Status.LEADING)).isNotEmpty();
    TuningTable table = TuningTable.of(List.of(outcome.records()), HERE);
    assertThat(table.kernel(PROBLEM.work(), "native")).isPresent();
  }

  @Test
  void levelsTakeMoreAndMore() {
    Backend backend =
        FakeConv.backend(
            "native",
            new FakeConv("native.a", 1, Flaw.NONE, 0),
            new FakeConv("native.hopeless", 0.01, Flaw.NONE, 0));
    List<Guess> all = Tunable.guesses(new Planner.Means(List.of(backend), "native", 1), PROBLEM);
    assertThat(all).hasSize(6);
    assertThat(Level.MEASURE.of(all, a -> false))
        .extracting(Guess::tile)
        .containsExactly(FakeConv.tile(1), FakeConv.tile(2));
    assertThat(Level.PATIENT.of(all, a -> false)).hasSize(3);
    assertThat(Level.EXHAUSTIVE.of(all, a -> true)).isEqualTo(all);
  }
}
