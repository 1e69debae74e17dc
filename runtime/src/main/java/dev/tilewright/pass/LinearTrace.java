package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Follows a value back to where it comes from, as long as everything on the way is linear, has
 * weights that are known, and is used for nothing else.
 *
 * <p>At the borders of an image the order matters: a convolution pads what it reads with zeros, not
 * with what the layers before it would make of zeros. So padding is followed only where both are
 * the same.
 */
final class LinearTrace {
  /** Layers that are followed. A chain of thousands must not take the square of their number. */
  private static final int MOST_LAYERS = 64;

  private final Rewriter.At at;
  private final Value root;
  private long macs;

  /**
   * @param root where to begin; it may have any number of uses
   */
  LinearTrace(Rewriter.At at, Value root) {
    this.at = at;
    this.root = root;
  }

  /** Multiply-accumulates of the nodes that were followed. */
  long macs() {
    return macs;
  }

  /** The images that the root is a linear map of, the nearest first, itself included. */
  List<Value> origins() {
    return origins(root, MOST_LAYERS);
  }

  private List<Value> origins(Value value, int layers) {
    List<Value> origins = new ArrayList<>(List.of(value));
    Node node = producer(value);
    if (node != null && value.shape().rank() == 4 && layers > 0) {
      Value x = image(node);
      if (x != null) {
        origins.addAll(origins(x, layers - 1));
      } else if (isSum(node)) {
        List<Value> common = origins(node.input(0), layers - 1);
        common.retainAll(origins(node.input(1), layers - 1));
        origins.addAll(common);
      }
    }
    return origins;
  }

  /** The root as a linear map of one of its origins; null if not an exact one. */
  @Nullable Linear from(Value origin) {
    macs = 0;
    return follow(root, origin, null);
  }

  private @Nullable Node producer(Value value) {
    return value.equals(root) ? at.producer(value) : at.soleProducer(value);
  }

  /** The input of a linear operator of one image; null if the node is none. */
  private @Nullable Value image(Node node) {
    return switch (node.op()) {
      case Op.Conv conv when isPlain(conv, node) -> node.input(0);
      case Op.Pool pool when isLinear(pool, node) -> node.input(0);
      case Op.Pad pad when isBorder(pad) -> node.input(0);
      case Op.Binary b -> affine(node);
      default -> null;
    };
  }

  /**
   * @param term that will be added to the value per channel, if any
   */
  private @Nullable Linear follow(Value value, Value origin, @Nullable Tensor term) {
    if (value.equals(origin)) {
      return new Linear.Identity(value.shape().last());
    }
    Node node = producer(value);
    if (node == null || value.shape().rank() != 4) {
      return null;
    }
    macs += Graph.macs(node);
    Value image = image(node);
    if (image == null) {
      return isSum(node) ? sum(node, origin) : null;
    }
    Tensor shift = node.op() instanceof Op.Binary(BinaryFunction f) ? shift(node, f) : null;
    Linear of = follow(image, origin, shift);
    if (of == null) {
      return null;
    }
    return switch (node.op()) {
      case Op.Conv conv ->
          convolved(
              of,
              node,
              origin,
              own(conv.window(), conv.groups(), image, value),
              constant(node, 1),
              conv.epilogue().bias() ? constant(node, 2) : null);
      case Op.Pool pool ->
          convolved(
              of, node, origin, own(pool.window(), value.shape().last(), image, value), null, null);
      case Op.Pad pad ->
          isZeroBeyond(of, image, origin, pad.before().get(1), pad.after().get(1), true, term)
                  && isZeroBeyond(
                      of, image, origin, pad.before().get(2), pad.after().get(2), false, term)
              ? new Linear.Shifted(of, pad.before().get(1), pad.before().get(2))
              : null;
      case Op.Binary(BinaryFunction f) ->
          new Linear.Affine(
              of,
              shift == null ? constants(node) : null,
              shift,
              f == BinaryFunction.DIV || f == BinaryFunction.SUB);
      default -> throw new IllegalStateException(node.toString());
    };
  }

  private @Nullable Linear sum(Node node, Value origin) {
    Linear a = follow(node.input(0), origin, null);
    Linear b = a == null ? null : follow(node.input(1), origin, null);
    return a == null || b == null || !a.form().stride().equals(b.form().stride())
        ? null
        : new Linear.Sum(a, b);
  }

  private static LinearForm own(Op.Window w, int groups, Value in, Value out) {
    return new LinearForm(
        in.shape().last(),
        out.shape().last(),
        groups,
        w.stride(),
        Taps.of(w.kernel().height(), w.dilation().height(), w.pad().top()),
        Taps.of(w.kernel().width(), w.dilation().width(), w.pad().left()));
  }

  private @Nullable Linear convolved(
      Linear of,
      Node node,
      Value origin,
      LinearForm own,
      @Nullable Tensor filter,
      @Nullable Tensor bias) {
    Shape in = node.input(0).shape();
    Shape out = node.output().shape();
    int below = beyond(out.dim(1), own.stride().height(), own.rows(), in.dim(1));
    int right = beyond(out.dim(2), own.stride().width(), own.columns(), in.dim(2));
    return isZeroBeyond(of, node.input(0), origin, -own.rows().first(), below, true, null)
            && isZeroBeyond(of, node.input(0), origin, -own.columns().first(), right, false, null)
        ? new Linear.Convolved(of, own, filter, bias)
        : null;
  }

