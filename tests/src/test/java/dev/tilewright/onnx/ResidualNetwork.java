package dev.tilewright.onnx;

import static dev.tilewright.onnx.ModelBytes.integers;
import static dev.tilewright.onnx.ModelBytes.real;

import dev.tilewright.tensor.Shape;
import java.util.Random;

/**
 * A network with the shapes of ResNet-50 (He et al. 2015, torchvision's variant with the stride in
 * the 3x3 layer) and seeded weights: normalisations are nodes of their own.
 */
public final class ResidualNetwork {
  private final ModelBytes model = new ModelBytes(13).input("x", 1, 3, 224, 224);
  private final Random random = new Random(50);
  private int made;

  private ResidualNetwork() {}

  /** The file: 25.6 million parameters, 102 MB. */
  public static byte[] resnet50() {
    ResidualNetwork network = new ResidualNetwork();
    String value = network.relu(network.normalised("x", 3, 64, 7, 2));
    value =
        network.add(
            "MaxPool",
            value,
            integers("kernel_shape", 3, 3),
            integers("strides", 2, 2),
            integers("pads", 1, 1, 1, 1));
    int[] blocks = {3, 4, 6, 3};
    int channels = 64;
    for (int stage = 0; stage < blocks.length; stage++) {
      for (int block = 0; block < blocks[stage]; block++) {
        int width = 64 << stage;
        value = network.block(value, channels, width, block == 0 && stage > 0 ? 2 : 1);
        channels = 4 * width;
      }
    }
    value = network.add("GlobalAveragePool", value);
    value = network.add("Flatten", value);
    network.weights("fc", 1000, channels);
    network.weights("fc_bias", 1000);
    network.model.node("Gemm", value + " fc fc_bias", "y", ModelBytes.integer("transB", 1));
    return network.model.output("y").toBytes();
  }

  private String block(String in, int channels, int width, int stride) {
    String value = relu(normalised(in, channels, width, 1, 1));
    value = relu(normalised(value, width, width, 3, stride));
    value = normalised(value, width, 4 * width, 1, 1);
    String shortcut = channels == 4 * width ? in : normalised(in, channels, 4 * width, 1, stride);
    return relu(add("Add", value + " " + shortcut));
  }

  private String normalised(String in, int channels, int filters, int size, int stride) {
    String w = "w" + made;
    String s = "s" + made;
    weights(w, filters, channels, size, size);
    int pad = size / 2;
    String value =
        add(
            "Conv",
            in + " " + w,
            integers("kernel_shape", size, size),
            integers("strides", stride, stride),
            integers("pads", pad, pad, pad, pad));
    for (String parameter : new String[] {"scale", "shift", "mean", "variance"}) {
      float[] values = new float[filters];
      for (int i = 0; i < filters; i++) {
        values[i] = 0.5f + random.nextFloat();
      }
      model.floats(s + parameter, values);
    }
    return add(
        "BatchNormalization",
        String.join(" ", value, s + "scale", s + "shift", s + "mean", s + "variance"),
        real("epsilon", 1e-5f));
  }

  private String relu(String in) {
    return add("Relu", in);
  }

  private String add(String op, String in, OnnxBytes... attributes) {
    String out = "v" + made++;
    model.node(op, in, out, attributes);
    return out;
  }

  private void weights(String name, Integer... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.elements()];
    float scale = (float) Math.sqrt(2.0 / shape.product(1, shape.rank()));
    for (int i = 0; i < values.length; i++) {
      values[i] = scale * (2 * random.nextFloat() - 1);
    }
    model.floats(name, shape, values);
  }
}
