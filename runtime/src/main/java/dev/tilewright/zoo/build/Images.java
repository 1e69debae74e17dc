package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What is for images, [N, C, H, W]: windows that move over them, and other sizes. */
public abstract class Images extends Movement {
  Images(Emitter out, String scope) {
    super(out, scope);
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
    Feature none = new Feature("", TensorType.floats(Shape.SCALAR), "", true);
    if (!x.isOpen()) {
      Feature sizes = longs(x.batch(), x.channels(), height, width);
      return emit("Resize", attributes, dims, x, none, none, sizes);
    }
    require(
        height % x.height() == 0 && width % x.width() == 0,
        "%s: images of which data decide how many there are grow by whole factors, not to %dx%d",
        scope,
        height,
        width);
    float[] factors = {1, 1, (float) height / x.height(), (float) width / x.width()};
    return emit("Resize", attributes, dims, x, none, constant(Tensor.of(Shape.of(4), factors)));
  }

  /** How values between pixels come from those around them. */
  public enum Sampling {
    BILINEAR,
    NEAREST,
    BICUBIC
  }

  /** What lies outside an image. */
  public enum Outside {
    ZEROS,
    /** The nearest pixel of the image. */
    BORDER,
    REFLECTION
  }

  /**
   * The values of an image at places (x, y) in [-1, 1]: [N, C, H, W] at [N, H', W', 2] to [N, C,
   * H', W'], as PyTorch's grid_sample.
   *
   * @param alignCorners whether -1 and 1 are the centres of the first and last pixel, or the sides
   */
  public final Feature gridSample(
      Feature x, Feature grid, Sampling sampling, Outside outside, boolean alignCorners) {
    require(
        x.shape().rank() == 4
            && grid.shape().rank() == 4
            && grid.dim(0) == x.batch()
            && grid.dim(3) == 2,
        "%s: the places of an image [N, C, H, W] are [N, H', W', 2], not %s of %s",
        scope,
        grid.shape(),
        x.shape());
    Map<String, Attribute> attributes =
        Map.of(
            "mode", new Attribute.Text(sampling.name().toLowerCase(Locale.ROOT)),
            "padding_mode", new Attribute.Text(outside.name().toLowerCase(Locale.ROOT)),
            "align_corners", integer(alignCorners ? 1 : 0));
    List<Integer> dims = List.of(x.batch(), x.channels(), grid.dim(1), grid.dim(2));
    return emit("GridSample", attributes, dims, x, grid);
  }

  /**
   * [N, C, H*r, W*r] to [N, r*r*C, H, W]: all channels of the first pixel of a square, and so on.
   */
  public final Feature spaceToDepth(Feature x, int r) {
    require(
        r > 0 && x.height() % r == 0 && x.width() % r == 0,
        "%s: the factor (%d) divides height and width (%dx%d)",
        scope,
        r,
        x.height(),
        x.width());
    return emit(
        "SpaceToDepth",
        Map.of("blocksize", integer(r)),
        List.of(x.batch(), x.channels() * r * r, x.height() / r, x.width() / r),
        x);
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
}
