package dev.tilewright.onnx;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.onnx.ImportConvolutions.Side;
import dev.tilewright.onnx.Windows.Axis;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Windows over three and more dimensions, taken apart into windows over images: the last two are
 * the image, those before them lead. Inside everything is [N, L..., H, W, C].
 */
final class ImportVolumes {
  /** Taps along the leading axes together: each is a convolution of its own. */
  private static final int TAPS = 1 << 12;

  private ImportVolumes() {}

  /** The sum over the leading taps of convolutions over images, N * L... of them at once. */
  static Value conv(NodeScope n) {
    Value x = n.floats(0);
    Value filter = filter(n, x.shape().rank());
    int rank = x.shape().rank();
    List<Axis> axes = new ArrayList<>();
    for (int i = 2; i < rank - 2; i++) {
      axes.add(Windows.axis(n, rank, rank - i, x.shape().dim(i), filter.shape().dim(i)));
    }
    List<Integer> counts = axes.stream().map(a -> a.out(n, false)).toList();
    Value src = padded(n, channelsLast(n, x), axes);
    Size image = new Size(x.shape().dim(-2), x.shape().dim(-1));
    Size kernel = ImportConvolutions.kernel(n, filter, rank);
    Op.Window window = Windows.over(n, image, kernel, rank);
    Value sum = null;
    for (List<Integer> tap : taps(n, filter.shape())) {
      boolean bias = sum == null && n.maybe(2) != null;
      Epilogue epilogue = new Epilogue(bias, false, Activation.none());
      Op conv = new Op.Conv(window, ImportConvolutions.groups(n), epilogue);
      Value under = images(n, under(n, src, axes, tap, counts));
      Value part = filterAt(n, filter, tap);
      Value product = bias ? n.add(conv, under, part, n.floats(2)) : n.add(conv, under, part);
      sum = plus(n, sum, product);
    }
    return channelsFirst(n, volume(n, required(n, sum), x.shape().dim(0), counts));
  }

  /** Each leading tap scatters its transposed convolution over the result, strides apart. */
  static Value convTranspose(NodeScope n) {
    Value x = n.floats(0);
    Value filter = filter(n, x.shape().rank());
    int rank = x.shape().rank();
    Size kernel = ImportConvolutions.kernel(n, filter, rank);
    Op conv = ImportConvolutions.transposed(n, x.shape(), kernel, rank, false);
    Value src = images(n, channelsLast(n, x));
    Value sum = null;
    for (List<Integer> tap : taps(n, filter.shape())) {
      Value product = n.add(conv, src, filterAt(n, filter, tap));
      List<Integer> leading = x.shape().dims().subList(2, rank - 2);
      Value part = volume(n, product, x.shape().dim(0), leading);
      for (int i = 0; i < tap.size(); i++) {
        part = spread(n, part, i + 1, rank - 2 - i, filter.shape().dim(i + 2), tap.get(i));
      }
      sum = plus(n, sum, part);
    }
    Value all = required(n, sum);
    Value biased = n.maybe(2) == null ? all : n.binary(BinaryFunction.ADD, all, n.floats(2));
    return channelsFirst(n, biased);
  }

  /**
   * A maximum of maxima, or a mean of means: the cells that a window counts are a box, so their
   * number is a product over the axes.
   */
  static Value pool(NodeScope n, Value x, Op.PoolKind kind) {
    int rank = x.shape().rank();
    Value src = channelsLast(n, x);
    for (int i = 1; i < rank - 3; i++) {
      Shape s = src.shape();
      Axis axis = ImportPools.axis(n, rank, rank - 1 - i, s.dim(i));
      int before = Math.toIntExact(s.product(0, i));
      int behind = Math.toIntExact(s.product(i + 1, rank));
      Value columns = n.reshape(src, List.of(before, s.dim(i), 1, behind));
      Value pooled = ImportPools.over(n, columns, kind, axis, Axis.NONE);
      List<Integer> dims = new ArrayList<>(s.dims());
      dims.set(i, pooled.shape().dim(1));
      src = n.reshape(pooled, dims);
    }
    Shape s = src.shape();
    Axis vertical = ImportPools.axis(n, rank, 2, s.dim(-3));
    Axis horizontal = ImportPools.axis(n, rank, 1, s.dim(-2));
    Value pooled = ImportPools.over(n, images(n, src), kind, vertical, horizontal);
    return channelsFirst(n, volume(n, pooled, s.dim(0), s.dims().subList(1, rank - 3)));
  }

  private static Value filter(NodeScope n, int rank) {
    Value filter = n.floats(1);
    if (filter.shape().rank() != rank) {
      throw n.node().bad("filter " + filter.type() + " on an input of " + rank + " dimensions");
    }
    for (int i = 2; i < rank; i++) {
      int taps = filter.shape().dim(i);
      if (Windows.number(n, "kernel_shape", rank, rank - i, taps, 1) != taps) {
        throw n.node().bad("kernel_shape is not that of the filter, " + filter.shape());
      }
    }
    return filter;
  }

  /** All combinations of positions along the leading axes of a filter. */
  private static List<List<Integer>> taps(NodeScope n, Shape filter) {
    List<List<Integer>> taps = List.of(List.of());
    for (int size : filter.dims().subList(2, filter.rank() - 2)) {
      List<List<Integer>> longer = new ArrayList<>();
      for (List<Integer> tap : taps) {
        for (int t = 0; t < size && longer.size() <= TAPS; t++) {
          List<Integer> next = new ArrayList<>(tap);
          next.add(t);
          longer.add(next);
        }
      }
      taps = longer;
    }
    if (taps.size() > TAPS || taps.isEmpty()) {
      throw n.unsupported("a filter of " + filter);
    }
    return taps;
  }

