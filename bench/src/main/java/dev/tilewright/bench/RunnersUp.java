package dev.tilewright.bench;

import dev.tilewright.SessionOptions;
import dev.tilewright.database.Machine;
import dev.tilewright.database.Machine.Likeness;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.plan.Plan;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What would have been chosen next: the fastest that the tuner measured, else the estimate's. */
final class RunnersUp {
  private record Kernel(String algorithm, String tile) {}

  /** The last measurement on one thread of each kernel, by problem. */
  private final Map<String, Map<Kernel, Double>> measured = new HashMap<>();

  /**
   * @param records of which those made on this machine, for these backends, count
   */
  RunnersUp(Collection<TuningRecord> records, Machine machine, SessionOptions options) {
    for (TuningRecord r : records) {
      if ((r.status() == Status.MEASURED || r.status() == Status.CHOSEN)
          && r.session() == 1
          && r.backends().equals(options.backend())
          && machine.likeness(r.machine()) == Likeness.SAME) {
        measured
            .computeIfAbsent(r.problem(), p -> new HashMap<>())
            .put(new Kernel(r.algorithm(), r.tile().toString()), r.median());
      }
    }
  }

  LayerTime.@Nullable RunnerUp of(Plan.Step step) {
    Plan.Choice choice = step.choice();
    Plan.Rival rival = choice.rival();
    String problem = step.key().replaceFirst("_t\\d+$", ""); // records are for any threads
    Kernel chosen = new Kernel(choice.algorithm(), choice.tile());
    Map.Entry<Kernel, Double> best =
        measured.getOrDefault(problem, Map.of()).entrySet().stream()
            .filter(e -> !e.getKey().equals(chosen))
            .min(Map.Entry.comparingByValue())
            .orElse(null);
    if (best != null) {
      Kernel kernel = best.getKey();
      Double estimated =
          rival != null && kernel.equals(new Kernel(rival.algorithm(), rival.tile()))
              ? (Double) rival.nanos()
              : null;
      return new LayerTime.RunnerUp(kernel.algorithm, kernel.tile, estimated, best.getValue());
    }
    return rival == null
        ? null
        : new LayerTime.RunnerUp(rival.algorithm(), rival.tile(), rival.nanos(), null);
  }
}
