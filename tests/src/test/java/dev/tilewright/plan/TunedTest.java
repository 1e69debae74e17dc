package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Workers;
import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.FakeConv;
import dev.tilewright.conv.FakeConv.Flaw;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.reference.ReferenceBackend;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

/** Plans from measurements, and from those that do not hold any more. */
class TunedTest {
  private static final Machine HERE = machine("Acme 1", "avx2", "Acme 25");

  private static final List<Backend> BACKENDS =
      List.of(
          FakeConv.backend(
              "native",
              new FakeConv("native.good", 1, Flaw.NONE, 0),
              new FakeConv("native.fair", 0.1, Flaw.NONE, 0),
              new FakeConv("native.coy", 1, Flaw.REFUSES, 0)),
          new ReferenceBackend());

  private static final Graph GRAPH = graph();
  private static final ConvProblem PROBLEM = problem();

  private static Machine machine(String cpu, String isa, String java) {
    return new Machine(cpu, isa, "L1 32K L2 1024K", 2, java, "native=1");
  }

  private static Graph graph() {
    RandomChain.Builder b = new RandomChain.Builder(3);
    Value x = b.input("x", 1, 9, 9, 16);
    return b.build(b.conv(x, 8, 3, 1, 1, false, null));
  }

  private static ConvProblem problem() {
    Node node = GRAPH.nodes().getFirst();
    return new ConvProblem(ConvChain.shape(node), ((Op.Conv) node.op()).epilogue(), 1);
  }

  private static TuningRecord record(
      Machine on, Status status, String algorithm, Tile tile, int session, int threads) {
    return new TuningRecord(
        PROBLEM.work(),
        "auto",
        session,
        on,
        status,
        algorithm,
        tile,
        threads,
        31,
        123_400,
        123_000,
        124_000,
        0);
  }

  private static TuningRecord chosen(Machine on, String algorithm, int tile) {
    return record(on, Status.CHOSEN, algorithm, FakeConv.tile(tile), 1, 1);
  }

  private static Plan.Step step(int threads, TuningRecord... records) {
    try (Arena arena = Arena.ofShared()) {
      TuningTable table = TuningTable.of(List.of(List.of(records)), HERE);
      return plan(threads, table, arena).steps().getFirst();
    }
  }

  private static Plan plan(int threads, TuningTable table, Arena arena) {
    Planner.Means means = new Planner.Means(BACKENDS, "auto", threads, table);
    return new Planner(PlanRun.memory(arena), means, Fusing.AUTO).plan(GRAPH);
  }

  @Test
  void withoutMeasurementsTheEstimateDecides() {
    Plan.Choice choice = step(1).choice();
    assertThat(choice.algorithm()).isEqualTo("native.good");
    assertThat(choice.tile()).isEqualTo("number=1");
    assertThat(choice.origin()).isEqualTo(Origin.ESTIMATED);
    assertThat(choice.rival()).isNotNull();
    assertThat(choice.rival().algorithm()).isEqualTo("native.fair");
    assertThat(choice.rival().nanos()).isGreaterThan(choice.nanos());
  }

  @Test
  void aMeasuredKernelIsChosenWhateverTheEstimate() {
    Plan.Choice choice = step(1, chosen(HERE, "native.fair", 3)).choice();
    assertThat(choice.algorithm()).isEqualTo("native.fair");
    assertThat(choice.tile()).isEqualTo("number=3");
    assertThat(choice.origin()).isEqualTo(Origin.TUNED);
    assertThat(choice.reason()).isEqualTo("measured 123.4 us here, 31 blocks");
    assertThat(choice.others()).containsKey("native.good").doesNotContainKey("native.fair");
    assertThat(choice.rival()).isNotNull();
    assertThat(choice.rival().algorithm()).isEqualTo("native.good");
    assertThat(choice.rival().nanos()).isLessThan(choice.nanos());
  }

  @Test
  void theSameCoreUnderAnotherJavaCountsAndIsNamed() {
    Machine like = machine("Acme 1", "avx2", "Acme 26");
    Plan.Choice choice = step(1, chosen(like, "native.fair", 2)).choice();
    assertThat(choice.origin()).isEqualTo(Origin.TUNED);
    assertThat(choice.reason()).contains("on a like machine", "Acme 26");
    // What was measured here counts before it, in whatever order they were written.
    choice = step(1, chosen(HERE, "native.good", 2), chosen(like, "native.fair", 2)).choice();
    assertThat(choice.reason()).contains("here");
  }

  @Test
  void anotherCoreDoesNotDecide() {
    for (Machine other :
        List.of(machine("Acme 2", "avx2", "Acme 25"), machine("Acme 1", "sse4_2", "Acme 25"))) {
      Plan.Choice choice = step(1, chosen(other, "native.fair", 2)).choice();
      assertThat(choice.algorithm()).isEqualTo("native.good");
      assertThat(choice.origin()).isEqualTo(Origin.ESTIMATED);
    }
  }

