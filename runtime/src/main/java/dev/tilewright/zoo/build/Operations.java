package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The layers that have no weights. Axes count as in ONNX: negative ones from the last. */
public abstract class Operations {
  final Emitter out;
  final String scope;

  Operations(Emitter out, String scope) {
    this.out = out;
    this.scope = scope;
  }

  /** A name in this part of the network. */
  final String path(String name) {
    return scope.isEmpty() ? name : scope + "." + name;
  }

  private Feature emit(
      String opType, Map<String, Attribute> attributes, List<Integer> shape, Feature... in) {
    return out.emit(path(opType), opType, attributes, new Shape(shape), in);
  }

  private Feature unary(String opType, Feature x) {
    return emit(opType, Map.of(), x.shape().dims(), x);
  }

  public final Feature relu(Feature x) {
    return unary("Relu", x);
  }

  public final Feature relu6(Feature x) {
    return emit("Clip", Map.of(), x.shape().dims(), x, constant(0), constant(6));
  }

  public final Feature sigmoid(Feature x) {
    return unary("Sigmoid", x);
  }

  /** x / 6 + 1 / 2 between 0 and 1. */
  public final Feature hardSigmoid(Feature x) {
    Map<String, Attribute> slope = Map.of("alpha", new Attribute.Real(1 / 6f));
    return emit("HardSigmoid", slope, x.shape().dims(), x);
  }

  /** x * hardSigmoid(x). */
  public final Feature hardSwish(Feature x) {
    return unary("HardSwish", x);
  }

  /** x * sigmoid(x), also called swish. */
  public final Feature silu(Feature x) {
    return mul(x, sigmoid(x));
  }

  /** The exact one: x / 2 * (1 + erf(x / sqrt 2)). */
  public final Feature gelu(Feature x) {
    Feature erf = unary("Erf", div(x, constant((float) Math.sqrt(2))));
    return mul(mul(x, add(erf, constant(1))), constant(0.5f));
  }

  public final Feature sqrt(Feature x) {
    return unary("Sqrt", x);
  }

  public final Feature softmax(Feature x, int axis) {
    return emit("Softmax", Map.of("axis", integer(axis)), x.shape().dims(), x);
  }

  public final Feature constant(float value) {
    return constant(Tensor.of(Shape.SCALAR, value));
  }

  public final Feature constant(Tensor values) {
    return out.constant(path("constant"), values);
  }

  public final Feature add(Feature a, Feature b) {
    return binary("Add", a, b);
  }

  /** The sum of all, from the first on. */
  public final Feature sum(List<Feature> terms) {
    return terms.stream().reduce(this::add).orElseThrow();
  }

  public final Feature sub(Feature a, Feature b) {
    return binary("Sub", a, b);
  }

  public final Feature mul(Feature a, Feature b) {
    return binary("Mul", a, b);
  }

  public final Feature div(Feature a, Feature b) {
    return binary("Div", a, b);
  }

  public final Feature max(Feature a, Feature b) {
    return binary("Max", a, b);
  }

  private Feature binary(String opType, Feature a, Feature b) {
    return emit(opType, Map.of(), broadcast(a, b, 0), a, b);
  }

  /** The shape of both, without the last dimensions. */
  private List<Integer> broadcast(Feature a, Feature b, int without) {
    int rank = Math.max(a.shape().rank(), b.shape().rank());
    List<Integer> dims = new ArrayList<>();
    for (int axis = -rank; axis < -without; axis++) {
      int p = a.shape().rank() + axis < 0 ? 1 : a.dim(axis);
      int q = b.shape().rank() + axis < 0 ? 1 : b.dim(axis);
      require(
          p == q || p == 1 || q == 1,
          "%s: what is combined has one shape, not %s and %s",
          scope,
          a.shape(),
          b.shape());
      dims.add(p == 1 ? q : p);
    }
    return dims;
  }

