package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.FakeConv;
import dev.tilewright.conv.FakeConv.Flaw;
import dev.tilewright.database.Machine;
import dev.tilewright.database.Machine.Likeness;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Tunable;
import dev.tilewright.plan.Tunable.Guess;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What another processor with the same instructions chose is tried first and never believed. */
class ShortlistTest {
  private static final Machine HERE =
      new Machine("Acme 1", "avx2", "L1 32K L2 64K", 2, "Acme 25", "native=1");
  private static final Machine COUSIN =
      new Machine("Acme 2", "avx2", "L1 48K L2 2048K", 8, "Acme 25", "native=1");
  private static final ConvProblem PROBLEM =
      new ConvProblem(ConvShape.parse("n1g1c4k8_i5x5_f1x1_s1x1_d1x1_p0,0,0,0"), Epilogue.NONE, 1);

  /** Promises the most. */
  private static final FakeConv QUICK = new FakeConv("native.quick", 1, Flaw.NONE, 0);

  /** A hundredth of that: no level below exhaustive would try it. */
  private static final FakeConv HOPELESS = new FakeConv("native.hopeless", 0.01, Flaw.NONE, 0);

  private static final FakeConv SLOW = new FakeConv("native.slow", 0.01, Flaw.SLOW, 0);
  private static final FakeConv WRONG = new FakeConv("native.wrong", 0.01, Flaw.WRONG, 0);

  private static Planner.Means means(FakeConv other, TuningRecord... known) {
    Backend backend = FakeConv.backend("native", QUICK, other);
    TuningTable table = TuningTable.of(List.of(List.of(known)), HERE);
    return new Planner.Means(List.of(backend), "native", 1, table);
  }

  /** On the other machine its second tile was the best. */
  private static TuningRecord chosen(FakeConv other) {
    return new TuningRecord(
        PROBLEM.work(),
        "native",
        1,
        COUSIN,
        Status.CHOSEN,
        other.id(),
        FakeConv.tile(2),
        1,
        31,
        10,
        9,
        11,
        7);
  }

  private static List<Guess> shortlist(FakeConv other, TuningRecord... known) {
    Planner.Means means = means(other);
    CostFitting fitting = new CostFitting(HERE, means.backends());
    return new Shortlist(means, HERE, fitting, Level.MEASURE).of(PROBLEM, List.of(known), false);
  }

  private static LayerTuner.Outcome tune(FakeConv other, long nanos) {
    LayerTuner.Context context = new LayerTuner.Context("native", HERE);
    long deadline = System.nanoTime() + nanos;
    try (LayerTuner tuner = new LayerTuner(context, PROBLEM, Level.MEASURE, deadline)) {
      return tuner.kernel(
          Tunable.choice(means(other, chosen(other)), PROBLEM), shortlist(other, chosen(other)));
    }
  }

  @Test
  void itIsTriedFirst() {
    assertThat(HERE.likeness(COUSIN)).isEqualTo(Likeness.ISA);
    assertThat(shortlist(HOPELESS)).extracting(Guess::algorithm).containsOnly(QUICK);
    List<Guess> list = shortlist(HOPELESS, chosen(HOPELESS));
    assertThat(list.getFirst().algorithm()).isEqualTo(HOPELESS);
    assertThat(list.getFirst().tile()).isEqualTo(FakeConv.tile(2));
    assertThat(list.subList(1, list.size())).isEqualTo(shortlist(HOPELESS));
    // Without any time only the incumbent and the first of the list are.
    assertThat(tune(HOPELESS, 0).timed())
        .extracting(t -> t.guess().algorithm())
        .containsExactlyInAnyOrder(QUICK, HOPELESS);
  }

  @Test
  void noPlanTakesItUnmeasured() {
    for (FakeConv other : List.of(HOPELESS, SLOW, WRONG)) {
      Guess choice = Tunable.choice(means(other, chosen(other)), PROBLEM);
      assertThat(choice.algorithm()).isEqualTo(QUICK);
    }
  }

  @Test
  void itHasToBeRightAndFastHere() {
    long enough = 30_000_000_000L;
    LayerTuner.Outcome slow = tune(SLOW, enough);
    assertThat(slow.chosen().guess().algorithm()).isEqualTo(QUICK);
    assertThat(slow.timed()).anyMatch(t -> t.guess().algorithm().equals(SLOW));
    LayerTuner.Outcome wrong = tune(WRONG, enough);
    assertThat(wrong.chosen().guess().algorithm()).isEqualTo(QUICK);
    assertThat(wrong.records())
        .filteredOn(r -> r.algorithm().equals(WRONG.id()))
        .singleElement()
        .satisfies(r -> assertThat(r.status()).isEqualTo(Status.WRONG))
        .satisfies(r -> assertThat(r.machine()).isEqualTo(HERE));
    TuningRecord[] all =
        Stream.concat(Stream.of(chosen(WRONG)), wrong.records().stream())
            .toArray(TuningRecord[]::new);
    assertThat(Tunable.choice(means(WRONG, all), PROBLEM).algorithm()).isEqualTo(QUICK);
  }
}
