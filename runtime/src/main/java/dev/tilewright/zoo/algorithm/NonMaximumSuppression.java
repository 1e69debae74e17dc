package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Leaves one of many boxes around the same thing: from the best score on, each that does not
 * overlap one that is kept.
 *
 * @param overlap boxes that overlap by more, intersection over union, are the same thing
 * @param least boxes with this score or less are left out
 * @param most boxes to keep
 */
public record NonMaximumSuppression(double overlap, float least, int most) {
  public NonMaximumSuppression {
    require(0 <= overlap && overlap <= 1, "an overlap lies in [0, 1], not at %s", overlap);
    require(most >= 0, "boxes to keep are at least 0, not %d", most);
  }

  /** Whatever the scores, and however many. */
  public NonMaximumSuppression(double overlap) {
    this(overlap, Float.NEGATIVE_INFINITY, Integer.MAX_VALUE);
  }

  /** Indices of those that are kept, the best first; of equal scores the first comes first. */
  public List<Integer> keep(List<Box> boxes, float... scores) {
    require(
        scores.length == boxes.size(),
        "each box has a score: %d boxes, %d scores",
        boxes.size(),
        scores.length);
    List<Integer> order =
        IntStream.range(0, scores.length)
            .filter(i -> scores[i] > least)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -scores[i]))
            .toList();
    List<Integer> kept = new ArrayList<>();
    for (int i : order) {
      if (kept.size() == most) {
        break;
      }
      if (kept.stream().noneMatch(j -> boxes.get(j).overlap(boxes.get(i)) > overlap)) {
        kept.add(i);
      }
    }
    return kept;
  }
}
