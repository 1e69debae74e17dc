package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How good the detections of one class are: the area under the curve of precision over recall, from
 * the best score down. Precision at a recall is the best that any recall at least as high has
 * (Everingham et al. 2010, PASCAL VOC).
 */
public final class AveragePrecision {
  private final int positives;

  /** True detections among the first, for each number of them. */
  private final int[] hits;

  private AveragePrecision(int positives, int... hits) {
    this.positives = positives;
    this.hits = hits;
  }

  /**
   * Of the detections of one class.
   *
   * @param scores of the detections
   * @param correct whether each is of an object that no better one has found
   * @param positives objects there are
   */
  public static AveragePrecision of(List<Double> scores, List<Boolean> correct, int positives) {
    require(
        scores.size() == correct.size(),
        "each detection has a score and is right or wrong: %d, %d",
        scores.size(),
        correct.size());
    int[] hits =
        IntStream.range(0, scores.size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -scores.get(i)))
            .mapToInt(i -> correct.get(i) ? 1 : 0)
            .toArray();
    Arrays.parallelPrefix(hits, Integer::sum);
    int found = hits.length == 0 ? 0 : hits[hits.length - 1];
    require(
        positives > 0 && found <= positives,
        "there is an object, and no more are found (%d) than there are (%d)",
        found,
        positives);
    return new AveragePrecision(positives, hits);
  }

  /** Share of the first detections that is right. */
  public double precision(int first) {
    return (double) hits[first - 1] / first;
  }

  /** Share of the objects that the first detections find. */
  public double recall(int first) {
    return (double) hits[first - 1] / positives;
  }

  /** The area: as PASCAL VOC since 2010. */
  public double area() {
    return IntStream.rangeClosed(1, positives).mapToDouble(k -> best(k, positives)).sum()
        / positives;
  }

  /** The mean at evenly spaced recalls from 0 to 1: 11 in PASCAL VOC before, 101 in COCO. */
  public double atPoints(int points) {
    require(points > 1, "there are at least two recalls, 0 and 1, not %d", points);
    return IntStream.range(0, points).mapToDouble(i -> best(i, points - 1)).sum() / points;
  }

  /** The best precision at a recall of at least part / whole. */
  private double best(int part, int whole) {
    return IntStream.rangeClosed(1, hits.length)
        .filter(n -> (long) hits[n - 1] * whole >= (long) part * positives)
        .mapToDouble(this::precision)
        .max()
        .orElse(0);
  }
}
