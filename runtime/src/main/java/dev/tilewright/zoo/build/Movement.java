package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** What puts elements elsewhere, or leaves some out. */
public abstract class Movement extends Arithmetic {
  Movement(Emitter out, String scope) {
    super(out, scope);
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
    Feature[] in = parts.toArray(Feature[]::new);
    String name = path("Concat");
    boolean along = Math.floorMod(axis, first.shape().rank()) == 0;
    boolean open = parts.stream().anyMatch(Feature::isOpen);
    require(
        along || parts.stream().allMatch(part -> part.many().equals(first.many())),
        "%s: what is joined side by side is of one number",
        scope);
    String many = along && open ? out.unique(path("joined")) : first.many();
    TensorType type =
        new TensorType(first.dtype(), new Shape(with(first.shape().dims(), axis, size)));
    Map<String, Attribute> attributes = Map.of("axis", integer(axis));
    return out.emit(name, "Concat", attributes, List.of(type), many, in).getFirst();
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
    requireKnown(x, axis);
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
    requireKnown(x, axis);
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
    int[] sizes = dims.clone();
    if (x.isOpen()) {
      require(
          dims[0] == x.dim(0),
          "%s: data decide how many there are of %s, which stay the first dimension",
          scope,
          x.many());
      sizes[0] = 0; // as it is
    }
    return emit("Reshape", Map.of(), shape, x, longs(sizes));
  }

  /** All dimensions behind the first as one. */
  public final Feature flatten(Feature x) {
    int rest = Math.toIntExact(x.shape().product(1, x.shape().rank()));
    return emit("Flatten", Map.of(), List.of(x.batch(), rest), x);
  }

  /** Dimension i of the result is dimension {@code order[i]} of x. */
  public final Feature transpose(Feature x, int... order) {
    requireKnown(x, order[0] == 0 ? 1 : 0);
    List<Integer> dims = IntStream.of(order).map(x::dim).boxed().toList();
    return emit("Transpose", Map.of("perm", ints(order)), dims, x);
  }

  /** Repeats dimensions of size 1. */
  public final Feature expand(Feature x, int... dims) {
    requireKnown(x, 0);
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
    requireKnown(x, axis);
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
}
