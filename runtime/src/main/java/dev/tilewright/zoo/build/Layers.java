package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.onnx.Attribute;
import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.build.Parameter.Role;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The words that blocks and networks are written in. A layer with weights is named; its parameters
 * have PyTorch's names behind that name. For one thread.
 */
public final class Layers extends Selection {
  /** What is added to a variance, where papers and PyTorch say nothing else. */
  public static final float EPSILON = 1e-5f;

  /**
   * @param epsilon of batch normalisations
   * @param frozen whether batch normalisations are not trained
   * @param shared whether a parameter may be there already
   */
  private record Style(float epsilon, boolean frozen, boolean shared) {}

  private final Style style;

  Layers(Emitter out, String scope) {
    this(out, scope, new Style(EPSILON, false, false));
  }

  private Layers(Emitter out, String scope, Style style) {
    super(out, scope);
    this.style = style;
  }

  /** The same network, where names begin with {@code part} and a dot. */
  public Layers in(String part) {
    return new Layers(out, path(part), style);
  }

  /** The same network, whose batch normalisations add this to the variance. */
  public Layers epsilon(float added) {
    return new Layers(out, scope, new Style(added, style.frozen, style.shared));
  }

  /** The same network, whose batch normalisations keep what they were given. */
  public Layers frozen() {
    return new Layers(out, scope, new Style(style.epsilon, true, style.shared));
  }

  /** The same network, whose layers have the weights of those of the same name, if there are. */
  public Layers shared() {
    return new Layers(out, scope, new Style(style.epsilon, style.frozen, true));
  }

  /** Trained values that no layer below has. */
  public Feature parameter(String name, Role role, int... dims) {
    return parameter(name, role, role.learned(), dims);
  }

  private Feature parameter(String name, Role role, boolean learned, int... dims) {
    Shape shape = new Shape(IntStream.of(dims).boxed().toList());
    Parameter parameter = new Parameter(path(name), shape, role, learned);
    return style.shared ? out.shared(parameter) : out.parameter(parameter);
  }

  /** {@code name.weight} [K, C/g, h, w], and {@code name.bias} if the specification has one. */
  public Feature conv(String name, Feature x, ConvSpec spec) {
    require(
        x.channels() % spec.groups() == 0,
        "%s: groups (%d) divide the input channels (%d)",
        path(name),
        spec.groups(),
        x.channels());
    Feature filter =
        parameter(
            name + ".weight",
            Role.WEIGHT,
            spec.cout(),
            x.channels() / spec.groups(),
            spec.kernelH(),
            spec.kernelW());
    if (!spec.bias()) {
      return conv(path(name), spec, x, filter);
    }
    return conv(path(name), spec, x, filter, bias(name, spec.cout()));
  }

  /** A transposed convolution with bias: [N, C, H, W] to [N, K, (H-1)*s+k-2p, (W-1)*s+k-2p]. */
  public Feature convTranspose(String name, Feature x, int cout, int kernel, int stride, int pad) {
    int border = kernel - 2 * pad;
    Feature filter = parameter(name + ".weight", Role.WEIGHT, x.channels(), cout, kernel, kernel);
    Shape shape =
        Shape.of(
            x.batch(), cout, (x.height() - 1) * stride + border, (x.width() - 1) * stride + border);
    Map<String, Attribute> attributes =
        Map.of(
            "kernel_shape", ints(kernel, kernel),
            "strides", ints(stride, stride),
            "pads", ints(pad, pad, pad, pad));
    Feature y =
        out.emit(path(name), "ConvTranspose", attributes, shape, x, filter, bias(name, cout));
    // Each input is multiplied with all taps of all outputs.
    return out.work(y, x.shape().elements() * cout * kernel * kernel);
  }

  /** An image plus a trained value for each channel. */
  public Feature addBias(String name, Feature x) {
    int c = x.channels();
    return add(x, reshape(parameter(name, Role.BIAS, c), 1, c, 1, 1));
  }

  private Feature bias(String name, int size) {
    return parameter(name + ".bias", Role.BIAS, size);
  }

  /** Batch normalisation over dimension 1, with the statistics of training. */
  public Feature bn(String name, Feature x) {
    return bn(name, x, Role.SCALE);
  }

  /** The same at the end of a branch that is added to its own input. */
  public Feature lastBn(String name, Feature x) {
    return bn(name, x, Role.GAIN);
  }

  private Feature bn(String name, Feature x, Role scale) {
    int c = x.dim(1);
    return out.emit(
        path(name),
        "BatchNormalization",
        Map.of("epsilon", new Attribute.Real(style.epsilon)),
        x.shape(),
        x,
        parameter(name + ".weight", scale, !style.frozen, c),
        parameter(name + ".bias", Role.BIAS, !style.frozen, c),
        parameter(name + ".running_mean", Role.MEAN, c),
        parameter(name + ".running_var", Role.VARIANCE, c));
  }

  /** Convolution {@code conv<suffix>}, normalisation {@code bn<suffix>}. */
  public Feature convBn(String suffix, Feature x, ConvSpec spec) {
    return bn("bn" + suffix, conv("conv" + suffix, x, spec));
  }

  /** Convolution {@code conv<suffix>}, normalisation {@code bn<suffix>}, ReLU. */
  public Feature convBnRelu(String suffix, Feature x, ConvSpec spec) {
    return relu(convBn(suffix, x, spec));
  }

  /** Convolution {@code name.0}, normalisation {@code name.1}: the parts of a sequence. */
  public Feature convThenBn(String name, Feature x, ConvSpec spec) {
    return bn(name + ".1", conv(name + ".0", x, spec));
  }

  /** Normalisation over the last dimension. */
  public Feature layerNorm(String name, Feature x, float epsilon) {
    int c = x.dim(-1);
    return out.emit(
        path(name),
        "LayerNormalization",
        Map.of("epsilon", new Attribute.Real(epsilon), "axis", integer(-1)),
        x.shape(),
        x,
        parameter(name + ".weight", Role.SCALE, c),
        bias(name, c));
  }

  /** A fully connected layer over the last dimension, with {@code name.weight} [out, in]. */
  public Feature linear(String name, Feature x, int outputs, boolean bias) {
    require(outputs > 0, "%s: a layer has at least one output, not %d", path(name), outputs);
    Feature matrix = parameter(name + ".weight", Role.WEIGHT, outputs, x.dim(-1));
    if (x.shape().rank() == 2) {
      Feature[] in =
          bias ? new Feature[] {x, matrix, bias(name, outputs)} : new Feature[] {x, matrix};
      Shape shape = Shape.of(x.batch(), outputs);
      return out.count(
          out.emit(path(name), "Gemm", Map.of("transB", integer(1)), shape, in), x.dim(-1));
    }
    Feature y = matmul(x, transpose(matrix, 1, 0));
    return bias ? add(y, bias(name, outputs)) : y;
  }

  /** The same with a bias. */
  public Feature linear(String name, Feature x, int outputs) {
    return linear(name, x, outputs, true);
  }

  /** Adds a block of one input and one output under a name. */
  public Feature block(String name, Block.Single block, Feature x) {
    return block.apply(in(name), x);
  }

  /** Adds a block under a name. */
  public List<Feature> block(String name, Block block, List<Feature> inputs) {
    return block.apply(in(name), inputs);
  }
}
