package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Workers;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RaceTest {
  @Test
  void findsTheFastestOfEachGroup() {
    try (Workload workload = Workload.ofProduct(1, 1, 1, 1, 1);
        Workers workers = new Workers(1)) {
      List<Trial> trials = new ArrayList<>();
      for (int micros : new int[] {160, 80, 640, 20, 320, 1280}) {
        String id = (micros % 3 == 1 ? "odd." : "even.") + micros;
        trials.add(Trial.of(id, busy(micros), workload, workers, 1));
      }
      trials.forEach(t -> t.warmUp(20_000_000));
      List<Race.Result> results =
          Race.run(trials, t -> t.id().substring(0, t.id().indexOf('.')), 200_000_000);
      // 160 and 640 are "odd", the others "even"; two of each reach the final.
      assertThat(results).hasSize(6);
      assertThat(results.stream().filter(Race.Result::finalist).map(r -> r.trial().id()))
          .containsExactly("even.20", "even.80", "odd.160", "odd.640");
      assertThat(results.getFirst().nanos()).isBetween(19_000.0, 60_000.0);
    }
  }

  /** Who left a heat before a slow spell began does not win by that. */
  @Test
  void theFastestIsAFinalist() {
    try (Workload workload = Workload.ofProduct(1, 1, 1, 1, 1);
        Workers workers = new Workers(1)) {
      AtomicLong slowFrom = new AtomicLong(Long.MAX_VALUE);
      List<Trial> trials = new ArrayList<>();
      for (int micros : new int[] {50, 20, 40, 30}) {
        trials.add(Trial.of("busy." + micros, busy(micros, slowFrom), workload, workers, 1));
      }
      trials.forEach(t -> t.warmUp(20_000_000));
      slowFrom.set(System.nanoTime() + 20_000_000); // the heat takes 36 ms
      List<Race.Result> results = Race.run(trials, t -> "all", 100_000_000);
      assertThat(results.stream().map(r -> r.trial().id()))
          .containsExactly("busy.20", "busy.30", "busy.40", "busy.50");
      assertThat(results.get(1).nanos()).isGreaterThan(results.get(2).nanos());
    }
  }

  private static Kernel busy(int micros) {
    return busy(micros, new AtomicLong(Long.MAX_VALUE));
  }

  /** Takes this long, and ten times as long after some time. */
  private static Kernel busy(int micros, AtomicLong slowFrom) {
    return operands ->
        new Task() {
          @Override
          public int parts() {
            return 1;
          }

          @Override
          public void run(int from, int to, int worker) {
            long start = System.nanoTime();
            long end = start + micros * (start < slowFrom.get() ? 1_000L : 10_000L);
            while (System.nanoTime() < end) {
              Thread.onSpinWait();
            }
          }
        };
  }
}
