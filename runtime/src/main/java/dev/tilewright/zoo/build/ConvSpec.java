package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

/**
 * A convolution without its weights and its input.
 *
 * @param cout output channels
 * @param padH zeros above and below
 * @param padW zeros left and right
 */
public record ConvSpec(
    int cout,
    int kernelH,
    int kernelW,
    int stride,
    int padH,
    int padW,
    int dilation,
    int groups,
    boolean bias) {
  /**
   * @throws RuleException if there can be no such convolution
   */
  public ConvSpec {
    require(cout > 0, "a convolution has at least one output channel, not %d", cout);
    require(kernelH > 0 && kernelW > 0, "a filter is at least 1x1, not %dx%d", kernelH, kernelW);
    require(stride > 0, "the stride is at least 1, not %d", stride);
    require(padH >= 0 && padW >= 0, "padding is at least 0, not %dx%d", padH, padW);
    require(dilation > 0, "the dilation is at least 1, not %d", dilation);
    require(groups > 0, "there is at least one group, not %d", groups);
    require(cout % groups == 0, "groups (%d) divide the output channels (%d)", groups, cout);
  }

  /** A square filter that, at stride 1, keeps the size if it is odd; no bias. */
  public static ConvSpec of(int cout, int kernel) {
    return of(cout, kernel, kernel);
  }

  public static ConvSpec of(int cout, int kernelH, int kernelW) {
    return new ConvSpec(
        cout, kernelH, kernelW, 1, (kernelH - 1) / 2, (kernelW - 1) / 2, 1, 1, false);
  }

  /** Output channels. */
  public ConvSpec to(int channels) {
    return new ConvSpec(channels, kernelH, kernelW, stride, padH, padW, dilation, groups, bias);
  }

  /** Another filter size, with the padding that keeps the size. */
  public ConvSpec kernel(int h, int w) {
    return new ConvSpec(cout, h, w, stride, 0, 0, dilation, groups, bias).dilation(dilation);
  }

  public ConvSpec stride(int s) {
    return new ConvSpec(cout, kernelH, kernelW, s, padH, padW, dilation, groups, bias);
  }

  public ConvSpec padding(int h, int w) {
    return new ConvSpec(cout, kernelH, kernelW, stride, h, w, dilation, groups, bias);
  }

  public ConvSpec padding(int p) {
    return padding(p, p);
  }

  /** With the padding that keeps the size, as {@link #of}; say another one afterwards. */
  public ConvSpec dilation(int d) {
    return new ConvSpec(
        cout,
        kernelH,
        kernelW,
        stride,
        d * (kernelH - 1) / 2,
        d * (kernelW - 1) / 2,
        d,
        groups,
        bias);
  }

  public ConvSpec groups(int g) {
    return new ConvSpec(cout, kernelH, kernelW, stride, padH, padW, dilation, g, bias);
  }

  public ConvSpec bias(boolean with) {
    return new ConvSpec(cout, kernelH, kernelW, stride, padH, padW, dilation, groups, with);
  }

  /** The square filter's size, for blocks that have no other. */
  public int kernel() {
    require(kernelH == kernelW, "the filter is square, not %dx%d", kernelH, kernelW);
    return kernelH;
  }

  /** Taps of the filter. */
  public int taps() {
    return kernelH * kernelW;
  }

  int outputHeight(int h, String layer) {
    return new Window(kernelH, stride, padH, dilation).output(h, false, layer);
  }

  int outputWidth(int w, String layer) {
    return new Window(kernelW, stride, padW, dilation).output(w, false, layer);
  }
}