  /** The matrix product of the last two dimensions. */
  public final Feature matmul(Feature a, Feature b) {
    int inner = a.dim(-1);
    require(
        inner == b.dim(-2),
        "%s: matrices have as many columns as the next has rows, not %s and %s",
        scope,
        a.shape(),
        b.shape());
    List<Integer> dims = broadcast(a, b, 2);
    dims.add(a.dim(-2));
    dims.add(b.dim(-1));
    return out.count(emit("MatMul", Map.of(), dims, a, b), inner);
  }

  /** A convolution whose filter [K, C/g, h, w] is a value of the network. */
  public final Feature conv(Feature x, Feature filter, ConvSpec spec) {
    return conv(path("conv"), spec, x, filter);
  }

  /** The same with a bias [K]. */
  public final Feature conv(Feature x, Feature filter, Feature bias, ConvSpec spec) {
    return conv(path("conv"), spec, x, filter, bias);
  }

  /**
   * @param in image, filter and, if there is one, bias
   */
  final Feature conv(String name, ConvSpec spec, Feature... in) {
    Feature x = in[0];
    List<Integer> filter =
        List.of(spec.cout(), x.channels() / spec.groups(), spec.kernelH(), spec.kernelW());
    require(
        x.channels() % spec.groups() == 0,
        "%s: groups (%d) divide the input channels (%d)",
        name,
        spec.groups(),
        x.channels());
    require(
        in[1].shape().dims().equals(filter),
        "%s: the filter is %s, not %s",
        name,
        filter,
        in[1].shape());
    Map<String, Attribute> attributes =
        Map.of(
            "kernel_shape", ints(spec.kernelH(), spec.kernelW()),
            "strides", ints(spec.stride(), spec.stride()),
            "pads", ints(spec.padH(), spec.padW(), spec.padH(), spec.padW()),
            "dilations", ints(spec.dilation(), spec.dilation()),
            "group", integer(spec.groups()));
    Shape shape =
        Shape.of(
            x.batch(),
            spec.cout(),
            spec.outputHeight(x.height(), name),
            spec.outputWidth(x.width(), name));
    return out.count(out.emit(name, "Conv", attributes, shape, in), in[1].shape().product(1, 4));
  }

  public final Feature maxPool(Feature x, PoolSpec spec) {
    return pool("MaxPool", x, spec, Map.of());
  }

  public final Feature averagePool(Feature x, PoolSpec spec) {
    return pool(
        "AveragePool", x, spec, Map.of("count_include_pad", integer(spec.countPadding() ? 1 : 0)));
  }

  private Feature pool(String opType, Feature x, PoolSpec spec, Map<String, Attribute> more) {
    Map<String, Attribute> attributes = new HashMap<>(more);
    attributes.put("kernel_shape", ints(spec.kernel(), spec.kernel()));
    attributes.put("strides", ints(spec.stride(), spec.stride()));
    attributes.put("pads", ints(spec.pad(), spec.pad(), spec.pad(), spec.pad()));
    attributes.put("ceil_mode", integer(spec.ceil() ? 1 : 0));
    int h = spec.output(x.height(), path(opType));
    int w = spec.output(x.width(), path(opType));
    return emit(opType, attributes, List.of(x.batch(), x.channels(), h, w), x);
  }

  /** Each channel's mean: [N, C, 1, 1]. */
  public final Feature globalAveragePool(Feature x) {
    return emit("GlobalAveragePool", Map.of(), List.of(x.batch(), x.channels(), 1, 1), x);
  }

  /** Each channel's largest value: [N, C, 1, 1]. */
  public final Feature globalMaxPool(Feature x) {
    return emit("GlobalMaxPool", Map.of(), List.of(x.batch(), x.channels(), 1, 1), x);
  }

  /** Over one dimension, which stays with size 1. */
  public final Feature mean(Feature x, int axis) {
    return reduce("ReduceMean", x, axis);
  }

  /** Over one dimension, which stays with size 1. */
  public final Feature largest(Feature x, int axis) {
    return reduce("ReduceMax", x, axis);
  }

