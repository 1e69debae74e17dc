package dev.tilewright.tuning;

import dev.tilewright.plan.Tunable;
import dev.tilewright.tuning.LayerTuner.Outcome;
import dev.tilewright.tuning.LayerTuner.Timed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of tuning a model.
 *
 * @param layers that were tuned now; those known before are not among them
 * @param chains that were timed now layer by layer and band by band
 * @param costModel how it ranks what this machine has measured, now and before
 * @param whole what the model as a whole gained
 */
public record TuningReport(List<LayerReport> layers, int chains, CostModel costModel, Whole whole) {
  /**
   * How well estimates rank kernels, over all problems of which this machine has timed two or more.
   *
   * @param before as without measurements
   * @param fitted as corrected by a fit to the times of other problems
   * @param kept whether the fit is better, and the model was not slower by what it says
   */
  public record CostModel(Quality before, Quality fitted, boolean kept) {}

  /**
   * Means over problems; NaN if there are none.
   *
   * @param correlation Spearman's, of estimates and times
   * @param regret how much longer the most promising kernel takes than the fastest, as a share
   */
  public record Quality(double correlation, double regret) {}

  /**
   * One problem.
   *
   * @param problem its {@link dev.tilewright.conv.ConvProblem#work}
   * @param count of layers that have it
   * @param estimate what the cost model would take
   * @param estimatedMicros as the cost model thinks
   * @param before what a plan took until now
   * @param beforeMicros measured; null if it is wrong or failed
   * @param after what a plan takes from now on
   * @param tried kernels that were timed
   * @param correlation Spearman's, of estimates and times; NaN if fewer than two were timed
   * @param regret how much longer the estimate's choice takes than the fastest, as a share; NaN if
   *     it was not timed
   */
  public record LayerReport(
      String problem,
      int count,
      String estimate,
      double estimatedMicros,
      @Nullable String before,
      @Nullable Double beforeMicros,
      String after,
      double afterMicros,
      int tried,
      double correlation,
      double regret) {
    static LayerReport of(Tunable.Layer layer, Tunable.Guess estimate, Outcome found) {
      Timed before = found.incumbent();
      Timed after = found.chosen();
      if (after == null) {
        throw new IllegalArgumentException("nothing was chosen");
      }
      double[] estimated = found.timed().stream().mapToDouble(t -> t.guess().nanos()).toArray();
      double[] measured = found.timed().stream().mapToDouble(t -> t.time().value()).toArray();
      return new LayerReport(
          layer.problem().work(),
          layer.count(),
          name(estimate),
          estimate.nanos() / 1e3,
          before == null ? null : name(before.guess()),
          before == null ? null : before.time().value() / 1e3,
          name(after.guess()),
          after.time().value() / 1e3,
          measured.length,
          Ranking.spearman(estimated, measured),
          estimatesRegret(estimate, found, measured));
    }

    private static double estimatesRegret(
        Tunable.Guess estimate, Outcome found, double[] measured) {
      return found.timed().stream()
          .filter(t -> name(t.guess()).equals(name(estimate)))
          .mapToDouble(t -> Ranking.regret(t.time().value(), measured))
          .findFirst()
          .orElse(Double.NaN);
    }

    private static String name(Tunable.Guess guess) {
      return (guess.algorithm().id() + " " + guess.tile()).strip();
    }

    /** Of all layers with the problem. */
    public double microsGained() {
      return beforeMicros == null ? 0 : count * (beforeMicros - afterMicros);
    }
  }

  /**
   * The model with the tuned plan against the one by estimates, in turn.
   *
   * @param changed problems for which the two plans differ
   * @param retracted problems that went back to what stood before
   * @param estimatedMillis median of a run by estimates; 0 if nothing differs
   * @param tunedMillis median of a run
   * @param speedup of the tuned plan, with its 95 % interval
   */
  public record Whole(
      int changed,
      int retracted,
      double estimatedMillis,
      double tunedMillis,
      Statistics.Interval speedup) {}

  public TuningReport {
    layers = List.copyOf(layers);
  }
}
