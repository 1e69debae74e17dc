package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CountersTest {
  @TempDir private Path dir = Path.of("");

  @Test
  void growthIsARegressionAndEveryChangeIsTold() {
    ForkJob.Result first =
        result(
            Map.of("arena bytes", "64", "steps", "3", "allocated", "0", "choices", "aa"),
            Map.of("arena bytes", "128", "steps", "2", "allocated", "16", "choices", "bb"));
    ForkJob.Result second =
        result(
            Map.of("arena bytes", "64", "steps", "3", "allocated", "0", "choices", "aa"),
            Map.of("arena bytes", "128", "steps", "2", "allocated", "0", "choices", "bb"));
    assertThat(Counters.changes(Map.of("b", List.of(first, second))))
        .containsExactlyInAnyOrder(
            new Report.Note("b", Verdict.REGRESSION, "arena bytes went from 64 to 128"),
            new Report.Note("b", Verdict.PASS, "steps went from 3 to 2"),
            new Report.Note("b", Verdict.PASS, "another digest of its choices"));
  }

  @Test
  void allocationIsBelievedOfSeveralForks() {
    ForkJob.Result more = result(Map.of(Counters.ALLOCATED, "0"), Map.of(Counters.ALLOCATED, "64"));
    assertThat(Counters.changes(Map.of("b", List.of(more))).getFirst().verdict())
        .isEqualTo(Verdict.INCONCLUSIVE);
    assertThat(
            Counters.changes(Map.of("b", List.of(more, more, more, more, more)))
                .getFirst()
                .verdict())
        .isEqualTo(Verdict.REGRESSION);
  }

  @Test
  void noChangeIsNotTold() {
    Map<String, String> facts = Map.of("arena bytes", "64", "choices", "aa");
    assertThat(Counters.changes(Map.of("b", List.of(result(facts, facts))))).isEmpty();
  }

  @Test
  void filesMayGrowALittle() throws IOException {
    Side before = side("before", 1000, 1000);
    Side after = side("after", 1090, 1200);
    assertThat(Counters.sizes(before, after))
        .extracting(n -> n.subject() + " " + n.verdict())
        .containsExactly("classes PASS", "lib.so REGRESSION");
    assertThat(Counters.sizes(before, before)).isEmpty();
  }

  private Side side(String name, int classes, int library) throws IOException {
    Path path = Files.createDirectories(dir.resolve(name));
    Files.write(path.resolve("A.class"), new byte[classes]);
    Files.write(path.resolve("lib.so"), new byte[library]);
    return new Side(name, List.of(path));
  }

  private static ForkJob.Result result(Map<String, String> before, Map<String, String> after) {
    double[] times = {1};
    return new ForkJob.Result("b", null, times, times, true, true, before, after);
  }
}
