package dev.tilewright.tuning;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.Timeline;
import dev.tilewright.database.Entry;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.plan.ChainWay;
import dev.tilewright.plan.Plan;
import dev.tilewright.plan.Tunable;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds out which chains of convolutions are better computed band by band, with how high bands and
 * on how many threads. A chain is worth fusing for what happens in the caches around it, so it is
 * timed where it stands: sessions of the whole model, each with another way for every chain, run in
 * turn, and of each run the steps of a chain are added up.
 */
final class ChainTuner {
  /** What a way must gain, at 97.5 % confidence. */
  private static final double WORTH_A_CHANGE = 1.01;

  private static final int FEWEST_ROUNDS = 9;
  private static final int MOST_ROUNDS = 101;
  private static final int WARM_RUNS = 5;

  private final Model model;
  private final Map<String, Tensor> inputs;
  private final SessionOptions session;
  private final Machine machine;

  /**
   * @param session threads and backends that the choice is for
   */
  ChainTuner(Model model, Map<String, Tensor> inputs, SessionOptions session, Machine machine) {
    this.model = model;
    this.inputs = inputs;
    this.session = session;
    this.machine = machine;
  }

  /**
   * A session.
   *
   * @param number the ways of its chains
   * @param nanos of each chain in each round
   */
  private record Variant(
      int number, SessionContender contender, Map<Tunable.Chain, List<Double>> nanos) {
    boolean isNewFor(Tunable.Chain chain) {
      return number < chain.ways().size();
    }

    List<Double> of(Tunable.Chain chain) {
      return nanos.getOrDefault(chain, List.of());
    }
  }

  /**
   * Times all ways of these chains.
   *
   * @param chains of the model's plan with what is known
   * @param known of the machine
   * @param seconds about how long
   * @return what is to be remembered, what was chosen last for each chain
   */
  List<TuningRecord> tune(List<Tunable.Chain> chains, List<? extends Entry> known, double seconds) {
    int most = chains.stream().mapToInt(c -> c.ways().size()).max().orElse(0);
    if (most < 2) {
      return List.of();
    }
    List<Variant> variants = new ArrayList<>();
    try {
      for (int v = 0; v < most; v++) {
        List<Entry> entries = new ArrayList<>(known);
        for (Tunable.Chain chain : chains) {
          entries.add(record(chain, way(chain, v), Status.CHOSEN, null));
        }
        TuningTable table = TuningTable.of(List.of(entries), machine);
        Variant variant =
            new Variant(
                v, new SessionContender(model, inputs, session.tuning(table)), new HashMap<>());
        variants.add(variant);
        for (int run = 0; run < WARM_RUNS; run++) {
          variant.contender.run();
        }
      }
      variants.subList(1, variants.size()).removeIf(v -> !isRight(v, variants.getFirst()));
      play(variants, chains, seconds);
      return chains.stream().flatMap(c -> decide(c, variants).stream()).toList();
    } finally {
      variants.forEach(v -> v.contender.close());
    }
  }

  private static ChainWay way(Tunable.Chain chain, int variant) {
    return chain.ways().get(variant % chain.ways().size());
  }

  /** Whether the outputs are the same bits; what is not right is closed. */
  private static boolean isRight(Variant variant, Variant first) {
    Map<String, Tensor> right = first.contender.outputs();
    boolean same =
        variant.contender.outputs().entrySet().stream()
            .allMatch(e -> {
              Tensor other = right.get(e.getKey());
              return other != null && e.getValue().data().mismatch(other.data()) < 0;
            });
    if (!same) {
      variant.contender.close();
    }
    return same;
  }

  private static void play(List<Variant> variants, List<Tunable.Chain> chains, double seconds) {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    for (int round = 0;
        round < FEWEST_ROUNDS || (round < MOST_ROUNDS && System.nanoTime() < end);
        round++) {
      for (int i = 0; i < variants.size(); i++) {
        // Forwards, then backwards: nobody always comes after the same one.
        Variant variant = variants.get(round % 2 == 0 ? i : variants.size() - 1 - i);
        variant.contender.run(); // finds another's weights in the caches
        Timeline.Stage stage = variant.contender.execution().runTimed().stages().getFirst();
        for (Tunable.Chain chain : chains) {
          variant.nanos.computeIfAbsent(chain, c -> new ArrayList<>()).add(nanos(stage, chain));
        }
      }
    }
  }

  private static double nanos(Timeline.Stage stage, Tunable.Chain chain) {
    List<Plan.Step> steps = stage.plan().steps();
    double sum = 0;
    for (int i = 0; i < steps.size(); i++) {
      sum += chain.steps().contains(steps.get(i).layer()) ? stage.steps().get(i).nanos() : 0;
    }
    return sum;
  }

  /** The first variant is the plan as it is; later ones begin again where a chain's ways end. */
  private List<TuningRecord> decide(Tunable.Chain chain, List<Variant> variants) {
    List<Double> before = variants.getFirst().of(chain);
    Variant best = variants.getFirst();
    double gain = 1;
    List<TuningRecord> records = new ArrayList<>();
    for (Variant variant : variants) {
      if (variant.isNewFor(chain)) {
        ChainWay way = way(chain, variant.number);
        records.add(record(chain, way, Status.MEASURED, variant.of(chain)));
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < before.size(); round++) {
          ratios.add(before.get(round) / variant.of(chain).get(round));
        }
        Statistics.Interval ratio = Statistics.interval(ratios);
        if (ratio.low() >= WORTH_A_CHANGE
            && LayerTuner.best(before) / LayerTuner.best(variant.of(chain)) >= WORTH_A_CHANGE
            && ratio.value() > gain) {
          best = variant;
          gain = ratio.value();
        }
      }
    }
    records.add(record(chain, way(chain, best.number), Status.CHOSEN, best.of(chain)));
    return records;
  }

  private TuningRecord record(
      Tunable.Chain chain, ChainWay way, Status status, @Nullable List<Double> nanos) {
    Statistics.Interval time =
        nanos == null ? new Statistics.Interval(0, 0, 0) : Statistics.interval(nanos);
    return new TuningRecord(
        chain.key(),
        session.backend(),
        session.threads(),
        machine,
        status,
        way.algorithm(),
        way.tile(),
        way.threads(),
        nanos == null ? 0 : nanos.size(),
        time.value(),
        time.low(),
        time.high(),
        System.currentTimeMillis() / 1000);
  }
}