  @Test
  void aRecordThatDoesNotApplyIsIgnoredAndSaidSo() {
    Plan.Choice gone = step(1, chosen(HERE, "native.gone", 1)).choice();
    assertThat(gone.origin()).isEqualTo(Origin.ESTIMATED);
    assertThat(gone.others())
        .containsEntry("tuned native.gone number=1", "there is no such algorithm here");
    assertThat(step(1, chosen(HERE, "native.coy", 1)).choice().others())
        .containsEntry("tuned native.coy number=1", "is not in the mood");
    assertThat(step(1, chosen(HERE, "native.fair", 7)).choice().others())
        .containsEntry("tuned native.fair number=7", "the tile is no longer offered");
  }

  @Test
  void theEstimateDoesNotTakeWhatIsInQuarantine() {
    TuningRecord wrong = record(HERE, Status.WRONG, "native.good", FakeConv.tile(1), 1, 1);
    Plan.Choice choice = step(1, wrong).choice();
    assertThat(choice.algorithm()).isEqualTo("native.good");
    assertThat(choice.tile()).isEqualTo("number=2");
    assertThat(choice.others()).containsEntry("native.good number=1", Tuned.QUARANTINE);
    // Nor does a measurement.
    choice = step(1, chosen(HERE, "native.good", 1), wrong).choice();
    assertThat(choice.tile()).isEqualTo("number=2");
    assertThat(choice.origin()).isEqualTo(Origin.ESTIMATED);
    TuningRecord[] all =
        List.of(1, 2, 3).stream()
            .map(n -> record(HERE, Status.FAILED, "native.good", FakeConv.tile(n), 1, 1))
            .toArray(TuningRecord[]::new);
    choice = step(1, all).choice();
    assertThat(choice.algorithm()).isEqualTo("native.fair");
    assertThat(choice.others()).containsEntry("native.good", "no tile is left");
  }

  @Test
  void threadsAreWhatWasMeasuredForTheChosenKernel() {
    TuningRecord kernel = chosen(HERE, "native.fair", 3);
    int estimated = step(4, kernel).threads();
    int measured = estimated == 3 ? 2 : 3;
    Tile three = FakeConv.tile(3);
    TuningRecord threads = record(HERE, Status.CHOSEN, "native.fair", three, 4, measured);
    assertThat(step(4, kernel, threads).threads()).isEqualTo(measured);
    // Of another kernel or another number of threads: does not apply.
    assertThat(step(4, threads).choice().algorithm()).isEqualTo("native.good");
    assertThat(step(2, kernel, threads).threads()).isEqualTo(step(2, kernel).threads());
    // Nor does what was measured on another core.
    Machine other = machine("Acme 2", "avx2", "Acme 25");
    TuningRecord far = record(other, Status.CHOSEN, "native.fair", three, 4, measured);
    assertThat(step(4, kernel, far).threads()).isEqualTo(estimated);
  }

  /** The kernel comes from the records of one thread: the bits do not depend on their number. */
  @Test
  void fusedChainsTakeMeasuredMembersAndKeepTheBits() {
    List<Backend> real =
        ServiceLoader.load(Backend.class).stream().map(ServiceLoader.Provider::get).toList();
    List<Backend> backends =
        real.stream().filter(b -> b.available().isYes() && b.name().equals("native")).toList();
    assertThat(backends).hasSize(1);
    RandomChain chain = new RandomChain(5);
    Node first = ConvChain.of(chain.graph()).getFirst().getFirst().depthwise();
    ConvProblem one = new ConvProblem(ConvChain.shape(first), ((Op.Conv) first.op()).epilogue(), 1);
    float[] bits = null;
    for (int threads = 1; threads <= 3; threads++) {
      for (Fusing fusing : List.of(Fusing.NEVER, Fusing.always(2))) {
        try (Arena arena = Arena.ofShared();
            Workers workers = new Workers(threads)) {
          var algorithm =
              backends.getFirst().convolutions().stream()
                  .filter(a -> a.check(one).isYes())
                  .toList()
                  .getLast();
          Tile tile = algorithm.tiles(one).getLast();
          TuningRecord record =
              new TuningRecord(
                  one.work(),
                  "native",
                  1,
                  HERE,
                  Status.CHOSEN,
                  algorithm.id(),
                  tile,
                  1,
                  9,
                  1,
                  1,
                  1,
                  0);
          TuningTable table = TuningTable.of(List.of(List.of(record)), HERE);
          Planner.Means means = new Planner.Means(backends, "native", threads, table);
          Plan plan = new Planner(PlanRun.memory(arena), means, fusing).plan(chain.graph());
          assertThat(plan.steps())
              .anySatisfy(s -> {
                assertThat(s.choice().origin()).isEqualTo(Origin.TUNED);
                assertThat(s.choice().algorithm()).contains(algorithm.id());
                assertThat(s.choice().tile()).contains(tile.toString());
              });
          float[] now =
              new PlanRun(plan, chain.inputs(), arena)
                  .run(workers)
                  .outputs()
                  .values()
                  .iterator()
                  .next();
          assertThat(now).isEqualTo(bits == null ? now : bits);
          bits = now;
        }
      }
    }
  }
}
