package dev.tilewright.onnx;

import static dev.tilewright.onnx.ModelBytes.integer;
import static dev.tilewright.onnx.ModelBytes.integers;

import java.util.Arrays;
import java.util.List;

/** Small model files for tests of other packages. */
public final class SampleModels {
  private SampleModels() {}

  /** Those that can be imported. */
  public static List<byte[]> all() {
    return List.of(
        reluAndAdd(), openConvolution(), convolutionOfInputs(), openNetwork(), everySize());
  }

  /** A little of everything that computes sizes. */
  public static byte[] everySize() {
    return new ModelBytes(13)
        .openInput("x", 1, "n", 4, 8, 8)
        .weights("w", 4, 2, 3, 3)
        .weights("b", 4)
        .weights("t", 4, 2, 2, 2)
        .weights("m", 8, 3)
        .longs("two", 2)
        .longs("rest", 0, -1)
        .longs("pads", 0, 0, 1, 1, 0, 0, 1, 1)
        .longs("wide", 5, 8, 3)
        .longs("from", 0, 0, 1, 1)
        .longs("to", 1, 4, 6, 6)
        .longs("sizes", 4, 4, 6, 6)
        .node("Conv", "x w b", "c", integers("pads", 1, 1, 1, 1), integer("group", 2))
        .node("MaxPool", "c", "p", integers("kernel_shape", 2, 2), integers("strides", 2, 2))
        .node("Pad", "p pads", "q")
        .node("Resize", "q - - sizes", "r")
        .node("ConvTranspose", "r t", "d", integers("strides", 2, 2))
        .node("Split", "d", "s0 s1", integer("axis", 1))
        .node("Concat", "s1 s0", "k", integer("axis", 1))
        .node("Slice", "k from to", "l")
        .node("ReduceMean", "k", "g", integers("axes", 2, 3))
        .node("Shape", "k", "shape")
        .node("Gather", "shape two", "size")
        .node("Cast", "size", "i", integer("to", 7))
        .node("Concat", "i two", "both", integer("axis", 0))
        .node("ConstantOfShape", "both", "z")
        .node("Expand", "m wide", "e")
        .node("Tile", "two two", "u")
        .node("Reshape", "g rest", "f")
        .node("Softmax", "f", "y", integer("axis", 1))
        .output("y", "l", "e", "u", "z")
        .toBytes();
  }

  /** y = max(x, 0) for x [1, 6], and a second input that is added: two [1, 6]. */
  public static byte[] reluAndAdd() {
    return new ModelBytes(13)
        .input("x", 1, 6)
        .input("bias", 1, 6)
        .node("Relu", "x", "r")
        .node("Add", "r bias", "y")
        .output("y")
        .toBytes();
  }

  /** y = x + w for x [1, 6], where w [6] is in another file. */
  public static byte[] externalWeights(String location) {
    OnnxBytes w = new OnnxBytes().integer(1, 6).integer(2, 1).text(8, "w").integer(14, 1);
    w.message(13, new OnnxBytes().text(1, "location").text(2, location));
    return new ModelBytes(13)
        .input("x", 1, 6)
        .initializer(w)
        .node("Add", "x w", "y")
        .output("y")
        .toBytes();
  }

  /** A 1x1 convolution of pictures of any size. */
  public static byte[] openConvolution() {
    return new ModelBytes(13)
        .openInput("image", 1, 1, 3, "height", "width")
        .weights("w", 4, 3, 1, 1)
        .node("Conv", "image w", "y")
        .output("y")
        .toBytes();
  }

  /** A 3x3 convolution of image [1, 16, 12, 12] with filter [32, 16, 3, 3] and bias [32]. */
  public static byte[] convolutionOfInputs() {
    return new ModelBytes(13)
        .input("image", 1, 16, 12, 12)
        .input("filter", 32, 16, 3, 3)
        .input("bias", 32)
        .node("Conv", "image filter bias", "y")
        .output("y")
        .toBytes();
  }

  /**
   * y = x + w in half precision, rounded through bfloat16 and back, for x [1, 6] of float16; w is
   * 256.
   */
  public static byte[] halves() {
    short w = Float.floatToFloat16(256);
    OnnxBytes tensor = new OnnxBytes().integer(1, 1).integer(2, 10).text(8, "w").bytes(9, bytes(w));
    return new ModelBytes(13)
        .typedInput("x", 10, 1, 6)
        .initializer(tensor)
        .node("Add", "x w", "a")
        .node("Cast", "a", "b", ModelBytes.integer("to", 16))
        .node("Cast", "b", "y", ModelBytes.integer("to", 10))
        .output("y")
        .toBytes();
  }

  private static byte[] bytes(short value) {
    return new byte[] {(byte) value, (byte) (value >> 8)};
  }

  /** A fully connected layer whose matrix is stored as [out, in], and large enough for threads. */
  public static byte[] connected() {
    return new ModelBytes(13)
        .input("x", 1, 512)
        .weights("w", 256, 512)
        .weights("b", 256)
        .node("Gemm", "x w b", "y", ModelBytes.integer("transB", 1))
        .output("y")
        .toBytes();
  }

  /** Two operators that no runtime has. */
  public static byte[] unsupported() {
    return new ModelBytes(13)
        .input("x", 1, 6)
        .node("Frobnicate", "x", "a")
        .node("Relu", "a", "b")
        .node("Grizzle", "b", "y")
        .output("y")
        .toBytes();
  }

  /**
   * A small network of pictures [1, 3, height, width] of any size: convolution with batch
   * normalisation and ReLU, a residual block, global pooling, a fully connected layer.
   */
  public static byte[] openNetwork() {
    float[] variance = new float[32];
    Arrays.fill(variance, 2);
    OnnxBytes pads = ModelBytes.integers("pads", 1, 1, 1, 1);
    return new ModelBytes(13)
        .openInput("image", 1, 1, 3, "height", "width")
        .weights("w1", 32, 3, 3, 3)
        .weights("scale", 32)
        .weights("shift", 32)
        .weights("mean", 32)
        .floats("variance", variance)
        .weights("w2", 32, 32, 3, 3)
        .weights("b2", 32)
        .weights("w3", 32, 32, 1, 1)
        .weights("fc", 32, 10)
        .node("Conv", "image w1", "a", pads)
        .node("BatchNormalization", "a scale shift mean variance", "b")
        .node("Relu", "b", "c")
        .node("Conv", "c w2 b2", "d", pads)
        .node("Relu", "d", "r")
        .node("Conv", "r w3", "s")
        .node("Add", "s c", "e")
        .node("GlobalAveragePool", "e", "f")
        .node("Flatten", "f", "g")
        .node("MatMul", "g fc", "scores")
        .output("scores")
        .toBytes();
  }

  /** Negates each element of a sequence, and says how many there are. */
  public static byte[] negatedSequence() {
    ModelBytes body = new ModelBytes(17).bodyInput("e").node("Neg", "e", "n").output("n");
    return new ModelBytes(17)
        .sequenceInput("s")
        .node("SequenceMap", "s", "negated", body.as("body"))
        .node("SequenceLength", "s", "count")
        .output("count", "negated")
        .toBytes();
  }
}
