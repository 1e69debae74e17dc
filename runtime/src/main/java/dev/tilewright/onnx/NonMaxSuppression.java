package dev.tilewright.onnx;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Greedy suppression of boxes that overlap a better one of their class. Inputs: boxes [N, B, 4],
 * scores [N, C, B], most boxes of a class (absent or 0: none), overlap above which a box goes,
 * score below which it does. Result: [selected, 3] of batch, class, box; by class, best first.
 *
 * <p>Boxes of equal score come in their order, boxes without an area overlap nothing, and the
 * arithmetic is float32, all as in ONNX Runtime. A score that is NaN is below all others.
 */
final class NonMaxSuppression {
  private final float[] boxes;
  private final boolean centers;
  private final float overlap;

  private NonMaxSuppression(float[] boxes, boolean centers, float overlap) {
    this.boxes = boxes;
    this.centers = centers;
    this.overlap = overlap;
  }

  static List<Tensor> apply(OnnxNode node, List<@Nullable Tensor> in) {
    Tensor boxes = floats(node, in, 0);
    Tensor scores = floats(node, in, 1);
    Shape b = boxes.shape();
    Shape s = scores.shape();
    if (b.rank() != 3
        || b.dim(2) != 4
        || s.rank() != 3
        || s.dim(0) != b.dim(0)
        || s.dim(2) != b.dim(1)) {
      throw node.bad("boxes must be [N, B, 4] and scores [N, C, B], are " + b + " and " + s);
    }
    Tensor most = in.size() > 2 ? in.get(2) : null;
    long limit = most == null ? 0 : integer(node, most);
    float overlap = number(node, in, 3, 0);
    if (!(overlap >= 0 && overlap <= 1)) {
      throw node.bad("an overlap of " + overlap + ", it must be from 0 to 1");
    }
    float least = number(node, in, 4, Float.NEGATIVE_INFINITY);
    boolean thresholded = in.size() > 4 && in.get(4) != null;
    NonMaxSuppression nms =
        new NonMaxSuppression(boxes.toFloats(), node.integer("center_point_box", 0) != 0, overlap);
    float[] score = scores.toFloats();
    List<Long> selected = new ArrayList<>();
    for (int batch = 0; batch < s.dim(0); batch++) {
      for (int c = 0; c < s.dim(1); c++) {
        int row = (batch * s.dim(1) + c) * s.dim(2);
        List<Integer> candidates =
            IntStream.range(0, s.dim(2))
                .filter(i -> !thresholded || score[row + i] > least)
                .boxed()
                .sorted(Comparator.comparingDouble(i -> key(score[row + i])))
                .toList();
        for (int box : nms.select(batch * b.dim(1), candidates, limit)) {
          selected.addAll(List.of((long) batch, (long) c, (long) box));
        }
      }
    }
    long[] values = selected.stream().mapToLong(v -> v).toArray();
    return List.of(Tensor.of(Shape.of(values.length / 3, 3), values));
  }

  /** Ascending where the score descends; zeros are equal whatever their sign. */
  private static double key(float score) {
    return Float.isNaN(score) ? Double.POSITIVE_INFINITY : 0.0 - score;
  }

  private List<Integer> select(int first, List<Integer> candidates, long limit) {
    List<Integer> kept = new ArrayList<>();
    List<float[]> areas = new ArrayList<>();
    for (int box : candidates) {
      if (kept.size() >= limit) {
        break;
      }
      float[] area = corners(first + box);
      if (areas.stream().noneMatch(better -> overlaps(area, better))) {
        kept.add(box);
        areas.add(area);
      }
    }
    return kept;
  }

  /** Least and greatest coordinate: first, second, first, second. */
  private float[] corners(int box) {
    float a = boxes[4 * box];
    float b = boxes[4 * box + 1];
    float c = boxes[4 * box + 2];
    float d = boxes[4 * box + 3];
    return centers
        ? new float[] {a - c / 2, b - d / 2, a + c / 2, b + d / 2}
        : new float[] {Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)};
  }

  private boolean overlaps(float[] p, float[] q) {
    float height = Math.min(p[2], q[2]) - Math.max(p[0], q[0]);
    float width = Math.min(p[3], q[3]) - Math.max(p[1], q[1]);
    float one = area(p);
    float other = area(q);
    if (!(height > 0 && width > 0 && one > 0 && other > 0)) {
      return false;
    }
    float common = height * width;
    float union = one + other - common;
    return union > 0 && common > 0 && common / union > overlap;
  }

  private static float area(float[] box) {
    return (box[2] - box[0]) * (box[3] - box[1]);
  }

  private static Tensor floats(OnnxNode node, List<@Nullable Tensor> in, int i) {
    Tensor tensor = Selections.input(node, in, i);
    if (tensor.dtype() != DType.FLOAT32) {
      throw node.bad("input " + i + " must be float32, is " + tensor.type());
    }
    return tensor;
  }

  private static float number(OnnxNode node, List<@Nullable Tensor> in, int i, float otherwise) {
    if (i >= in.size() || in.get(i) == null) {
      return otherwise;
    }
    Tensor tensor = floats(node, in, i);
    if (tensor.shape().elements() != 1) {
      throw node.bad("input " + i + " must be one number, is " + tensor.type());
    }
    return tensor.toFloats()[0];
  }

  private static long integer(OnnxNode node, Tensor tensor) {
    if (tensor.shape().elements() != 1 || tensor.dtype() == DType.FLOAT32) {
      throw node.bad("the most boxes must be one integer, are " + tensor.type());
    }
    return tensor.toLongs()[0];
  }
}
