package dev.tilewright.tuning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Workers;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Task;
import java.util.ArrayList;
import java.util.List;
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

  /** Takes this long. */
  private static Kernel busy(int micros) {
    return operands ->
        new Task() {
          @Override
          public int parts() {
            return 1;
          }

          @Override
          public void run(int from, int to, int worker) {
            long end = System.nanoTime() + micros * 1000L;
            while (System.nanoTime() < end) {
              Thread.onSpinWait();
            }
          }
        };
  }
}
