package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DuetGateTest {
  private static final String WORK =
      """
      public class B {
        double x = 1;
        @Benchmark public double kept() { return work(1000); }
        @Benchmark public double slower() { return work(%d); }
        @Benchmark @Threads(2) public void crowd() {}
        double work(int steps) {
          for (int i = 0; i < steps; i++) { x = Math.fma(x, 0.999999, 1e-6); }
          return x;
        }
      }
      """;

  @TempDir private Path dir = Path.of("");

  /** Twice the work is seen on the busiest machine; what did not change is not called slower. */
  @Test
  void findsWhatGotSlower() throws IOException {
    List<String> methods = List.of("kept", "slower", "crowd");
    Path before = JmhProject.compile(dir.resolve("before"), WORK.formatted(1000), methods);
    Path after = JmhProject.compile(dir.resolve("after"), WORK.formatted(2000), methods);
    Tasks tasks =
        Tasks.of(side(before), side(after), Pattern.compile(""), Files.createDirectories(dir));
    DuetGate.Options options = new DuetGate.Options(5, 300_000_000_000L, 300, 30, 300);
    DuetGate.Outcome outcome =
        new DuetGate(side(before), side(after), tasks.common(), options, t -> {}).run();
    Finding slower = finding(outcome, "p.B.slower");
    assertThat(slower.estimate().change()).isBetween(0.5, 1.5);
    assertThat(slower.verdict()).isEqualTo(Verdict.REGRESSION);
    assertThat(slower.sample().forks()).as("measured again").isEqualTo(10);
    assertThat(finding(outcome, "p.B.kept").verdict()).isNotEqualTo(Verdict.REGRESSION);
    assertThat(outcome.notes())
        .anySatisfy(note -> {
          assertThat(note.subject()).isEqualTo("p.B.crowd");
          assertThat(note.text()).contains("several @Threads");
          assertThat(note.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        });
  }

  /** A layer of this project, planned by two copies of the library on the same memory. */
  @Test
  void bothSidesComputeTheSameInTheSameMemory() throws IOException {
    List<ForkJob.Task> tasks = Tasks.layers(Pattern.compile("vector.depthwise"), dir).common();
    assertThat(tasks).hasSize(1);
    List<String> path =
        List.of(System.getProperty("java.class.path").split(java.io.File.pathSeparator));
    ForkJob job = new ForkJob(path, path, true, false, 500, 20, 200, tasks);
    ForkJob.Result result = Forks.run(job).getFirst();
    assertThat(result.refused()).isNull();
    assertThat(result.shared()).isTrue();
    assertThat(result.baselineFacts())
        .containsEntry("steps", "1")
        .containsEntry("steps that move data", "0")
        .containsEntry("Java bytes allocated per run", "0")
        .isEqualTo(result.candidateFacts());
    assertThat(result.baselineNanos()).hasSameSizeAs(result.candidateNanos()).isNotEmpty();
  }

  /** A layer on the C kernels is one call, on the Java kernels none. */
  @Test
  void callsIntoCAreCounted() throws IOException {
    List<ForkJob.Task> tasks = Tasks.layers(Pattern.compile("depthwise"), dir).common();
    List<String> path =
        List.of(System.getProperty("java.class.path").split(java.io.File.pathSeparator));
    ForkJob job = new ForkJob(path, path, false, true, 500, 20, 200, tasks);
    for (ForkJob.Result result : Forks.run(job)) {
      String calls = result.name().startsWith("native") ? "1" : "0";
      assertThat(result.candidateFacts()).containsEntry(Counters.NATIVE_CALLS, calls);
      assertThat(result.baselineFacts()).containsEntry(Counters.NATIVE_CALLS, calls);
    }
  }

  @Test
  void aSideThatLacksTheLibraryIsRefusedByName() throws IOException {
    List<ForkJob.Task> tasks = Tasks.layers(Pattern.compile("vector.depthwise"), dir).common();
    ForkJob job = new ForkJob(List.of(), List.of("none"), false, false, 500, 20, 200, tasks);
    assertThat(Forks.run(job).getFirst().refused())
        .contains("the baseline cannot run it")
        .contains("dev/tilewright");
  }

  @Test
  void selfTestCanBeContinued() throws IOException {
    Path runs = dir.resolve("runs.jsonl");
    Path classes =
        JmhProject.compile(
            dir,
            "public class B { @Benchmark public double m() { return Math.random(); } }",
            List.of("m"));
    for (int trials = 1; trials <= 2; trials++) {
      CommandRun run =
          CommandRun.of(
              "gate",
              "self-test",
              "aa",
              "--trials=" + trials,
              "--forks=1",
              "--resume",
              "--candidate=" + classes,
              "--json=" + runs);
      assertThat(run.err()).isEmpty();
      assertThat(run.code()).isZero();
      assertThat(run.out()).contains("idle +0 %").contains("0 runs with a false alarm");
      assertThat(new SelfTest(runs).runs()).hasSize(trials);
    }
    CommandRun.of("gate", "self-test", "aa", "--json=" + runs).assertBadInput("--resume");
  }

  @Test
  void badSidesAreToldInOneLine() {
    CommandRun.of("gate", "--baseline=" + dir.resolve("absent"))
        .assertBadInput("is no jar, no directory and no revision");
    CommandRun.of("gate", "--baseline=" + dir, "--budget=soon").assertBadInput("no length of time");
  }

  /**
   * The fastest rounds are compared, which other load of the machine does not reach. What is added
   * is a time: of draws between which the machine's own speed changed it says nothing.
   */
  @Test
  void addedWorkIsAdded() {
    Draw draw = Draw.of();
    for (int i = 0; i < 10 && Math.abs(draw.plain / draw.expected - 1) > 0.2; i++) {
      draw = Draw.of();
    }
    assertThat(draw.slower / draw.plain).isBetween(2.0, 4.5);
  }

  /**
   * @param expected nanoseconds of a block, of which twice as many are added
   * @param plain of a block afterwards
   * @param slower likewise of one with added work
   */
  private record Draw(double expected, double plain, double slower) {
    static Draw of() {
      Duel.Player plain = new Duel.Player(new Spin(), () -> {});
      Duel duel = new Duel(plain, plain, 300);
      duel.warmUp(500);
      double nanos = least(duel.play(200, true).a());
      Duel.Player slower = new Duel.Player(AddedWork.to(new Spin(), 2 * nanos), () -> {});
      Duel again = new Duel(plain, slower, 300);
      again.warmUp(500);
      Duel.Score score = again.play(500, true);
      return new Draw(nanos, least(score.a()), least(score.b()));
    }
  }

  private static double least(double[] nanos) {
    return Arrays.stream(nanos).min().orElseThrow();
  }

  private static final class Spin implements java.util.function.IntConsumer {
    private double x = 1;

    @Override
    public void accept(int runs) {
      for (int i = 0; i < 10_000 * runs; i++) {
        x = Math.fma(x, 0.999999, 1e-6);
      }
    }
  }

  private static Side side(Path classes) throws IOException {
    return Side.resolve(classes.toString());
  }

  private static Finding finding(DuetGate.Outcome outcome, String name) {
    return outcome.findings().stream()
        .filter(f -> f.sample().benchmark().equals(name))
        .findFirst()
        .orElseThrow();
  }
}
