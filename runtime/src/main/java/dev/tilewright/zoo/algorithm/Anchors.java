package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;

/**
 * Boxes from which a region proposal network predicts (Ren et al. 2015, Faster R-CNN, arXiv
 * 1506.01497): at each place of a map one of each shape, whose corners are rounded to pixels.
 *
 * @param sizes of each map of a pyramid, from fine to coarse: the side of a square, in pixels
 * @param ratios of height to width, at the same area
 */
public record Anchors(List<Integer> sizes, List<Double> ratios) {
  public Anchors {
    sizes = List.copyOf(sizes);
    ratios = List.copyOf(ratios);
    require(
        !sizes.isEmpty() && sizes.stream().allMatch(s -> s > 0),
        "anchors have a size of at least 1 for each map, not %s",
        sizes);
    require(
        !ratios.isEmpty() && ratios.stream().allMatch(r -> r > 0 && Double.isFinite(r)),
        "anchors have ratios above 0, not %s",
        ratios);
  }

  /** The paper's for a pyramid of five maps: 32 to 512 pixels; wide, square and high. */
  public Anchors() {
    this(List.of(32, 64, 128, 256, 512), List.of(0.5, 1.0, 2.0));
  }

  /**
   * Those of one map by rows, columns and ratios, their sides (left, top, right, bottom): [rows *
   * columns * ratios, 4].
   *
   * @param map which of the pyramid
   * @param strideH pixels from one row of the map to the next
   */
  public Tensor of(int map, int rows, int columns, int strideH, int strideW) {
    float[] sides = new float[Math.multiplyExact(rows * columns, 4 * ratios.size())];
    int i = 0;
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        for (double ratio : ratios) {
          double root = Math.sqrt(ratio);
          double right = Math.rint(sizes.get(map) / root / 2);
          double bottom = Math.rint(sizes.get(map) * root / 2);
          sides[i++] = (float) (column * strideW - right);
          sides[i++] = (float) (row * strideH - bottom);
          sides[i++] = (float) (column * strideW + right);
          sides[i++] = (float) (row * strideH + bottom);
        }
      }
    }
    return Tensor.of(Shape.of(sides.length / 4, 4), sides);
  }
}
