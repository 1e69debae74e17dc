package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What chooses among many by their values: boxes, scores [M], places (indices, int64 [M]). How many
 * are chosen is a number that data decide ({@link Feature#many}).
 */
public abstract class Selection extends Images {
  Selection(Emitter out, String scope) {
    super(out, scope);
  }

  /** Scores, the best first, and where they were. */
  public record Ranked(Feature scores, Feature places) {}

  /** What non-maximum suppression leaves: boxes [M, 4], scores [M], classes [M] from 0 on. */
  public record Kept(Feature boxes, Feature scores, Feature classes) {}

  /**
   * The best of scores [M], of equal ones the first first.
   *
   * @param name of their number, if data decide it
   * @param most or all, if there are fewer
   */
  public final Ranked best(String name, Feature scores, int most) {
    require(most > 0, "%s: at least one is chosen, not %d", path(name), most);
    Shape shape = Shape.of(Math.min(most, scores.dim(0)));
    Feature k = longs(shape.dim(0));
    String many = "";
    if (scores.isOpen()) {
      many = out.unique(path(name));
      k = number("Min", shape(scores), k);
    }
    List<TensorType> types = List.of(TensorType.floats(shape), new TensorType(DType.INT64, shape));
    Map<String, Attribute> attributes = Map.of("axis", integer(0));
    List<Feature> results = out.emit(path("TopK"), "TopK", attributes, types, many, scores, k);
    return new Ranked(results.get(0), results.get(1));
  }

  /** Where a mask [M] is set, in order. */
  public final Feature places(String name, Feature mask) {
    TensorType all = new TensorType(DType.INT64, Shape.of(1, mask.dim(0)));
    String many = out.unique(path(name));
    Feature rows = node("NonZero", Map.of(), all, "", mask);
    TensorType type = new TensorType(DType.INT64, mask.shape());
    return node("Reshape", Map.of(), type, many, rows, longs(-1));
  }

  /** Elements of the first dimension, at places. */
  public final Feature gather(Feature x, Feature places) {
    List<Integer> dims = new ArrayList<>(x.shape().dims());
    dims.set(0, places.dim(0));
    TensorType type = new TensorType(x.dtype(), new Shape(dims));
    return node("Gather", Map.of("axis", integer(0)), type, places.many(), x, places);
  }

  /** Of each x [M, C, ...] one of the C, which is given by its number [M]. */
  public final Feature pick(Feature x, Feature which) {
    List<Integer> dims = new ArrayList<>(x.shape().dims());
    dims.subList(1, 2).clear();
    Feature column = reshape(which, which.dim(0), 1);
    return emit("GatherND", Map.of("batch_dims", integer(1)), x.dtype(), dims, x, column);
  }

  /**
   * The same values, of which it is known that there are as many as of others: parts, for example,
   * that together are all of them.
   */
  public final Feature asMany(Feature x, Feature like) {
    List<Integer> dims = new ArrayList<>(x.shape().dims());
    dims.set(0, like.dim(0));
    TensorType type = new TensorType(x.dtype(), new Shape(dims));
    return new Feature(x.name(), type, like.many(), x.constant());
  }

  /**
   * Leaves one of many boxes around the same thing, for each class by itself; by class, the best
   * first.
   *
   * @param name of the number of boxes that are left
   * @param boxes their sides (left, top, right, bottom): [M, classes, 4]
   * @param scores [M, classes]
   * @param overlap boxes that overlap by more, intersection over union, are the same thing
   * @param least boxes with this score or less are left out
   */
  public final Kept suppress(
      String name, Feature boxes, Feature scores, double overlap, float least) {
    int m = boxes.dim(0);
    int classes = boxes.dim(1);
    require(
        boxes.shape().equals(Shape.of(m, classes, 4))
            && scores.shape().equals(Shape.of(m, classes)),
        "%s: boxes are [M, classes, 4] and scores [M, classes], not %s and %s",
        path(name),
        boxes.shape(),
        scores.shape());
    require(0 <= overlap && overlap <= 1, "an overlap lies in [0, 1], not at %s", overlap);
    // Each class has boxes of its own, which the format has for images.
    Feature b = floats("Transpose", perm(1, 0, 2), Shape.of(classes, m, 4), boxes);
    Feature s = floats("Transpose", perm(1, 0), Shape.of(classes, m), scores);
    Feature wide = floats("Unsqueeze", Map.of(), Shape.of(classes, 1, m), s, longs(1));
    String many = out.unique(path(name));
    int most = Math.multiplyExact(m, classes);
    TensorType chosen = new TensorType(DType.INT64, Shape.of(most, 3));
    Feature kept =
        node(
            "NonMaxSuppression",
            Map.of(),
            chosen,
            many,
            b,
            wide,
            longs(m),
            constant(Tensor.of(Shape.of(1), (float) overlap)),
            constant(Tensor.of(Shape.of(1), least)));
    Feature places = gather(kept, 1, 0, 2);
    return new Kept(
        node("GatherND", Map.of(), TensorType.floats(Shape.of(most, 4)), many, b, places),
        node("GatherND", Map.of(), TensorType.floats(Shape.of(most)), many, s, places),
        reshape(gather(kept, 1, 0), most));
  }

  /**
   * What lies under boxes [M, 4] of an image of batch 1, [1, C, H, W] to [M, C, size, size]: means
   * of samples between pixels, without rounding (He et al. 2017, arXiv 1703.06870, RoIAlign).
   *
   * @param samples in each direction for each pixel of the result
   * @param scale from the boxes' coordinates to pixels of x
   */
  public final Feature roiAlign(Feature x, Feature boxes, int size, int samples, float scale) {
    require(
        x.batch() == 1 && boxes.dim(-1) == 4,
        "%s: boxes [M, 4] are of one image, not %s of %s",
        scope,
        boxes.shape(),
        x.shape());
    Map<String, Attribute> attributes =
        Map.of(
            "output_height", integer(size),
            "output_width", integer(size),
            "sampling_ratio", integer(samples),
            "spatial_scale", new Attribute.Real(scale),
            "coordinate_transformation_mode", new Attribute.Text("output_half_pixel"));
    TensorType ofFirst = new TensorType(DType.INT64, Shape.of(boxes.dim(0)));
    Map<String, Attribute> zero = Map.of("value", new Attribute.Values(Tensor.of(Shape.of(1), 0L)));
    Feature image = node("ConstantOfShape", zero, ofFirst, boxes.many(), shape(boxes));
    TensorType type = TensorType.floats(Shape.of(boxes.dim(0), x.channels(), size, size));
    return node("RoiAlign", attributes, type, boxes.many(), x, boxes, image);
  }

  /** The size of the first dimension. */
  private Feature shape(Feature x) {
    return number("Shape", x);
  }

  private Feature number(String opType, Feature... in) {
    Map<String, Attribute> end = opType.equals("Shape") ? Map.of("end", integer(1)) : Map.of();
    return node(opType, end, new TensorType(DType.INT64, Shape.of(1)), "", in);
  }

  /** While data decide another dimension than the first. */
  private Feature floats(
      String opType, Map<String, Attribute> attributes, Shape shape, Feature... in) {
    return node(opType, attributes, TensorType.floats(shape), "", in);
  }

  private static Map<String, Attribute> perm(int... order) {
    return Map.of("perm", ints(order));
  }

  private Feature node(
      String opType,
      Map<String, Attribute> attributes,
      TensorType type,
      String many,
      Feature... in) {
    return out.emit(path(opType), opType, attributes, List.of(type), many, in).getFirst();
  }
}
