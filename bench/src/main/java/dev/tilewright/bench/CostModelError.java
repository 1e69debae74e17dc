package dev.tilewright.bench;

import dev.tilewright.tuning.Ranking;
import dev.tilewright.tuning.Statistics;
import java.util.List;

/**
 * How far estimates were from what was measured. The cost model's unit is a middling machine: its
 * order matters, not its scale.
 *
 * @param ratio of the sums, measured over estimated
 * @param scale median over layers of measured over estimated
 * @param spread median factor by which a layer is off when that scale is taken out; 1 is perfect
 * @param rank correlation of the two orders (Spearman)
 */
record CostModelError(double ratio, double scale, double spread, double rank) {
  static CostModelError of(List<LayerTime> all) {
    // A layer without work, such as one over no boxes, is estimated at nothing.
    List<LayerTime> layers = all.stream().filter(l -> l.step().choice().nanos() > 0).toList();
    double measured = layers.stream().mapToDouble(l -> l.nanos().value()).sum();
    double estimated = layers.stream().mapToDouble(l -> l.step().choice().nanos()).sum();
    double scale = Statistics.median(layers.stream().map(LayerTime::overEstimate).toList());
    double log =
        Statistics.median(
            layers.stream().map(l -> Math.abs(Math.log(l.overEstimate() / scale))).toList());
    double rank =
        Ranking.spearman(
            layers.stream().mapToDouble(l -> l.step().choice().nanos()).toArray(),
            layers.stream().mapToDouble(l -> l.nanos().value()).toArray());
    return new CostModelError(measured / estimated, scale, Math.exp(log), rank);
  }
}
