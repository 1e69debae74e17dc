package dev.tilewright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonParser;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DbTest {
  private static final Machine HERE = Backends.load().machine();
  private static final Machine FAR =
      new Machine("Acme 9", "sve", "L1 64K", 4, "Acme 25", "native=1");

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
                chosen("p1", "reference.direct"),
                chosen("p1", "native.better"),
                record(HERE, "p1", Status.RETRACTED, "native.better"),
                chosen("p2", "reference.direct"),
                record(HERE, "p2", Status.WRONG, "native.liar"),
                record(FAR, "p2", Status.CHOSEN, "native.sve")));
    TuningFile.at(b)
        .append(List.of(chosen("p1", "native.other"), chosen("p2", "reference.direct")));
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
        .contains("p1", "reference.direct", "1.5", "(this)", "native.sve", "(another)")
        .doesNotContain("native.better", "native.liar");
    assertThat(db("show", a, "--all", "--problem", "p1").out())
        .contains("native.better", "RETRACTED")
        .doesNotContain("p2");
    var json = JsonParser.parseString(db("show", a, "--json").out()).getAsJsonObject();
    assertThat(json.getAsJsonArray("records")).hasSize(3);
  }

  @Test
  void saysWhereChoicesDiffer() {
    assertThat(db("diff", a, b).out())
        .contains("p1", "reference.direct", "native.other", "native.sve");
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

  @Test
  void prunesToWhatDecides() throws IOException {
    assertThat(db("prune", a).out()).contains("kept 4 of 6 records");
    assertThat(TuningFile.at(a).read().records())
        .containsExactlyInAnyOrder(
            record(HERE, "p2", Status.WRONG, "native.liar"),
            chosen("p1", "reference.direct"),
            chosen("p2", "reference.direct"),
            record(FAR, "p2", Status.CHOSEN, "native.sve"));
    assertThat(db("prune", a, "--here").out()).contains("kept 3 of 4 records");
  }

  @Test
  void exportsWhatDecidesHere() throws IOException {
    Path to = dir.resolve("model.onnx.tuning");
    assertThat(db("export", to, "--db", a).out()).contains("3 records");
    assertThat(TuningFile.at(to).read().records()).allMatch(r -> r.machine().equals(HERE));
    db("export", to, "--db", a).assertBadInput("exists");
  }

  @Test
  void verifiesLinesAndAlgorithms() throws IOException {
    assertThat(db("verify", a).code()).isZero();
    CommandRun gone = db("verify", b);
    assertThat(gone.code()).isEqualTo(1);
    assertThat(gone.out()).contains("chosen, and not in this build: native.other");
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