  /** How far the last window reaches over the end of an axis. */
  static int beyond(int out, int stride, Taps taps, int in) {
    return Math.max(0, (out - 1) * stride + taps.last() - (in - 1));
  }

  /**
   * Whether the map gives zeros in the rows or columns that lie this far outside of its result, if
   * it is continued there.
   */
  private static boolean isZeroBeyond(
      Linear of,
      Value value,
      Value origin,
      int before,
      int after,
      boolean rows,
      @Nullable Tensor term) {
    if ((before <= 0 && after <= 0) || of instanceof Linear.Identity) {
      return true; // the image itself ends in zeros
    }
    Taps taps = rows ? of.form().rows() : of.form().columns();
    Size stride = of.form().stride();
    int axis = rows ? 1 : 2;
    int size = value.shape().dim(axis);
    for (int i = 1; i <= Math.max(before, after); i++) {
      int s = rows ? stride.height() : stride.width();
      boolean above = i > before || s * -i + taps.last() < 0;
      boolean below = i > after || s * (size - 1 + i) + taps.first() >= origin.shape().dim(axis);
      if (!above || !below) {
        return false;
      }
    }
    return isNothing(of.bias(), term);
  }

  /**
   * Whether the biases are zero, up to the rounding of the sum with a term that follows. Exporters
   * that pad with a value subtract it, pad with zeros and add it again.
   */
  private static boolean isNothing(double[] bias, @Nullable Tensor term) {
    float[] terms = term == null ? new float[1] : term.toFloats();
    for (int k = 0; k < bias.length; k++) {
      float t = terms[terms.length == 1 ? 0 : k];
      if (!(Math.abs(bias[k]) <= (t == 0 ? 0 : 4 * Math.ulp(t)))) {
        return false; // NaN is something
      }
    }
    return true;
  }

  private boolean isPlain(Op.Conv conv, Node node) {
    return !conv.epilogue().residual()
        && conv.epilogue().activation() instanceof Activation.None
        && constant(node, 1) != null
        && (!conv.epilogue().bias() || constant(node, 2) != null);
  }

  /** An average that divides by the same number everywhere. */
  private static boolean isLinear(Op.Pool pool, Node node) {
    Op.Window w = pool.window();
    Shape in = node.input(0).shape();
    LinearForm own = own(w, in.last(), node.input(0), node.output());
    boolean padded = w.pad().top() + w.pad().left() + w.pad().bottom() + w.pad().right() > 0;
    return pool.kind() == Op.PoolKind.AVERAGE
        && (pool.countPad() || !padded)
        && beyond(pool.out().height(), w.stride().height(), own.rows(), in.dim(1))
            <= w.pad().bottom()
        && beyond(pool.out().width(), w.stride().width(), own.columns(), in.dim(2))
            <= w.pad().right();
  }

  /** Zeros around an image. */
  private static boolean isBorder(Op.Pad pad) {
    List<Integer> all = new ArrayList<>(pad.before());
    all.addAll(pad.after());
    return pad.mode() == Op.PadMode.CONSTANT
        && pad.value() == 0
        && pad.before().size() == 4
        && all.stream().allMatch(a -> a >= 0)
        && pad.before().get(0) + pad.after().get(0) == 0
        && pad.before().get(3) + pad.after().get(3) == 0;
  }

  private static boolean isSum(Node node) {
    return node.op() instanceof Op.Binary(BinaryFunction f)
        && f == BinaryFunction.ADD
        && node.input(0).shape().equals(node.input(1).shape());
  }

  /** The image of a scale or shift per channel, or null. */
  private @Nullable Value affine(Node node) {
    if (!(node.op() instanceof Op.Binary(BinaryFunction f))) {
      return null;
    }
    int side = constant(node, 1) != null ? 0 : 1;
    boolean commutes = f == BinaryFunction.ADD || f == BinaryFunction.MUL;
    boolean fits =
        constants(node) != null
            && node.input(side).shape().equals(node.output().shape())
            && (commutes || (side == 0 && (f == BinaryFunction.SUB || f == BinaryFunction.DIV)));
    return fits ? node.input(side) : null;
  }

  private @Nullable Tensor shift(Node node, BinaryFunction f) {
    return f == BinaryFunction.ADD || f == BinaryFunction.SUB ? constants(node) : null;
  }

  /** The constant side of an elementwise node, if it has one value or one per channel. */
  private @Nullable Tensor constants(Node node) {
    Tensor right = constant(node, 1);
    Tensor tensor = right == null ? constant(node, 0) : right;
    if (tensor == null || tensor.dtype() != DType.FLOAT32) {
      return null;
    }
    int channels = node.output().shape().last();
    long elements = tensor.shape().elements();
    return elements == 1 || (elements == channels && tensor.shape().last() == channels)
        ? tensor
        : null;
  }

  private @Nullable Tensor constant(Node node, int i) {
    return at.constant(node.input(i));
  }
}
