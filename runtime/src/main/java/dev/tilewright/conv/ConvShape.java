package dev.tilewright.conv;

/**
 * Geometry of one 2-D convolution: everything that fixes its loop bounds, nothing that does not.
 *
 * <p>The whole project names a layer by {@link #key()}: tuning files, benchmark parameters, log
 * lines and failed tests all print the same text, so any of them can be pasted into any other.
 *
 * @param batch images, N
 * @param groups filter groups, G; divides both channel counts
 * @param inChannels input channels, C, all groups together
 * @param outChannels output channels, K, all groups together
 * @param in input height and width, before padding
 * @param kernel filter height and width, before dilation
 * @param stride output step
 * @param dilation distance between filter taps; 1 is dense
 * @param pad zeros added around the input
 */
public record ConvShape(
    int batch,
    int groups,
    int inChannels,
    int outChannels,
    Size in,
    Size kernel,
    Size stride,
    Size dilation,
    Padding pad) {

  /** Height and width in elements; both at least 1. */
  public record Size(int height, int width) {
    public Size {
      require(height > 0 && width > 0, "size must be positive");
    }
  }

  /** Zeros around the input in elements, each at least 0. */
  public record Padding(int top, int left, int bottom, int right) {
    public Padding {
      require(top >= 0 && left >= 0 && bottom >= 0 && right >= 0, "padding must not be negative");
    }
  }

  public ConvShape {
    require(batch > 0 && groups > 0, "batch and groups must be positive");
    require(inChannels > 0 && inChannels % groups == 0, "groups must divide inChannels");
    require(outChannels > 0 && outChannels % groups == 0, "groups must divide outChannels");
    long height = (long) in.height + pad.top + pad.bottom;
    long width = (long) in.width + pad.left + pad.right;
    require(height <= Integer.MAX_VALUE && width <= Integer.MAX_VALUE, "padding is too large");
    require(
        span(kernel.height, dilation.height) <= height
            && span(kernel.width, dilation.width) <= width,
        "dilated kernel is larger than the padded input");
  }

  /** The same of so many of its groups. */
  public ConvShape ofGroups(int count) {
    return new ConvShape(
        batch,
        count,
        inChannels / groups * count,
        outChannels / groups * count,
        in,
        kernel,
        stride,
        dilation,
        pad);
  }

  /** Output height and width: floor((in + pad - span) / stride) + 1. */
  public Size out() {
    long height =
        (in.height + pad.top + pad.bottom - span(kernel.height, dilation.height)) / stride.height
            + 1;
    long width =
        (in.width + pad.left + pad.right - span(kernel.width, dilation.width)) / stride.width + 1;
    return new Size((int) height, (int) width);
  }

  /** Multiply-accumulates of the direct algorithm; the denominator of every GFLOP/s we report. */
  public long macs() {
    Size out = out();
    return (long) batch
        * outChannels
        * out.height
        * out.width
        * (inChannels / groups)
        * kernel.height
        * kernel.width;
  }

  public boolean isDepthwise() {
    return groups == inChannels && groups > 1;
  }

  public boolean isPointwise() {
    return kernel.height == 1 && kernel.width == 1;
  }

  /** Canonical text, e.g. {@code n1g1c64k64_i56x56_f3x3_s1x1_d1x1_p1,1,1,1}. */
  public String key() {
    return "n"
        + batch
        + "g"
        + groups
        + "c"
        + inChannels
        + "k"
        + outChannels
        + "_i"
        + in.height
        + "x"
        + in.width
        + "_f"
        + kernel.height
        + "x"
        + kernel.width
        + "_s"
        + stride.height
        + "x"
        + stride.width
        + "_d"
        + dilation.height
        + "x"
        + dilation.width
        + "_p"
        + pad.top
        + ","
        + pad.left
        + ","
        + pad.bottom
        + ","
        + pad.right;
  }

  /**
   * The shape that {@link #key()} wrote.
   *
   * @throws IllegalArgumentException if the text is not a key, or names an impossible shape
   */
  public static ConvShape parse(String key) {
    int[] v =
        KEY_NUMBER.matcher(key).results().mapToInt(m -> Integer.parseInt(m.group())).toArray();
    require(v.length == 16, "not a shape key: " + key);
    return new ConvShape(
        v[0],
        v[1],
        v[2],
        v[3],
        new Size(v[4], v[5]),
        new Size(v[6], v[7]),
        new Size(v[8], v[9]),
        new Size(v[10], v[11]),
        new Padding(v[12], v[13], v[14], v[15]));
  }

  private static final java.util.regex.Pattern KEY_NUMBER = java.util.regex.Pattern.compile("\\d+");

  private static long span(int taps, int dilation) {
    return (taps - 1L) * dilation + 1;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
