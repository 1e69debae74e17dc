package dev.tilewright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.CostFit;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DbTest {
  private static final Machine HERE = Backends.load().machine();
  private static final Machine FAR =
      new Machine("Acme 9", "sve", "L1 64K", 4, "Acme 25", "native=1");

  private static final String P1 = "n1g1c4k8_i5x5_f1x1_s1x1_d1x1_p0,0,0,0_bias";
  private static final String P2 = "n1g1c4k8_i5x5_f3x3_s1x1_d1x1_p1,1,1,1_bias_clip(0.0,6.0)";

  @TempDir private Path dir = Path.of("");
  private Path a = dir;
  private Path b = dir;

  private static TuningRecord record(Machine on, String problem, Status status, String algorithm) {
    return new TuningRecord(
        problem, "auto", 1, on, status, algorithm, Tile.NONE, 1, 9, 1_500, 1_400, 1_600, 7);
  }

  private static TuningRecord chosen(String problem, String algorithm) {
    return record(HERE, problem, Status.CHOSEN, algorithm);
  }

  @BeforeEach
  void writeFiles() throws IOException {
    a = dir.resolve("a.txt");
    b = dir.resolve("b.txt");
    TuningFile.at(a)
        .append(
            List.of(
                chosen(P1, "reference.direct"),
                chosen(P1, "native.better"),
                record(HERE, P1, Status.RETRACTED, "native.better"),
                chosen(P2, "reference.direct"),
                record(HERE, P2, Status.WRONG, "native.liar"),
                record(FAR, P2, Status.CHOSEN, "native.sve")));
    TuningFile.at(b).append(List.of(chosen(P1, "native.other"), chosen(P2, "reference.direct")));
  }

  private static CommandRun db(Object... args) {
    String[] all = new String[args.length + 1];
    all[0] = "db";
    for (int i = 0; i < args.length; i++) {
      all[i + 1] = args[i].toString();
    }
    return CommandRun.of(all);
  }

  @Test
  void showsWhatIsInForce() {
    CommandRun run = db("show", a);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains(P1, "reference.direct", "1.5", "(this)", "native.sve", "(another)")
        .doesNotContain("native.better", "native.liar");
    assertThat(db("show", a, "--all", "--problem", P1).out())
        .contains("native.better", "RETRACTED")
        .doesNotContain(P2);
    var json = JsonParser.parseString(db("show", a, "--json").out()).getAsJsonObject();
    assertThat(json.getAsJsonArray("records")).hasSize(3);
  }

  @Test
  void saysWhereChoicesDiffer() {
    assertThat(db("diff", a, b).out())
        .contains(P1, "reference.direct", "native.other", "native.sve");
    assertThat(db("diff", a, a).out())
        .isEqualToIgnoringNewLines("the same choices for 3 problem(s)");
    var json = JsonParser.parseString(db("diff", a, b, "--json").out()).getAsJsonObject();
    assertThat(json.getAsJsonArray("differences")).hasSize(2);
  }

  @Test
  void mergesWithoutRepeatingAndSaysWhatEachGave() throws IOException {
    Path into = dir.resolve("fleet.txt");
    CommandRun run = db("merge", into, a, b, a);
    assertThat(run.out().lines())
        .containsExactly(
            a + ": 6 of 6 records are new, of 2 machine(s)",
            b + ": 1 of 2 records are new, of 1 machine(s)",
            a + ": 0 of 6 records are new, of 0 machine(s)");
    assertThat(TuningFile.at(into).read().records()).hasSize(7);
    assertThat(db("import", b, "--db", into).out()).contains("0 of 2 records are new");
  }

  /** Three devices' files become one to ship. */
  @Test
  void saysWhatEachDeviceContributed() throws IOException {
    Machine like =
        new Machine(HERE.cpu(), HERE.isa(), HERE.caches(), 64, HERE.java(), HERE.kernels());
    Path c = dir.resolve("c.txt");
    TuningFile.at(c)
        .append(
            List.of(
                record(like, P1, Status.CHOSEN, "native.other"),
                record(like, "n1", Status.CHOSEN, "native.other"),
                new CostFit(like, "native.other", null, 9, List.of(0.1, 0.0, 0.0), 7)));
    Path into = dir.resolve("fleet.txt");
    String report = db("merge", "--report", into, a, b, c).out();
    assertThat(report).contains("first for", "quarantined", like.toString(), FAR.toString());
    var json =
        JsonParser.parseString(db("merge", "--json", dir.resolve("other.txt"), a, b, c).out())
            .getAsJsonObject()
            .getAsJsonArray("contributions");
    // a of this machine and a far one, b of this one, c of one like this: only "n1" is news.
    assertThat(json.asList())
        .extracting(e -> e.getAsJsonObject().get("new").getAsInt())
        .containsExactly(5, 1, 1, 3);
    assertThat(json.asList())
        .extracting(e -> e.getAsJsonObject().get("firstFor").getAsInt())
        .containsExactly(2, 1, 0, 1);
    assertThat(json.get(0).getAsJsonObject().get("quarantined").getAsInt()).isEqualTo(1);
    assertThat(TuningFile.at(into).read().entries()).hasSize(10);
  }

  @Test
  void prunesToWhatDecides() throws IOException {
    assertThat(db("prune", a).out()).contains("kept 5 of 6 records");
    assertThat(TuningFile.at(a).read().records())
        .containsExactlyInAnyOrder(
            record(HERE, P2, Status.WRONG, "native.liar"),
            record(HERE, P1, Status.RETRACTED, "native.better"),
            chosen(P1, "reference.direct"),
            chosen(P2, "reference.direct"),
            record(FAR, P2, Status.CHOSEN, "native.sve"));
    assertThat(db("prune", a, "--here").out()).contains("kept 4 of 5 records");
  }

  @Test
  void exportsWhatDecidesHere() throws IOException {
    Path to = dir.resolve("model.onnx.tuning");
    assertThat(db("export", to, "--db", a).out()).contains("4 records");
    assertThat(TuningFile.at(to).read().records()).allMatch(r -> r.machine().equals(HERE));
    db("export", to, "--db", a).assertBadInput("exists");
  }

  @Test
  void verifiesLinesAndAlgorithms() throws IOException {
    assertThat(db("verify", a).code()).isZero();
    CommandRun gone = db("verify", b);
    assertThat(gone.code()).isEqualTo(1);
    assertThat(gone.out()).contains("native.other for " + P1 + ": not in this build");
    Path c = dir.resolve("c.txt");
    TuningFile.at(c)
        .append(
            List.of(
                new TuningRecord(
                    P1,
                    "auto",
                    1,
                    HERE,
                    Status.CHOSEN,
                    "reference.direct",
                    new Tile(Map.of("mr", 6)),
                    1,
                    9,
                    1,
                    1,
                    1,
                    7)));
    assertThat(db("verify", c).code()).isEqualTo(1);
    assertThat(db("verify", c).out())
        .contains("reference.direct mr=6 for " + P1 + ": the tile is no longer offered");
    Files.writeString(a, "garbage\n", StandardOpenOption.APPEND);
    CommandRun torn = db("verify", a, "--json");
    assertThat(torn.code()).isEqualTo(1);
    assertThat(torn.out()).contains("\"torn or damaged\": 1", "\"records\": 6");
    // Others read what is left, and say so.
    assertThat(db("show", a).err()).contains("ignored lines: 1 torn or damaged");
  }

  @Test
  void refusesFilesThatAreNotThere() {
    db("show", dir.resolve("none.txt")).assertBadInput("no such file");
    db("merge", a, dir.resolve("none.txt")).assertBadInput("no such file");
  }
}
