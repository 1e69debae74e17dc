package dev.tilewright.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Verbs that plan use the measurements there are, in their order. */
class TuningSourcesTest {
  private static final String FIXTURE = "/fixtures/network/dilated_context/dynamic_nhw/model.onnx";

  @TempDir private Path dir = Path.of("");
  private Path model = dir;
  private Path user = dir;

  /** Of one layer of the model, with the only algorithm that needs nothing. */
  private static TuningRecord record(String problem, double nanos) {
    Machine here = Backends.load().machine();
    return new TuningRecord(
        problem,
        "auto",
        1,
        here,
        Status.CHOSEN,
        "reference.direct",
        Tile.NONE,
        1,
        9,
        nanos,
        nanos,
        nanos,
        0);
  }

  @BeforeEach
  void writeFiles() throws IOException {
    model = dir.resolve("model.onnx");
    user = dir.resolve("user.txt");
    try (var in = getClass().getResourceAsStream(FIXTURE)) {
      Files.write(model, in.readAllBytes());
    }
  }

  private CommandRun explain(String... more) {
    String[] args = {"explain", model.toString(), "--shape", "1x4x16x16", "--threads", "1"};
    String[] all = java.util.Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    return CommandRun.of(all);
  }

  /** Work of the first convolution that is no chain. */
  private String problem() {
    String out = explain("--db", "none", "--json").out();
    var matcher = java.util.regex.Pattern.compile("\"key\": \"(n1[^\"> ]*)_t1\"").matcher(out);
    assertThat(matcher.find()).as(out).isTrue();
    return matcher.group(1);
  }

  @Test
  void theUsersFileComesBeforeTheModels() throws IOException {
    String problem = problem();
    TuningFile.at(dir.resolve("model.onnx.tuning")).append(List.of(record(problem, 2_000)));
    TuningFile.at(user).append(List.of(record(problem, 1_000)));
    CommandRun both = explain("--db", user.toString());
    assertThat(both.err()).isEmpty();
    assertThat(both.out()).contains("TUNED", "measured 1.0 us here");
    TuningFile.at(user).replace(List.of(record("another", 1_000)));
    assertThat(explain("--db", user.toString()).out()).contains("measured 2.0 us here");
    assertThat(explain("--db", "none").out()).doesNotContain("TUNED", "measured");
  }

  @Test
  void linesThatAreIgnoredAreCountedOnce() throws IOException {
    TuningFile.at(user).append(List.of(record(problem(), 1_000)));
    Files.writeString(user, "garbage\nmore\tgarbage\n", StandardOpenOption.APPEND);
    CommandRun run = explain("--db", user.toString());
    assertThat(run.err().lines())
        .containsExactly("tilewright: " + user + ": ignored lines: 2 torn or damaged");
    assertThat(run.out()).contains("measured 1.0 us here");
  }

  @Test
  void aFileThatTheUserNamedMustBeThere() {
    explain("--db", dir.resolve("absent").toString()).assertBadInput("no such file");
  }

  @Test
  void theEnvironmentNamesThePlace() {
    assertThat(TuningSources.userFile(null, Map.of("TILEWRIGHT_DB", "none"))).isNull();
    assertThat(TuningSources.userFile(null, Map.of("TILEWRIGHT_DB", "a/b"))).hasToString("a/b");
    assertThat(TuningSources.userFile("c", Map.of("TILEWRIGHT_DB", "a/b"))).hasToString("c");
    assertThat(TuningSources.userFile(null, Map.of("XDG_CACHE_HOME", "/x")))
        .hasToString("/x/tilewright/tuning.txt");
    assertThat(TuningSources.userFile(null, Map.of()))
        .isEqualTo(Path.of(System.getProperty("user.home"), ".cache/tilewright/tuning.txt"));
  }
}