  /** Over one dimension, which stays with size 1. */
  public final Feature total(Feature x, int axis) {
    List<Integer> dims = with(x.shape().dims(), axis, 1);
    Feature axes = constant(Tensor.of(Shape.of(1), (long) axis));
    return emit("ReduceSum", Map.of("keepdims", integer(1)), dims, x, axes);
  }

  private Feature reduce(String opType, Feature x, int axis) {
    Map<String, Attribute> attributes = Map.of("axes", ints(axis), "keepdims", integer(1));
    return emit(opType, attributes, with(x.shape().dims(), axis, 1), x);
  }

  /** Local response normalisation over neighbouring channels. */
  public final Feature lrn(Feature x, int size, float alpha, float beta, float bias) {
    Map<String, Attribute> attributes =
        Map.of(
            "size", integer(size),
            "alpha", new Attribute.Real(alpha),
            "beta", new Attribute.Real(beta),
            "bias", new Attribute.Real(bias));
    return emit("LRN", attributes, x.shape().dims(), x);
  }

  public final Feature concat(int axis, List<Feature> parts) {
    Feature first = parts.getFirst();
    int size = parts.stream().mapToInt(part -> part.dim(axis)).sum();
    for (Feature part : parts) {
      require(
          with(part.shape().dims(), axis, 1).equals(with(first.shape().dims(), axis, 1)),
          "%s: what is joined differs in one dimension only, not %s and %s",
          scope,
          first.shape(),
          part.shape());
    }
    return emit(
        "Concat",
        Map.of("axis", integer(axis)),
        with(first.shape().dims(), axis, size),
        parts.toArray(Feature[]::new));
  }

  /** The elements from {@code from} to {@code to} (excluded) of one dimension. */
  public final Feature slice(Feature x, int axis, int from, int to) {
    return slice(x, axis, from, to, 1);
  }

  public final Feature slice(Feature x, int axis, int from, int to, int step) {
    require(
        0 <= from && from < to && to <= x.dim(axis),
        "%s: a slice lies within its %d elements, not from %d to %d",
        scope,
        x.dim(axis),
        from,
        to);
    return emit(
        "Slice",
        Map.of(),
        with(x.shape().dims(), axis, Math.ceilDiv(to - from, step)),
        x,
        longs(from),
        longs(to),
        longs(axis),
        longs(step));
  }

  /** Slices of these sizes, one after the other. */
  public final List<Feature> split(Feature x, int axis, int... sizes) {
    require(
        Arrays.stream(sizes).sum() == x.dim(axis),
        "%s: the parts %s are all of %d",
        scope,
        Arrays.toString(sizes),
        x.dim(axis));
    List<Feature> parts = new ArrayList<>();
    int from = 0;
    for (int size : sizes) {
      parts.add(slice(x, axis, from, from + size));
      from += size;
    }
    return parts;
  }

  /** Equal parts. */
  public final List<Feature> chunk(Feature x, int axis, int parts) {
    require(x.dim(axis) % parts == 0, "%s: %d parts divide %d", scope, parts, x.dim(axis));
    int[] sizes = new int[parts];
    Arrays.fill(sizes, x.dim(axis) / parts);
    return split(x, axis, sizes);
  }

  /** The elements at these places of one dimension. */
  public final Feature gather(Feature x, int axis, int... places) {
    long[] indices = Arrays.stream(places).asLongStream().toArray();
    Feature where = constant(Tensor.of(Shape.of(places.length), indices));
    return emit(
        "Gather",
        Map.of("axis", integer(axis)),
        with(x.shape().dims(), axis, places.length),
        x,
        where);
  }

  public final Feature reshape(Feature x, int... dims) {
    List<Integer> shape = IntStream.of(dims).boxed().toList();
    require(
        new Shape(shape).elements() == x.shape().elements(),
        "%s: %s has the elements of %s",
        scope,
        new Shape(shape),
        x.shape());
    return emit("Reshape", Map.of(), shape, x, longs(dims));
  }

