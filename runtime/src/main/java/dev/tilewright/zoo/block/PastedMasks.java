package dev.tilewright.zoo.block;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Masks where their boxes are in an image, as {@link dev.tilewright.zoo.algorithm.MaskPasting} does
 * it for one: interpolation along rows and along columns is a matrix for each box.
 *
 * @param height of the image
 */
public record PastedMasks(int height, int width) {
  /** Zeros around a mask, so that it fades out where its box ends. */
  private static final int PADDING = 1;

  /**
   * Adds it to a network.
   *
   * @param masks [M, S, S]
   * @param boxes [M, 4]
   * @return [M, 1, height, width]
   */
  public Feature apply(Layers n, Feature masks, Feature boxes) {
    int m = masks.dim(0);
    int side = masks.dim(1) + 2 * PADDING;
    Feature padded = n.pad(n.pad(masks, 1, PADDING, PADDING), 2, PADDING, PADDING);
    Feature low = n.slice(boxes, 1, 0, 2);
    Feature high = n.slice(boxes, 1, 2, 4);
    Feature centre = n.mul(n.add(low, high), n.constant(0.5f));
    Feature half = n.mul(n.sub(high, low), n.constant(0.5f));
    half = n.mul(half, n.constant((float) side / masks.dim(1)));
    Feature first = n.truncate(n.sub(centre, half));
    Feature last = n.truncate(n.add(centre, half));
    Feature pixels = n.max(n.add(n.sub(last, first), n.constant(1)), n.constant(1));
    Feature rows = n.matmul(interpolation(n, first, pixels, 1, height, side), padded);
    Feature image = n.matmul(rows, interpolation(n, first, pixels, 0, width, side));
    return n.reshape(image, m, 1, height, width);
  }

  /**
   * What each element of a mask's row adds to each pixel along one side of the image, or the other
   * way round for columns: pixels within the box take from the two elements around them.
   *
   * @param axis of the box: 0 for columns, [M, side, size]; 1 for rows, [M, size, side]
   */
  private static Feature interpolation(
      Layers n, Feature first, Feature pixels, int axis, int size, int side) {
    int m = first.dim(0);
    Shape along = axis == 1 ? Shape.of(1, size, 1) : Shape.of(1, 1, size);
    Shape across = axis == 1 ? Shape.of(1, 1, side) : Shape.of(1, side, 1);
    Feature begin = n.reshape(n.slice(first, 1, axis, axis + 1), m, 1, 1);
    Feature extent = n.reshape(n.slice(pixels, 1, axis, axis + 1), m, 1, 1);
    Feature pixel = n.sub(n.constant(counted(along)), begin);
    Feature step = n.div(n.constant(side), extent);
    Feature from = n.sub(n.mul(n.add(pixel, n.constant(0.5f)), step), n.constant(0.5f));
    Feature within = n.min(n.max(from, n.constant(0)), n.constant(side - 1f));
    Feature distance = n.abs(n.sub(within, n.constant(counted(across))));
    Feature weight = n.relu(n.sub(n.constant(1), distance));
    Feature inside = n.and(n.atLeast(pixel, n.constant(0)), n.less(pixel, extent));
    return n.where(inside, weight, 0);
  }

  /** 0, 1, 2, ... */
  private static Tensor counted(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    return Tensor.of(shape, values);
  }
}
