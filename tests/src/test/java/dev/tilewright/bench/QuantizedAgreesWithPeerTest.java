package dev.tilewright.bench;

import static dev.tilewright.bench.Samples.floats;
import static dev.tilewright.bench.Samples.one;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Quantised operators against ONNX Runtime. Scales are powers of two where the peer computes in
 * another order than the definition does: then both are exact, ties included, and integers must be
 * equal. Signed right sides have 7 bits: without VNNI the peer multiplies with vpmaddubsw, which
 * saturates sums of two products.
 */
class QuantizedAgreesWithPeerTest {
  private static final Tensor SOURCE = bytes(1, DType.UINT8, 2, 6, 7, 5);
  private static final Tensor SIGNED = bytes(2, DType.INT8, 2, 6, 7, 5);

  static Stream<OneNode> operators() {
    List<OneNode> cases = new ArrayList<>();
    linear(cases);
    convolutions(cases);
    products(cases);
    microsoft(cases);
    return cases.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operators")
  void agreesWithOnnxRuntime(OneNode node) {
    Peer.agrees(node);
  }

  private static void linear(List<OneNode> cases) {
    Tensor x = floats(3, 2, 6, 7, 5);
    cases.add(
        OneNode.of("QuantizeLinear", 10)
            .input("x", x)
            .constant("s", one(0.017f))
            .constant("z", only(DType.UINT8, 131))
            .output(DType.UINT8));
    cases.add(
        OneNode.of("QuantizeLinear", 13)
            .input("x", x)
            .constant("s", each(0.01f, 6))
            .constant("z", bytes(4, DType.INT8, 6))
            .output(DType.INT8));
    cases.add(
        OneNode.of("QuantizeLinear", 13)
            .input("x", x)
            .constant("s", one(0.125f))
            .output(DType.UINT8));
    cases.add(
        OneNode.of("QuantizeLinear", 21)
            .input("x", x)
            .constant("s", one(0.0003f))
            .attribute("output_dtype", 5L)
            .output(DType.INT16));
    cases.add(
        OneNode.of("DequantizeLinear", 13)
            .input("x", SOURCE)
            .constant("s", each(0.3f, 5))
            .constant("z", bytes(5, DType.UINT8, 5))
            .attribute("axis", -1L));
    cases.add(
        OneNode.of("DequantizeLinear", 10).input("x", ints(6, 3, 4)).constant("s", one(0.3f)));
    cases.add(
        OneNode.of("DequantizeLinear", 21)
            .input("x", SIGNED)
            .constant("s", floats(7, 2, 2, 7, 5))
            .constant("z", bytes(8, DType.INT8, 2, 2, 7, 5))
            .attribute("block_size", 3L));
    cases.add(
        OneNode.of("DynamicQuantizeLinear", 11)
            .input("x", x)
            .output(DType.UINT8, DType.FLOAT32, DType.UINT8));
  }

  private static void convolutions(List<OneNode> cases) {
    for (Tensor src : List.of(SOURCE, SIGNED)) {
      for (DType type :
          src.dtype() == DType.UINT8 ? List.of(DType.UINT8, DType.INT8) : List.of(DType.INT8)) {
        for (int group : new int[] {1, 2, 6}) {
          int k = 12;
          cases.add(
              OneNode.of("QLinearConv", 10)
                  .input("x", src)
                  .constant("sx", one(0.02f))
                  .constant("zx", only(src.dtype(), 100))
                  .constant("w", right(9, type, k, 6 / group, 3, 3))
                  .constant("sw", type == DType.INT8 ? each(0.01f, k) : one(0.01f))
                  .constant("zw", type == DType.INT8 ? zeros(type, k) : only(type, 77))
                  .constant("sy", one(0.6f))
                  .constant("zy", only(src.dtype(), 99))
                  .constant("b", ints(10, k))
                  .attribute("group", (long) group)
                  .attribute("pads", List.of(1L, 0L, 2L, 1L))
                  .attribute("strides", List.of(2L, 1L))
                  .output(src.dtype()));
        }
      }
    }
    cases.add(
        OneNode.of("ConvInteger", 10)
            .input("x", SOURCE)
            .constant("w", bytes(11, DType.UINT8, 4, 6, 2, 3))
            .constant("zx", only(DType.UINT8, 3))
            .constant("zw", only(DType.UINT8, 200))
            .attribute("auto_pad", "SAME_UPPER")
            .output(DType.INT32));
    cases.add(
        OneNode.of("MaxPool", 12)
            .input("x", SOURCE)
            .attribute("kernel_shape", List.of(3L, 2L))
            .attribute("pads", List.of(1L, 1L, 1L, 1L))
            .output(DType.UINT8));
  }

  private static void products(List<OneNode> cases) {
    cases.add(
        OneNode.of("MatMulInteger", 10)
            .input("a", SOURCE)
            .input("b", right(12, DType.INT8, 5, 9))
            .constant("za", only(DType.UINT8, 128))
            .constant("zb", zeros(DType.INT8, 9))
            .output(DType.INT32));
    cases.add(
        OneNode.of("MatMulInteger", 10)
            .input("a", SOURCE)
            .input("b", bytes(14, DType.UINT8, 6, 5, 3))
            .output(DType.INT32));
    cases.add(
        OneNode.of("QLinearMatMul", 10)
            .input("a", SOURCE)
            .constant("sa", one(0.02f))
            .constant("za", only(DType.UINT8, 120))
            .constant("b", right(15, DType.INT8, 5, 11))
            .constant("sb", each(0.01f, 11))
            .constant("zb", zeros(DType.INT8, 11))
            .constant("sy", one(0.3f))
            .constant("zy", only(DType.UINT8, 128))
            .output(DType.UINT8));
    for (boolean floats : new boolean[] {false, true}) {
      OneNode gemm =
          OneNode.of("com.microsoft.QGemm", 13)
              .input("a", bytes(16, DType.UINT8, 7, 4))
              .constant("sa", one(0.02f))
              .constant("za", only(DType.UINT8, 120))
              .constant("b", right(17, DType.INT8, 9, 7))
              .constant("sb", each(0.01f, 9))
              .constant("zb", zeros(DType.INT8, 9))
              .constant("c", ints(18, 9))
              .attribute("transA", 1L)
              .attribute("transB", 1L)
              .attribute("alpha", 0.5f);
      cases.add(
          floats
              ? gemm
              : gemm.constant("sy", one(0.3f))
                  .constant("zy", only(DType.UINT8, 128))
                  .output(DType.UINT8));
    }
  }

  private static void microsoft(List<OneNode> cases) {
    for (String op : List.of("QLinearAdd", "QLinearMul")) {
      cases.add(
          OneNode.of("com.microsoft." + op, 13)
              .input("a", SOURCE)
              .constant("sa", one(0.25f))
              .constant("za", only(DType.UINT8, 120))
              .constant("b", bytes(19, DType.UINT8, 6, 1, 5))
              .constant("sb", one(0.125f))
              .constant("zb", only(DType.UINT8, 4))
              .constant("sy", one(0.5f))
              .constant("zy", only(DType.UINT8, 100))
              .output(DType.UINT8));
    }
    for (Tensor x : List.of(SOURCE, SIGNED)) {
      cases.add(unary("QLinearGlobalAveragePool", x, 0.25f));
      cases.add(
          unary("QLinearAveragePool", x, 0.25f)
              .attribute("kernel_shape", List.of(2L, 2L))
              .attribute("strides", List.of(2L, 1L)));
      cases.add(unary("QLinearLeakyRelu", x, 0.25f).attribute("alpha", 0.125f));
      cases.add(unary("QLinearSigmoid", x, 0.03f));
      cases.add(unary("QLinearSoftmax", x, 0.03f).attribute("axis", -1L).attribute("opset", 13L));
      cases.add(unary("QLinearSoftmax", x, 0.03f).attribute("axis", 2L).attribute("opset", 11L));
    }
    cases.add(
        OneNode.of("com.microsoft.QLinearConcat", 13)
            .constant("sy", one(0.5f))
            .constant("zy", only(DType.UINT8, 100))
            .constant("a", SOURCE)
            .constant("sa", one(0.25f))
            .constant("za", only(DType.UINT8, 120))
            .constant("b", bytes(20, DType.UINT8, 2, 3, 7, 5))
            .constant("sb", one(1))
            .constant("zb", only(DType.UINT8, 7))
            .attribute("axis", 1L)
            .output(DType.UINT8));
  }

  /** One tensor in, of the given scale; the result's is a power of two. */
  private static OneNode unary(String op, Tensor x, float scale) {
    boolean probability = op.equals("QLinearSigmoid") || op.equals("QLinearSoftmax");
    return OneNode.of("com.microsoft." + op, 13)
        .input("x", x)
        .constant("sx", one(scale))
        .constant("zx", only(x.dtype(), 28))
        .constant("sy", one(probability ? 1 / 256f : 0.5f))
        .constant("zy", only(x.dtype(), probability ? (x.dtype() == DType.INT8 ? -128 : 0) : 60))
        .output(x.dtype());
  }

  private static Tensor only(DType type, int value) {
    return new Tensor(
        new TensorType(type, Shape.SCALAR), MemorySegment.ofArray(new byte[] {(byte) value}));
  }

  private static Tensor zeros(DType type, int size) {
    return new Tensor(new TensorType(type, Shape.of(size)), MemorySegment.ofArray(new byte[size]));
  }

  /** A scale for each channel, around one value. */
  private static Tensor each(float scale, int size) {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = scale * (1 + i / 7f);
    }
    return Tensor.of(Shape.of(size), values);
  }

  private static Tensor bytes(long seed, DType type, Integer... dims) {
    byte[] values = new byte[(int) Shape.of(dims).elements()];
    new Random(seed).nextBytes(values);
    return new Tensor(new TensorType(type, Shape.of(dims)), MemorySegment.ofArray(values));
  }

  private static Tensor right(long seed, DType type, Integer... dims) {
    Tensor full = bytes(seed, type, dims);
    byte[] values = full.data().toArray(ValueLayout.JAVA_BYTE);
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) (type == DType.INT8 ? values[i] >> 1 : values[i]);
    }
    return new Tensor(full.type(), MemorySegment.ofArray(values));
  }

  private static Tensor ints(long seed, Integer... dims) {
    int[] values = new Random(seed).ints(Shape.of(dims).elements(), -500, 500).toArray();
    return new Tensor(new TensorType(DType.INT32, Shape.of(dims)), MemorySegment.ofArray(values));
  }
}