  /** All dimensions behind the first as one. */
  public final Feature flatten(Feature x) {
    int rest = Math.toIntExact(x.shape().product(1, x.shape().rank()));
    return emit("Flatten", Map.of(), List.of(x.batch(), rest), x);
  }

  /** Dimension i of the result is dimension {@code order[i]} of x. */
  public final Feature transpose(Feature x, int... order) {
    List<Integer> dims = IntStream.of(order).map(x::dim).boxed().toList();
    return emit("Transpose", Map.of("perm", ints(order)), dims, x);
  }

  /** Repeats dimensions of size 1. */
  public final Feature expand(Feature x, int... dims) {
    return emit("Expand", Map.of(), IntStream.of(dims).boxed().toList(), x, longs(dims));
  }

  /** Element i of one dimension becomes element i + by, those beyond the end the first ones. */
  public final Feature roll(Feature x, int axis, int by) {
    int cut = Math.floorMod(-by, x.dim(axis));
    if (cut == 0) {
      return x;
    }
    return concat(axis, List.of(slice(x, axis, cut, x.dim(axis)), slice(x, axis, 0, cut)));
  }

  /** Zeros before and after one dimension. */
  public final Feature pad(Feature x, int axis, int before, int after) {
    int rank = x.shape().rank();
    int[] pads = new int[2 * rank];
    pads[axis] = before;
    pads[rank + axis] = after;
    List<Integer> dims = with(x.shape().dims(), axis, x.dim(axis) + before + after);
    return emit("Pad", Map.of(), dims, x, longs(pads));
  }

  /** Zeros around an image. */
  public final Feature pad(Feature x, int top, int left, int bottom, int right) {
    List<Integer> dims =
        List.of(x.batch(), x.channels(), x.height() + top + bottom, x.width() + left + right);
    return emit("Pad", Map.of(), dims, x, longs(0, 0, top, left, 0, 0, bottom, right));
  }

  /** An image of another size, each pixel from the one at or before its place. */
  public final Feature nearest(Feature x, int height, int width) {
    return resize(x, height, width, "nearest", "asymmetric");
  }

  /** An image of another size, interpolated between pixels. */
  public final Feature bilinear(Feature x, int height, int width, boolean alignCorners) {
    return resize(x, height, width, "linear", alignCorners ? "align_corners" : "half_pixel");
  }

  private Feature resize(Feature x, int height, int width, String mode, String coordinates) {
    Map<String, Attribute> attributes =
        Map.of(
            "mode", new Attribute.Text(mode),
            "coordinate_transformation_mode", new Attribute.Text(coordinates),
            "nearest_mode", new Attribute.Text("floor"));
    List<Integer> dims = List.of(x.batch(), x.channels(), height, width);
    Feature none = new Feature("", Shape.SCALAR, true);
    Feature sizes = longs(x.batch(), x.channels(), height, width);
    return emit("Resize", attributes, dims, x, none, none, sizes);
  }

  /** [N, C*r*r, H, W] to [N, C, H*r, W*r], as PyTorch's PixelShuffle. */
  public final Feature pixelShuffle(Feature x, int r) {
    require(
        x.channels() % (r * r) == 0,
        "%s: the square of the factor (%d) divides the channels (%d)",
        scope,
        r,
        x.channels());
    return emit(
        "DepthToSpace",
        Map.of("blocksize", integer(r), "mode", new Attribute.Text("CRD")),
        List.of(x.batch(), x.channels() / (r * r), x.height() * r, x.width() * r),
        x);
  }

  final Feature longs(int... values) {
    long[] wide = Arrays.stream(values).asLongStream().toArray();
    return constant(Tensor.of(Shape.of(values.length), wide));
  }

  static Attribute integer(int value) {
    return new Attribute.Int(value);
  }

  static Attribute ints(int... values) {
    return new Attribute.Ints(Arrays.stream(values).asLongStream().boxed().toList());
  }

  private static List<Integer> with(List<Integer> dims, int axis, int size) {
    List<Integer> changed = new ArrayList<>(dims);
    changed.set(axis < 0 ? axis + dims.size() : axis, size);
    return changed;
  }
}
