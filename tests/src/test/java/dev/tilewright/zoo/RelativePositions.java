package dev.tilewright.zoo;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.Optional;

/** The table that an exporter has already looked up: Swin's bias of relative positions. */
final class RelativePositions {
  private RelativePositions() {}

  /**
   * The table that was looked up.
   *
   * @param bias added to scores: [1, heads, M*M, M*M], if it is one
   * @return [(2M-1)^2, heads]
   */
  static Optional<Tensor> table(Tensor bias) {
    Shape shape = bias.shape();
    int m = shape.rank() == 4 ? (int) Math.round(Math.sqrt(shape.dim(3))) : 0;
    if (m < 2 || shape.dim(0) != 1 || m * m != shape.dim(3) || shape.dim(2) != shape.dim(3)) {
      return Optional.empty();
    }
    int heads = shape.dim(1);
    int side = 2 * m - 1;
    float[] from = bias.toFloats();
    float[] table = new float[side * side * heads];
    for (int place = 0; place < side * side; place++) {
      int down = place / side - (m - 1);
      int right = place % side - (m - 1);
      // Two tokens of the window that are so far apart.
      int first = Math.max(down, 0) * m + Math.max(right, 0);
      int second = Math.max(-down, 0) * m + Math.max(-right, 0);
      for (int head = 0; head < heads; head++) {
        table[place * heads + head] = from[(head * m * m + first) * m * m + second];
      }
    }
    return Optional.of(Tensor.of(Shape.of(side * side, heads), table));
  }
}