  /** [K, C/G, FH, FW] at a leading tap. */
  private static Value filterAt(NodeScope n, Value filter, List<Integer> tap) {
    Shape s = filter.shape();
    List<Integer> starts = new ArrayList<>(Collections.nCopies(s.rank(), 0));
    List<Integer> sizes = new ArrayList<>(s.dims());
    for (int i = 0; i < tap.size(); i++) {
      starts.set(i + 2, tap.get(i));
      sizes.set(i + 2, 1);
    }
    List<Integer> steps = Collections.nCopies(s.rank(), 1);
    Value part = n.add(new Op.Slice(starts, steps, new Shape(sizes)), filter);
    return n.reshape(part, List.of(s.dim(0), s.dim(1), s.dim(-2), s.dim(-1)));
  }

  /** What a leading tap meets, where all windows are. */
  private static Value under(
      NodeScope n, Value src, List<Axis> axes, List<Integer> tap, List<Integer> counts) {
    int rank = src.shape().rank();
    List<Integer> starts = new ArrayList<>(Collections.nCopies(rank, 0));
    List<Integer> steps = new ArrayList<>(Collections.nCopies(rank, 1));
    List<Integer> sizes = new ArrayList<>(src.shape().dims());
    for (int i = 0; i < tap.size(); i++) {
      starts.set(i + 1, tap.get(i) * axes.get(i).dilation());
      steps.set(i + 1, axes.get(i).stride());
      sizes.set(i + 1, counts.get(i));
    }
    return n.add(new Op.Slice(starts, steps, new Shape(sizes)), src);
  }

  /** Zeros around the leading axes. */
  private static Value padded(NodeScope n, Value src, List<Axis> axes) {
    List<Integer> before = amounts(axes, Axis::before);
    List<Integer> after = amounts(axes, Axis::after);
    boolean none = before.stream().allMatch(p -> p == 0) && after.stream().allMatch(p -> p == 0);
    return none ? src : n.add(new Op.Pad(Op.PadMode.CONSTANT, before, after, 0), src);
  }

  private static List<Integer> amounts(List<Axis> axes, ToIntFunction<Axis> amount) {
    List<Integer> amounts = new ArrayList<>(List.of(0));
    axes.forEach(axis -> amounts.add(amount.applyAsInt(axis)));
    amounts.addAll(List.of(0, 0, 0));
    return amounts;
  }

  /** Along one axis: strides apart, zeros between, moved to where the tap belongs. */
  private static Value spread(NodeScope n, Value x, int at, int fromLast, int taps, int tap) {
    Shape s = x.shape();
    int rank = s.rank();
    int stride = Windows.number(n, "strides", rank, fromLast, 1, 1);
    int dilation = Windows.number(n, "dilations", rank, fromLast, 1, 1);
    Side side = ImportConvolutions.side(n, rank, fromLast, s.dim(at), taps);
    int full = Math.addExact((s.dim(at) - 1) * stride, Windows.span(taps, dilation));
    int out = full + side.extra() - side.before() - side.after();
    int first = tap * dilation - side.before();
    int behind = Math.toIntExact(s.product(at + 1, rank));
    List<Integer> rows = List.of(Math.toIntExact(s.product(0, at)), s.dim(at), 1, behind);
    Value apart = n.reshape(x, rows);
    if (stride > 1) {
      List<Integer> gap = List.of(0, 0, stride - 1, 0);
      apart = n.add(new Op.Pad(Op.PadMode.CONSTANT, List.of(0, 0, 0, 0), gap, 0), apart);
    }
    int length = Math.multiplyExact(s.dim(at), stride);
    Value line = n.reshape(apart, List.of(rows.get(0), length, behind));
    Value moved =
        n.add(
            new Op.Pad(
                Op.PadMode.CONSTANT, List.of(0, first, 0), List.of(0, out - first - length, 0), 0),
            line);
    List<Integer> dims = new ArrayList<>(s.dims());
    dims.set(at, out);
    return n.reshape(moved, dims);
  }

  /** [N, L..., H, W, C] as [N * L..., H, W, C]. */
  private static Value images(NodeScope n, Value src) {
    Shape s = src.shape();
    int rank = s.rank();
    int count = Math.toIntExact(s.product(0, rank - 3));
    return n.reshape(src, List.of(count, s.dim(-3), s.dim(-2), s.dim(-1)));
  }

  private static Value volume(NodeScope n, Value images, int batch, List<Integer> leading) {
    List<Integer> dims = new ArrayList<>(List.of(batch));
    dims.addAll(leading);
    dims.addAll(images.shape().dims().subList(1, 4));
    return n.reshape(images, dims);
  }

  private static Value channelsLast(NodeScope n, Value x) {
    int rank = x.shape().rank();
    List<Integer> perm = new ArrayList<>(List.of(0));
    for (int i = 2; i < rank; i++) {
      perm.add(i);
    }
    perm.add(1);
    return n.add(new Op.Transpose(perm), x);
  }

  private static Value channelsFirst(NodeScope n, Value x) {
    int rank = x.shape().rank();
    List<Integer> perm = new ArrayList<>(List.of(0, rank - 1));
    for (int i = 1; i < rank - 1; i++) {
      perm.add(i);
    }
    return n.add(new Op.Transpose(perm), x);
  }

  private static Value plus(NodeScope n, @Nullable Value sum, Value term) {
    return sum == null ? term : n.binary(BinaryFunction.ADD, sum, term);
  }

  private static Value required(NodeScope n, @Nullable Value sum) {
    if (sum == null) {
      throw n.node().bad("the filter has no taps");
    }
    return sum;
  }
}
