package dev.tilewright.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine.Likeness;
import dev.tilewright.database.TuningRecord.Status;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TuningTableTest {
  private static TuningTable table(TuningRecord... records) {
    return TuningTable.of(List.of(List.of(records)), Records.HERE);
  }

  private static String algorithm(TuningTable table) {
    return table.kernel("p", "auto").map(f -> f.record().algorithm()).orElse("none");
  }

  @Test
  void theLastChoiceCounts() {
    assertThat(algorithm(table(Records.chosen("p", "a.old", 1), Records.chosen("p", "a.new", 1))))
        .isEqualTo("a.new");
  }

  @Test
  void theLadderGoesFromThisMachineToItsLikes() {
    TuningRecord core = Records.of(Records.OTHER_JAVA, "p", Status.CHOSEN, "a.core", 1);
    TuningRecord isa = Records.of(Records.OTHER_CORE, "p", Status.CHOSEN, "a.isa", 1);
    TuningRecord none = Records.of(Records.OTHER_ISA, "p", Status.CHOSEN, "a.none", 1);
    TuningRecord same = Records.chosen("p", "a.same", 1);
    assertThat(algorithm(table(same, core, isa, none))).isEqualTo("a.same");
    assertThat(algorithm(table(isa, core, none))).isEqualTo("a.core");
    assertThat(table(isa, none).kernel("p", "auto").orElseThrow().likeness())
        .isEqualTo(Likeness.ISA);
    assertThat(algorithm(table(none))).isEqualTo("none");
  }

  @Test
  void earlierSourcesCountMoreOnlyOnEquallyLikeMachines() {
    List<TuningRecord> user = List.of(Records.chosen("p", "a.user", 1));
    List<TuningRecord> shipped = List.of(Records.chosen("p", "a.shipped", 1));
    List<TuningRecord> foreign =
        List.of(Records.of(Records.OTHER_JAVA, "p", Status.CHOSEN, "a.foreign", 1));
    assertThat(algorithm(TuningTable.of(List.of(user, shipped), Records.HERE))).isEqualTo("a.user");
    assertThat(algorithm(TuningTable.of(List.of(foreign, shipped), Records.HERE)))
        .isEqualTo("a.shipped");
  }

  @Test
  void aWrongKernelIsNeverGivenOutAgain() {
    TuningTable table =
        table(
            Records.chosen("p", "a.right", 1),
            Records.chosen("p", "a.wrong", 2),
            Records.of(Records.HERE, "p", Status.WRONG, "a.wrong", 2));
    assertThat(algorithm(table)).isEqualTo("a.right");
    assertThat(table.isQuarantined("p", "a.wrong", new Tile(Map.of("mr", 2)))).isTrue();
    assertThat(table.isQuarantined("p", "a.wrong", new Tile(Map.of("mr", 1)))).isFalse();
    // Another library may have mended it; another core may never have had it.
    assertThat(
            table(Records.of(Records.OTHER_CORE, "p", Status.WRONG, "a.wrong", 2))
                .isQuarantined("p", "a.wrong", new Tile(Map.of("mr", 2))))
        .isFalse();
  }

  @Test
  void whatIsRetractedGivesWayToWhatStoodBefore() {
    assertThat(
            algorithm(
                table(
                    Records.chosen("p", "a.first", 1),
                    Records.chosen("p", "a.second", 1),
                    Records.of(Records.HERE, "p", Status.RETRACTED, "a.second", 1))))
        .isEqualTo("a.first");
    assertThat(
            algorithm(
                table(
                    Records.chosen("p", "a.first", 1),
                    Records.of(Records.HERE, "p", Status.RETRACTED, "a.first", 1))))
        .isEqualTo("none");
  }

  /** A like machine's library may be older: what it computed wrongly may be right here. */
  @Test
  void quarantineOfALikeMachineNeedsTheSameCode() {
    Machine fixed = machine("native=2 vector=1");
    Machine other = machine("native=1 up to avx2 vector=1");
    Machine same = machine("native=1 vector=7");
    for (Machine machine : List.of(fixed, other)) {
      assertThat(isQuarantined(machine, "native.wrong")).isFalse();
    }
    assertThat(isQuarantined(same, "native.wrong")).isTrue();
    assertThat(isQuarantined(fixed, "vector.wrong")).isTrue();
    assertThat(isQuarantined(same, "vector.wrong")).isFalse();
  }

  private static Machine machine(String kernels) {
    Machine h = Records.HERE;
    return new Machine(h.cpu(), h.isa(), h.caches(), h.processors(), "Acme 26", kernels);
  }

  private static boolean isQuarantined(Machine where, String algorithm) {
    Machine here = machine("native=1 vector=1");
    TuningRecord wrong = Records.of(where, "p", Status.WRONG, algorithm, 2);
    return TuningTable.of(List.of(List.of(wrong)), here)
        .isQuarantined("p", algorithm, new Tile(Map.of("mr", 2)));
  }

  /** In whichever file the like machine's word stands. */
  @Test
  void whatALikeMachineChoseCanBeRetractedHere() {
    TuningRecord first = Records.of(Records.OTHER_JAVA, "p", Status.CHOSEN, "a.fine", 1);
    TuningRecord harmful = Records.of(Records.OTHER_JAVA, "p", Status.CHOSEN, "a.harmful", 1);
    List<TuningRecord> shipped = List.of(first, harmful);
    TuningRecord back = harmful.status(Status.RETRACTED, Records.HERE);
    assertThat(algorithm(TuningTable.of(List.of(List.of(), shipped), Records.HERE)))
        .isEqualTo("a.harmful");
    assertThat(algorithm(TuningTable.of(List.of(List.of(back), shipped), Records.HERE)))
        .isEqualTo("a.fine");
    // It stays retracted when files are pruned, and is not for others to hear.
    assertThat(Standing.compact(List.of(back))).containsExactly(back);
    assertThat(algorithm(TuningTable.of(List.of(List.of(back), shipped), Records.OTHER_JAVA)))
        .isEqualTo("a.harmful");
    // Chosen here after all.
    TuningRecord again = Records.chosen("p", "a.harmful", 1);
    assertThat(algorithm(TuningTable.of(List.of(List.of(back, again), shipped), Records.HERE)))
        .isEqualTo("a.harmful");
  }

  @Test
  void theNearestMachinesFitCounts() {
    CostFit isa = fit(Records.OTHER_CORE, 1);
    CostFit core = fit(Records.OTHER_JAVA, 2);
    CostFit old = fit(Records.HERE, 3);
    CostFit here = fit(Records.HERE, 4);
    CostFit none = fit(Records.OTHER_ISA, 5);
    assertThat(fits(Likeness.ISA, old, here, core, isa, none)).containsExactly(here);
    assertThat(fits(Likeness.ISA, isa, core)).containsExactly(core);
    assertThat(fits(Likeness.ISA, isa, none)).containsExactly(isa);
    assertThat(fits(Likeness.MICROARCHITECTURE, isa, none)).isEmpty();
  }

  private static CostFit fit(Machine machine, double weight) {
    return new CostFit(machine, "a.b", null, 9, List.of(weight, 0.0, 0.0), 1);
  }

  private static List<CostFit> fits(Likeness farthest, CostFit... fits) {
    return TuningTable.of(List.of(List.of(fits)), Records.HERE).fits(farthest);
  }

  @Test
  void threadsBelongToTheKernelThatWasTimed() {
    Tile tile = new Tile(Map.of("mr", 6));
    TuningRecord two =
        new TuningRecord(
            "p", "auto", 2, Records.HERE, Status.CHOSEN, "a.b", tile, 1, 9, 5, 4, 6, 0);
    TuningTable table = table(Records.chosen("p", "a.b", 6), two);
    assertThat(table.threads("p", "auto", "a.b", tile, 2)).hasValue(1);
    assertThat(table.threads("p", "auto", "a.other", tile, 2)).isEmpty();
    assertThat(table.threads("p", "auto", "a.b", tile, 4)).isEmpty();
  }

  @Test
  void aMachineIsDescribedByWhatTheSystemTells() {
    Machine here = ThisMachine.describe("native=1");
    assertThat(here).isEqualTo(ThisMachine.describe("native=1"));
    assertThat(here.likeness(ThisMachine.describe("native=2")))
        .isEqualTo(Likeness.MICROARCHITECTURE);
    assertThat(here.processors()).isPositive();
    assertThat(ThisMachine.describe(java.nio.file.Path.of("/nowhere"), "").caches())
        .isEqualTo("caches unknown");
  }
}
