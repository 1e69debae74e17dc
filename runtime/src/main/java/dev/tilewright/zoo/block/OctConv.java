package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Octave convolution (Chen et al. 2019, arXiv 1904.05049): alpha of the channels live at half the
 * resolution. Y_H = f(X_H; W_HH) + up(f(X_L; W_LH)), Y_L = f(X_L; W_LL) + f(pool(X_H); W_HL), with
 * the nearest pixel and the mean of 2x2. Stride 2 averages before filters of stride 1.
 *
 * <p>Inputs and outputs are X_H and, if there is one, X_L. Low channels are rounded to the nearest
 * number.
 *
 * @param conv all output channels, high and low
 * @param alphaIn 0 in a first layer
 * @param alphaOut 0 in a last one
 * @param upFirst whether the filter of the low input comes after the enlargement, as in some code:
 *     other numbers for filters larger than 1x1
 */
public record OctConv(ConvSpec conv, double alphaIn, double alphaOut, boolean upFirst)
    implements Block {
  private static final PoolSpec HALF = PoolSpec.of(2);

  public OctConv {
    requireShare("alpha_in", alphaIn);
    requireShare("alpha_out", alphaOut);
    require(conv.stride() <= 2, "OctConv: the stride is 1 or 2, not %d", conv.stride());
    require(
        low(conv.cout(), alphaOut) < conv.cout(),
        "OctConv: alpha_out (%s) leaves one of %d output channels at full resolution",
        alphaOut,
        conv.cout());
  }

  /** Low and high in and out. */
  public OctConv(ConvSpec conv, double alpha) {
    this(conv, alpha, alpha, false);
  }

  private static void requireShare(String name, double alpha) {
    require(alpha >= 0 && alpha <= 1, "OctConv: %s lies in [0, 1], not at %s", name, alpha);
  }

  /** Channels at half the resolution. */
  public static int low(int channels, double alpha) {
    return (int) Math.round(alpha * channels);
  }

  @Override
  public List<Feature> apply(Layers n, List<Feature> inputs) {
    check(inputs);
    boolean half = conv.stride() == 2;
    Feature high = half ? n.averagePool(inputs.getFirst(), HALF) : inputs.getFirst();
    int lowOut = low(conv.cout(), alphaOut);
    ConvSpec toHigh = conv.stride(1).to(conv.cout() - lowOut);

    Feature yh = n.conv("hh", high, toHigh);
    Feature yl = null;
    if (lowOut > 0) {
      yl = n.conv("hl", n.averagePool(high, HALF), toHigh.to(lowOut));
    }
    if (inputs.size() > 1) {
      Feature low = inputs.get(1);
      yh = n.add(yh, fromLow(n, low, toHigh, half));
      if (yl != null) {
        Feature smaller = half ? n.averagePool(low, HALF) : low;
        yl = n.add(yl, n.conv("ll", smaller, toHigh.to(lowOut)));
      }
    }
    List<Feature> outputs = new ArrayList<>(List.of(yh));
    if (yl != null) {
      outputs.add(yl);
    }
    return outputs;
  }

  /** With stride 2 the low input has the resolution of the high output already. */
  private Feature fromLow(Layers n, Feature low, ConvSpec toHigh, boolean half) {
    if (half) {
      return n.conv("lh", low, toHigh);
    }
    return upFirst ? n.conv("lh", up(n, low), toHigh) : up(n, n.conv("lh", low, toHigh));
  }

  private static Feature up(Layers n, Feature x) {
    return n.nearest(x, 2 * x.height(), 2 * x.width());
  }

  private void check(List<Feature> inputs) {
    int expected = alphaIn > 0 ? 2 : 1;
    require(
        inputs.size() == expected,
        "OctConv: alpha_in = %s takes %d inputs, %d are given",
        alphaIn,
        expected,
        inputs.size());
    Feature high = inputs.getFirst();
    int multiple = conv.stride() * (alphaOut > 0 ? 2 : 1);
    require(
        high.height() % multiple == 0 && high.width() % multiple == 0,
        "OctConv: height and width are multiples of %d, not %dx%d",
        multiple,
        high.height(),
        high.width());
    if (expected == 2) {
      Feature low = inputs.get(1);
      require(
          2 * low.height() == high.height() && 2 * low.width() == high.width(),
          "OctConv: the low input has half the size of the high one, not %s to %s",
          low.shape(),
          high.shape());
      int all = high.channels() + low.channels();
      require(
          low.channels() == low(all, alphaIn),
          "OctConv: alpha_in = %s makes %d of %d channels low, not %d",
          alphaIn,
          low(all, alphaIn),
          all,
          low.channels());
    }
  }
}
