package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.algorithm.BoxCoder;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Selection.Kept;
import dev.tilewright.zoo.build.Selection.Ranked;

/**
 * What of the proposals of an image is an object, and of which class (Girshick 2015, Fast R-CNN,
 * arXiv 1504.08083).
 *
 * @param least boxes of a class with this probability or less are none
 * @param overlap at which two boxes are around the same object
 * @param most objects of an image
 */
public record Detections(float least, double overlap, int most) {
  /** Sides in pixels below which a box is none. */
  private static final float SMALLEST = 1e-2f;

  public Detections {
    require(0 <= least && least < 1, "detections: a least score is 0 to 1, not %s", least);
    require(most > 0, "detections: there is at least one, not %d", most);
  }

  /** The best first: boxes [M, 4], classes [M] from 1 on, probabilities [M]. */
  public record Found(Feature boxes, Feature labels, Feature scores) {}

  /**
   * Adds it to a network.
   *
   * @param scores [M, classes] of the proposals, the background first
   * @param deltas [M, 4 * classes]
   * @param proposals [M, 4]
   * @param height of the image
   */
  public Found apply(
      Layers n, Feature scores, Feature deltas, Feature proposals, int height, int width) {
    int m = scores.dim(0);
    int classes = scores.dim(1);
    PredictedBoxes boxes = new PredictedBoxes(BoxCoder.detections(), height, width);
    Feature objects = n.slice(n.reshape(deltas, m, classes, 4), 1, 1, classes);
    Feature box = boxes.decode(n, n.reshape(proposals, m, 1, 4), objects);
    Feature score = n.slice(scores, 1, 1, classes);
    Feature valid = PredictedBoxes.largeEnough(n, box, score, SMALLEST);
    Kept kept = n.suppress("kept", box, valid, overlap, least);
    Ranked best = n.best("detections", kept.scores(), most);
    Feature label = n.gather(kept.classes(), best.places());
    return new Found(
        n.gather(kept.boxes(), best.places()),
        n.add(label, n.constant(Tensor.of(Shape.of(1), 1L))),
        best.scores());
  }
}
