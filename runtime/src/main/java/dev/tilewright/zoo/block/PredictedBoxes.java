package dev.tilewright.zoo.block;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.algorithm.BoxCoder;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * Boxes that a detector predicts, inside an image: the last dimension is their sides (left, top,
 * right, bottom), or what changes the centre and the size of another box ({@link BoxCoder}).
 *
 * @param height of the image
 */
record PredictedBoxes(BoxCoder coder, int height, int width) {
  /**
   * @param boxes from which is predicted, of the rank of {@code deltas}
   */
  Feature decode(Layers n, Feature boxes, Feature deltas) {
    Feature size = size(n, boxes);
    Feature centre = n.add(n.slice(boxes, -1, 0, 2), n.mul(size, n.constant(0.5f)));
    Feature shift = n.div(n.slice(deltas, -1, 0, 2), pair(n, coder.wx(), coder.wy()));
    Feature growth = n.div(n.slice(deltas, -1, 2, 4), pair(n, coder.ww(), coder.wh()));
    Feature limited = n.min(growth, n.constant((float) coder.largest()));
    Feature middle = n.add(n.mul(shift, size), centre);
    Feature half = n.mul(n.mul(n.exp(limited), size), n.constant(0.5f));
    return inside(n, n.concat(-1, List.of(n.sub(middle, half), n.add(middle, half))));
  }

  private Feature inside(Layers n, Feature boxes) {
    Tensor corner = Tensor.of(Shape.of(4), width, (float) height, width, height);
    return n.min(n.max(boxes, n.constant(0)), n.constant(corner));
  }

  /** Width and height. */
  static Feature size(Layers n, Feature boxes) {
    return n.sub(n.slice(boxes, -1, 2, 4), n.slice(boxes, -1, 0, 2));
  }

  /** The scores of boxes whose sides are all so long; -1 for the others, which is none's score. */
  static Feature largeEnough(Layers n, Feature boxes, Feature scores, float side) {
    Feature shorter = n.smallest(size(n, boxes), -1);
    int[] dims = scores.shape().dims().stream().mapToInt(Integer::intValue).toArray();
    Feature large = n.atLeast(n.reshape(shorter, dims), n.constant(side));
    return n.where(large, scores, -1);
  }

  private static Feature pair(Layers n, double x, double y) {
    return n.constant(Tensor.of(Shape.of(2), (float) x, (float) y));
  }
}
