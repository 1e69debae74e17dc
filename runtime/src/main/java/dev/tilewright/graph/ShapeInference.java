package dev.tilewright.graph;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Supplier;

/** The output types of every operator, and the rules its inputs must meet. */
public final class ShapeInference {
  /** A tensor of more elements than this is refused: 2^31 float32 are 8 GiB. */
  private static final long MAX_ELEMENTS = 1L << 31;

  private static final int ANY = -1;

  private ShapeInference() {}

  /**
   * Types of the outputs, given those of the inputs.
   *
   * @throws ShapeException if a rule of the operator is broken
   */
  public static List<TensorType> infer(Op op, List<TensorType> in) {
    try {
      int arity = arity(op);
      require(
          in.size() == arity || (arity == ANY && !in.isEmpty()),
          () -> "wrong number of inputs: " + in.size());
      TensorType out = type(op, in);
      require(out.shape().elements() <= MAX_ELEMENTS, () -> "result too large: " + out);
      return op instanceof Op.Reductions several
          ? Collections.nCopies(several.kinds().size(), out)
          : List.of(out);
    } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
      throw new ShapeException(op + " on " + in + ": " + e.getMessage());
    }
  }

  /** Number of inputs; ANY is one or more. */
  private static int arity(Op op) {
    return switch (op) {
      case Op.Conv c -> 2 + (c.epilogue().bias() ? 1 : 0) + (c.epilogue().residual() ? 1 : 0);
      case Op.ConvTranspose c -> c.bias() ? 3 : 2;
      case Op.Concat c -> ANY;
      case Op.Elementwise e -> e.inputs();
      case Op.Where w -> 3;
      case Op.Attention a -> 3 + (a.bias() ? 1 : 0) + (a.rows() ? 1 : 0);
      case Op.Scatter s -> 3;
      case Op.ScatterElements s -> 3;
      case Op.RoiAlign r -> 3;
      case Op.LayerNorm n -> 3;
      case Op.IntegerConv c -> c.bias() ? 4 : 3;
      case Op.IntegerMatMul m -> 3;
      case Op.Quantize q -> 3;
      case Op.Dequantize q -> 3;
      case Op.MatMul m -> 2;
      case Op.Binary b -> 2;
      case Op.Gather g -> 2;
      case Op.Runs r -> 2;
      case Op.GatherElements g -> 2;
      case Op.GatherParts g -> 2;
      case Op.GridSample g -> 2;
      case Op.Pool p -> 1;
      case Op.Activate a -> 1;
      case Op.Unary u -> 1;
      case Op.Reduce r -> 1;
      case Op.Reductions r -> 1;
      case Op.Softmax s -> 1;
      case Op.Slice s -> 1;
      case Op.Pad p -> 1;
      case Op.Transpose t -> 1;
      case Op.Reshape r -> 1;
      case Op.Expand e -> 1;
      case Op.Cast c -> 1;
      case Op.Resize r -> 1;
      case Op.Top t -> 1;
      case Op.LocalNorm n -> 1;
      case Op.MaxPositions p -> 1;
      case Op.CumulativeSum c -> 1;
    };
  }

  /**
   * Types of what each step gives, in order.
   *
   * @throws ShapeException if a rule of one of them is broken
   */
  public static List<TensorType> steps(Op.Elementwise op, List<TensorType> in) {
    List<TensorType> known = new ArrayList<>(in);
    for (Op.Elementwise.Step step : op.steps()) {
      known.addAll(infer(step.op(), step.operands().stream().map(known::get).toList()));
    }
    return known.subList(in.size(), known.size());
  }

  private static TensorType type(Op op, List<TensorType> in) {
    TensorType x = in.getFirst();
    Shape s = x.shape();
    return switch (op) {
      case Op.Conv conv -> convolution(conv, in);
      case Op.ConvTranspose conv -> transposedConvolution(conv, in);
      case Op.Pool pool -> pool(pool, x);
      case Op.MatMul m -> TensorType.floats(product(floats(x).shape(), floats(in.get(1)).shape()));
      case Op.IntegerConv conv -> QuantizedTypes.convolution(conv, in);
      case Op.IntegerMatMul m -> QuantizedTypes.matMul(in);
      case Op.Quantize(DType to) -> QuantizedTypes.quantize(to, in);
      case Op.Dequantize q -> QuantizedTypes.dequantize(in);
      case Op.Activate a -> floats(x);
      case Op.Unary(Op.UnaryFunction f) ->
          switch (f) {
            case NOT -> is(x, DType.BOOL);
            case ABS, NEG, SIGN -> arithmetic(x);
            default -> floats(x);
          };
      case Op.Binary(Op.BinaryFunction f) -> binary(f, x, in.get(1));
      case Op.Where w -> {
        is(x, DType.BOOL);
        same(in.get(1), in.get(2));
        Shape all = broadcast(s, broadcast(in.get(1).shape(), in.get(2).shape()));
        yield new TensorType(in.get(1).dtype(), all);
      }
      case Op.Elementwise e -> steps(e, in).getLast();
      case Op.Reduce r -> reduce(r, x);
      case Op.Reductions several -> {
        require(!several.kinds().isEmpty(), "no reduction");
        yield reduce(several.each().getFirst(), x);
      }
      case Op.Softmax(int axis) -> {
        axis(axis, s);
        yield floats(x);
      }
      case Op.LayerNorm n -> {
        require(s.rank() > 0, "a scalar has no rows");
        for (TensorType vector : in.subList(1, 3)) {
          Shape c = floats(vector).shape();
          require(c.equals(Shape.of(s.last())), () -> c + " for rows of " + s.last());
        }
        yield floats(x);
      }
      case Op.Attention attention -> attention(attention, in);
      case Op.Concat(int axis) -> concat(axis, in);
      case Op.Slice slice -> slice(slice, x);
      case Op.Pad pad -> pad(pad, x);
      case Op.Transpose(List<Integer> perm) -> {
        require(
            perm.stream().sorted().toList().equals(range(s.rank())),
            () -> "not a permutation: " + perm);
        yield new TensorType(x.dtype(), new Shape(perm.stream().map(s::dim).toList()));
      }
      case Op.Reshape(Shape to) -> {
        require(to.elements() == s.elements(), () -> s + " has not as many elements as " + to);
        yield new TensorType(x.dtype(), to);
      }
      case Op.Runs runs -> IndexedTypes.runs(runs, x, in.get(1));
      case Op.Expand(Shape to) -> {
        require(broadcast(s, to).equals(to), () -> s + " does not expand to " + to);
        yield new TensorType(x.dtype(), to);
      }
      case Op.Gather(int axis) -> {
        IndexedTypes.indices(in.get(1));
        List<Integer> dims = new ArrayList<>(s.dims().subList(0, axis(axis, s)));
        dims.addAll(in.get(1).shape().dims());
        dims.addAll(s.dims().subList(axis + 1, s.rank()));
        yield new TensorType(x.dtype(), new Shape(dims));
      }
      case Op.GatherElements(int axis) -> IndexedTypes.gatherElements(axis, x, in.get(1));
      case Op.GatherParts(int batch) -> IndexedTypes.gatherParts(batch, x, in.get(1));
      case Op.Scatter scatter -> IndexedTypes.scatter(in);
      case Op.ScatterElements(int axis, Op.ScatterReduction r) ->
          IndexedTypes.scatterElements(axis, in);
      case Op.GridSample g -> ImageTypes.gridSample(x, in.get(1));
      case Op.RoiAlign roi -> ImageTypes.roiAlign(roi, in);
      case Op.MaxPositions places -> ImageTypes.maxPositions(x, places);
      case Op.LocalNorm n -> {
        require(s.rank() > 0 && n.size() > 0, "no neighbours");
        yield floats(x);
      }
      case Op.Top top -> IndexedTypes.top(top, x);
      case Op.CumulativeSum sum -> {
        axis(sum.axis(), s);
        yield arithmetic(x);
      }
      case Op.Cast(DType to) -> new TensorType(to, s);
      case Op.Resize r -> {
        require(
            r.sizes().rank() == s.rank() && r.scales().size() == s.rank(),
            "as many sizes and scales as dimensions are needed");
        for (int i = 0; i < s.rank(); i++) {
          double scale = r.scales().get(i);
          require(scale > 0 && Double.isFinite(scale), () -> "scale must be positive, is " + scale);
          require(s.dim(i) > 0 || r.sizes().dim(i) == 0, "an empty axis has no samples");
        }
        yield new TensorType(floats(x).dtype(), r.sizes());
      }
    };
  }

  private static TensorType convolution(Op.Conv conv, List<TensorType> in) {
    Shape src = image(floats(in.get(0)));
    Shape filter = floats(in.get(1)).shape();
    require(filter.rank() == 4, () -> "filter must be [K, C/G, FH, FW], is " + filter);
    Op.Window w = conv.window();
    // No images have a shape nonetheless: that of one decides.
    Shape one = Shape.of(Math.max(1, src.dim(0)), src.dim(1), src.dim(2), src.dim(3));
    ConvShape shape = conv.shape(one, filter);
    require(
        filter.dim(1) == src.dim(3) / conv.groups(),
        () -> "filter takes " + filter.dim(1) + " channels a group, src has " + src.dim(3));
    require(
        filter.dim(2) == w.kernel().height() && filter.dim(3) == w.kernel().width(),
        () -> "filter is " + filter + ", kernel_shape says " + w.kernel());
    Size size = shape.out();
    Shape out = Shape.of(src.dim(0), size.height(), size.width(), filter.dim(0));
    if (conv.epilogue().bias()) {
      bias(in.get(2), filter.dim(0));
    }
    if (conv.epilogue().residual()) {
      Shape residual = floats(in.getLast()).shape();
      require(residual.equals(out), () -> "residual must have the shape of dst, " + out);
    }
    return TensorType.floats(out);
  }

  private static TensorType transposedConvolution(Op.ConvTranspose conv, List<TensorType> in) {
    Shape src = image(floats(in.get(0)));
    Shape filter = floats(in.get(1)).shape();
    require(filter.rank() == 4, () -> "filter must be [C, K/G, FH, FW], is " + filter);
    require(filter.dim(0) == src.dim(3), () -> "filter takes " + filter.dim(0) + " channels");
    require(conv.groups() > 0 && src.dim(3) % conv.groups() == 0, "groups must divide C");
    Op.Window w = conv.window();
    require(
        filter.dim(2) == w.kernel().height() && filter.dim(3) == w.kernel().width(),
        () -> "filter is " + filter + ", kernel_shape says " + w.kernel());
    Padding p = w.pad();
    int height =
        transposed(src.dim(1), w.stride().height(), w.kernel().height(), w.dilation().height());
    int width =
        transposed(src.dim(2), w.stride().width(), w.kernel().width(), w.dilation().width());
    Padding extra = conv.extra();
    require(extra.top() == 0 && extra.left() == 0, "extra rows are at the bottom and right");
    height = transposedSize(height, (long) p.top() + p.bottom(), extra.bottom());
    width = transposedSize(width, (long) p.left() + p.right(), extra.right());
    int k = Math.multiplyExact(filter.dim(1), conv.groups());
    if (conv.bias()) {
      bias(in.get(2), k);
    }
    return TensorType.floats(Shape.of(src.dim(0), height, width, k));
  }

  private static int transposed(int in, int stride, int kernel, int dilation) {
    int span = Math.addExact(Math.multiplyExact(kernel - 1, dilation), 1);
    return Math.addExact(Math.multiplyExact(in - 1, stride), span);
  }

  private static int transposedSize(int spread, long pads, int extra) {
    long size = spread - pads + extra;
    require(size > 0, "padding leaves nothing of the result");
    return Math.toIntExact(size);
  }

  private static void bias(TensorType bias, int k) {
    require(
        floats(bias).shape().elements() == k, () -> "bias must have " + k + " values, is " + bias);
  }

  private static TensorType pool(Op.Pool pool, TensorType x) {
    Shape src = image(floats(x));
    Op.Window w = pool.window();
    long lastY = (pool.out().height() - 1L) * w.stride().height();
    long lastX = (pool.out().width() - 1L) * w.stride().width();
    require(
        lastY < (long) w.pad().top() + src.dim(1) + w.pad().bottom()
            && lastX < (long) w.pad().left() + src.dim(2) + w.pad().right(),
        "a window starts after the padding");
    return TensorType.floats(
        Shape.of(src.dim(0), pool.out().height(), pool.out().width(), src.dim(3)));
  }

  /** Shape of a product; leading dimensions broadcast. */
  static Shape product(Shape left, Shape right) {
    require(left.rank() >= 2 && right.rank() >= 2, "needs at least two dimensions");
    require(
        left.dim(-1) == right.dim(-2), () -> "inner dimensions differ: " + left + " x " + right);
    Shape batch =
        broadcast(
            new Shape(left.dims().subList(0, left.rank() - 2)),
            new Shape(right.dims().subList(0, right.rank() - 2)));
    List<Integer> dims = new ArrayList<>(batch.dims());
    dims.add(left.dim(-2));
    dims.add(right.dim(-1));
    return new Shape(dims);
  }

  private static TensorType binary(Op.BinaryFunction f, TensorType a, TensorType b) {
    same(a, b);
    Shape shape = broadcast(a.shape(), b.shape());
    return switch (f) {
      case ADD, SUB, MUL, DIV, MOD, REMAINDER, POW, MIN, MAX ->
          new TensorType(arithmetic(a).dtype(), shape);
      case EQUAL, LESS, GREATER -> new TensorType(DType.BOOL, shape);
      case AND, OR -> {
        require(a.dtype() != DType.FLOAT32, () -> "needs BOOL or integers, got " + a);
        yield new TensorType(a.dtype(), shape);
      }
    };
  }

  private static TensorType reduce(Op.Reduce r, TensorType x) {
    r.axes().forEach(axis -> axis(axis, x.shape()));
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < x.shape().rank(); i++) {
      if (!r.axes().contains(i)) {
        dims.add(x.shape().dim(i));
      } else if (r.keepDims()) {
        dims.add(1);
      }
    }
    return new TensorType(arithmetic(x).dtype(), new Shape(dims));
  }

  private static TensorType attention(Op.Attention op, List<TensorType> in) {
    in.subList(0, op.bias() ? 4 : 3).forEach(ShapeInference::floats);
    Shape q = in.get(0).shape();
    Shape k = in.get(1).shape();
    Shape v = in.get(2).shape();
    require(
        q.rank() == 3 && k.rank() == 3 && v.rank() == 3,
        () -> "images, tokens, columns: not " + in);
    require(
        q.dim(0) == k.dim(0) && k.last() == q.last(),
        () -> "queries " + q + " do not meet keys " + k);
    require(
        v.dim(0) == k.dim(0) && v.dim(1) == k.dim(1),
        () -> "keys " + k + " do not have values " + v);
    require(
        op.heads() > 0 && q.last() % op.heads() == 0 && v.last() % op.heads() == 0,
        () -> op.heads() + " heads do not share the columns of " + q + " and " + v);
    if (op.bias()) {
      Shape b = in.get(3).shape();
      require(
          b.rank() == 4
              && b.dim(0) > 0
              && q.dim(0) % b.dim(0) == 0
              && (b.dim(1) == 1 || b.dim(1) == op.heads())
              && b.dim(2) == k.dim(1)
              && (b.dim(3) == 1 || b.dim(3) == q.dim(1)),
          () -> "bias " + b + " of " + op.heads() + " heads of " + q + " and " + k);
    }
    if (op.rows()) {
      Shape rows = is(in.getLast(), DType.INT64).shape();
      require(
          rows.equals(Shape.of(q.dim(0), q.dim(1))) && k.dim(1) == q.dim(1),
          () -> "rows " + rows + " of " + q + " and " + k);
    }
    return TensorType.floats(Shape.of(q.dim(0), q.dim(1), v.last()));
  }

  private static TensorType concat(int axis, List<TensorType> in) {
    List<Integer> dims = new ArrayList<>(in.getFirst().shape().dims());
    int sum = 0;
    axis(axis, in.getFirst().shape());
    for (TensorType t : in) {
      same(in.getFirst(), t);
      require(t.shape().rank() == dims.size(), "ranks differ");
      sum = Math.addExact(sum, t.shape().dim(axis));
      List<Integer> others = new ArrayList<>(t.shape().dims());
      others.set(axis, dims.get(axis));
      require(others.equals(dims), () -> "shapes differ in another axis than " + axis);
    }
    dims.set(axis, sum);
    return new TensorType(in.getFirst().dtype(), new Shape(dims));
  }

  private static TensorType slice(Op.Slice slice, TensorType x) {
    int rank = x.shape().rank();
    require(
        slice.starts().size() == rank
            && slice.steps().size() == rank
            && slice.sizes().rank() == rank,
        "as many starts, steps and sizes as dimensions are needed");
    for (int i = 0; i < x.shape().rank(); i++) {
      int size = slice.sizes().dim(i);
      long last = slice.starts().get(i) + (size - 1L) * slice.steps().get(i);
      require(slice.steps().get(i) != 0, "step must not be 0");
      require(
          size == 0
              || (slice.starts().get(i) >= 0
                  && slice.starts().get(i) < x.shape().dim(i)
                  && last >= 0
                  && last < x.shape().dim(i)),
          "slice leaves the tensor in axis " + i);
    }
    return new TensorType(x.dtype(), slice.sizes());
  }

  private static TensorType pad(Op.Pad pad, TensorType x) {
    int rank = x.shape().rank();
    require(
        pad.before().size() == rank && pad.after().size() == rank,
        "as many paddings as dimensions are needed");
    List<Integer> dims = new ArrayList<>();
    for (int i = 0; i < x.shape().rank(); i++) {
      int size = x.shape().dim(i);
      int before = pad.before().get(i);
      int after = pad.after().get(i);
      dims.add(Math.addExact(Math.addExact(size, before), after));
      require(
          pad.mode() != Op.PadMode.REFLECT || (before < size && after < size),
          "reflection needs less padding than the size of axis " + i);
      boolean repeats = pad.mode() == Op.PadMode.EDGE || pad.mode() == Op.PadMode.WRAP;
      require(!repeats || size > 0, "an empty axis has no edge");
    }
    return new TensorType(x.dtype(), new Shape(dims));
  }

  /** The numpy rule: aligned at the last axis, dimensions are equal or one of them is 1. */
  public static Shape broadcast(Shape a, Shape b) {
    int rank = Math.max(a.rank(), b.rank());
    List<Integer> dims = new ArrayList<>();
    for (int i = -rank; i < 0; i++) {
      int da = -i <= a.rank() ? a.dim(i) : 1;
      int db = -i <= b.rank() ? b.dim(i) : 1;
      require(da == db || da == 1 || db == 1, () -> a + " and " + b + " do not broadcast");
      dims.add(da == 1 ? db : da);
    }
    return new Shape(dims);
  }

  static Shape image(TensorType x) {
    require(x.shape().rank() == 4, () -> "needs an image tensor [N, H, W, C], got " + x);
    return x.shape();
  }

  static TensorType floats(TensorType x) {
    return is(x, DType.FLOAT32);
  }

  private static TensorType arithmetic(TensorType x) {
    require(x.dtype() != DType.BOOL, "no arithmetic on BOOL");
    return x;
  }

  static TensorType is(TensorType x, DType dtype) {
    require(x.dtype() == dtype, () -> "needs " + dtype + ", got " + x);
    return x;
  }

  static int axis(int axis, Shape shape) {
    require(axis >= 0 && axis < shape.rank(), () -> "no axis " + axis + " in " + shape);
    return axis;
  }

  static void same(TensorType a, TensorType b) {
    require(a.dtype() == b.dtype(), () -> "element types differ: " + a + " and " + b);
  }

  private static List<Integer> range(int n) {
    return java.util.stream.IntStream.range(0, n).boxed().toList();
  }

  static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /** For messages that are worth building only when needed: inference runs for every node. */
  static void require(boolean condition, Supplier<String> message) {
    if (!condition) {
      throw new IllegalArgumentException(message.get());
    }
  }
}
