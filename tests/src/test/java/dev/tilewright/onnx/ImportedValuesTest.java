package dev.tilewright.onnx;

import static dev.tilewright.onnx.ModelBytes.integer;
import static dev.tilewright.onnx.ModelBytes.integers;
import static dev.tilewright.onnx.ModelBytes.real;
import static dev.tilewright.onnx.ModelBytes.reals;
import static dev.tilewright.onnx.ModelBytes.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/**
 * What operators of the model format compute, in all their forms: on constants, so that importing
 * is computing. Expected values are worked out by hand from the operators' definitions.
 */
final class ImportedValuesTest {
  /** Float arithmetic of a few operations. */
  private static final Offset<Float> NEAR = Offset.offset(1e-6f);

  @Test
  void gemmScalesTransposesAndAdds() {
    ModelBytes model =
        with(13)
            .floats("a", Shape.of(2, 1), 1, 2)
            .floats("b", Shape.of(3, 2), 1, 2, 3, 4, 5, 6)
            .floats("c", 10, 20, 30);
    OnnxBytes[] attributes = {
      integer("transA", 1), integer("transB", 1), real("alpha", 2), real("beta", 0.5f)
    };
    gives(model.node("Gemm", "a b c", "y", attributes), Shape.of(1, 3), 15, 32, 49);
    gives(
        with(7)
            .floats("a", Shape.of(1, 2), 1, 2)
            .floats("b", Shape.of(2, 1), 3, 4)
            .node("Gemm", "a b", "y"),
        Shape.of(1, 1),
        11);
  }

  @Test
  void vectorsAreMatrices() {
    ModelBytes model = with(13).floats("m", Shape.of(2, 2), 1, 2, 3, 4).floats("v", 1, 10);
    gives(model.node("MatMul", "m v", "y"), Shape.of(2), 21, 43);
    model = with(13).floats("m", Shape.of(2, 2), 1, 2, 3, 4).floats("v", 1, 10);
    gives(model.node("MatMul", "v m", "y"), Shape.of(2), 31, 42);
    gives(with(13).floats("v", 1, 10).node("MatMul", "v v", "y"), Shape.SCALAR, 101);
  }

  @Test
  void slicesClampAndWalkBackwards() {
    gives(slice("1", "3"), Shape.of(2), 1, 2);
    gives(slice("-3", "9223372036854775807"), Shape.of(3), 3, 4, 5);
    gives(slice("0", "6", "0", "4"), Shape.of(2), 0, 4);
    gives(slice("-1", "-9223372036854775808", "0", "-1"), Shape.of(6), 5, 4, 3, 2, 1, 0);
    gives(slice("4", "0", "0", "-2"), Shape.of(2), 4, 2);
    gives(slice("100", "-100", "0", "-9223372036854775808"), Shape.of(1), 5);
    gives(slice("0", "100", "0", "9223372036854775807"), Shape.of(1), 0);
    gives(slice("4", "2"), Shape.of(0));
    OnnxBytes[] old = {integers("starts", 1), integers("ends", -1), integers("axes", 0)};
    gives(with(9).floats("x", 0, 1, 2, 3).node("Slice", "x", "y", old), Shape.of(2), 1, 2);
  }

  @Test
  void splitsByAttributeInputAndNumber() {
    ModelBytes model = with(11).floats("x", 0, 1, 2, 3, 4, 5);
    gives(model.node("Split", "x", "a y", integers("split", 2, 4)), Shape.of(4), 2, 3, 4, 5);
    model = with(13).floats("x", 0, 1, 2, 3, 4, 5).longs("s", 5, 1);
    gives(model.node("Split", "x s", "a y"), Shape.of(1), 5);
    model = with(13).floats("x", 0, 1, 2, 3, 4, 5);
    gives(model.node("Split", "x", "a y b"), Shape.of(2), 2, 3);
    model = with(18).floats("x", 0, 1, 2, 3, 4);
    gives(model.node("Split", "x", "a y", integer("num_outputs", 2)), Shape.of(2), 3, 4);
  }

  @Test
  void padsAndCrops() {
    ModelBytes model = with(7).floats("x", 1, 2, 3);
    gives(
        model.node("Pad", "x", "y", integers("pads", 1, 2), real("value", 9)),
        Shape.of(6),
        9,
        1,
        2,
        3,
        9,
        9);
    model = with(13).floats("x", 1, 2, 3).longs("p", -1, 1);
    gives(model.node("Pad", "x p", "y"), Shape.of(3), 2, 3, 0);
    model = with(13).floats("x", 1, 2, 3).longs("p", 2, 1);
    gives(model.node("Pad", "x p", "y", text("mode", "reflect")), Shape.of(6), 3, 2, 1, 2, 3, 2);
    model = with(18).weights("x", 1, 2).longs("p", 1, 0).longs("axes", -1);
    gives(model.node("Pad", "x p - axes", "y", text("mode", "edge")), Shape.of(1, 3), -3, -3, -2);
  }

  @Test
  void reshapesInAllWays() {
    gives(six(13).longs("s", 0, -1).node("Reshape", "x s", "y"), Shape.of(2, 3), SIX);
    gives(six(13).longs("s", 3, -1).node("Reshape", "x s", "y"), Shape.of(3, 2), SIX);
    gives(six(13).node("Flatten", "x", "y", integer("axis", 0)), Shape.of(1, 6), SIX);
    gives(six(13).node("Flatten", "x", "y", integer("axis", 2)), Shape.of(6, 1), SIX);
    gives(six(13).node("Flatten", "x", "y", integer("axis", -1)), Shape.of(2, 3), SIX);
    gives(six(11).node("Unsqueeze", "x", "y", integers("axes", 0, -1)), Shape.of(1, 2, 3, 1), SIX);
    gives(six(13).longs("a", 3, 1).node("Unsqueeze", "x a", "y"), Shape.of(2, 1, 3, 1), SIX);
    ModelBytes ones = with(11).weights("x", 1, 2, 1);
    gives(ones.node("Squeeze", "x", "y"), Shape.of(2), -3, -2);
    ones = with(13).weights("x", 1, 2, 1).longs("a", -1);
    gives(ones.node("Squeeze", "x a", "y"), Shape.of(1, 2), -3, -2);
    gives(six(13).node("Transpose", "x", "y"), Shape.of(3, 2), -3, 0, -2, 1, -1, 2);
  }

  @Test
  void repeats() {
    ModelBytes tile = with(13).floats("x", Shape.of(2, 1), 1, 2).longs("r", 2, 3);
    gives(tile.node("Tile", "x r", "y"), Shape.of(4, 3), 1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2);
    ModelBytes expand = with(13).floats("x", Shape.of(2, 1), 1, 2).longs("s", 3);
    gives(expand.node("Expand", "x s", "y"), Shape.of(2, 3), 1, 1, 1, 2, 2, 2);
  }

  @Test
  void movesPixelsToChannelsAndBack() {
    float[] values = new float[8];
    for (int i = 0; i < 8; i++) {
      values[i] = i;
    }
    ModelBytes model = with(13).floats("x", Shape.of(1, 8, 1, 1), values);
    gives(
        model.node("DepthToSpace", "x", "y", integer("blocksize", 2)),
        Shape.of(1, 2, 2, 2),
        0,
        2,
        4,
        6,
        1,
        3,
        5,
        7);
    model = with(13).floats("x", Shape.of(1, 8, 1, 1), values);
    gives(
        model.node("DepthToSpace", "x", "y", integer("blocksize", 2), text("mode", "CRD")),
        Shape.of(1, 2, 2, 2),
        values);
    model = with(13).floats("x", Shape.of(1, 2, 2, 2), 0, 2, 4, 6, 1, 3, 5, 7);
    gives(
        model.node("SpaceToDepth", "x", "y", integer("blocksize", 2)),
        Shape.of(1, 8, 1, 1),
        values);
  }

  @Test
  void reducesOverStatedAxesOrAll() {
    gives(six(11).node("ReduceSum", "x", "y", integers("axes", 0)), Shape.of(1, 3), -3, -1, 1);
    gives(
        six(13).longs("a", -1).node("ReduceSum", "x a", "y", integer("keepdims", 0)),
        Shape.of(2),
        -6,
        3);
    gives(six(13).node("ReduceMean", "x", "y"), Shape.of(1, 1), -0.5f);
    gives(six(18).longs("a", 1).node("ReduceMax", "x a", "y"), Shape.of(2, 1), -1, 2);
    gives(six(18).longs("a", 0).node("ReduceMin", "x a", "y"), Shape.of(1, 3), -3, -2, -1);
    gives(six(13).node("ReduceProd", "x", "y", integers("axes", 1)), Shape.of(2, 1), -6, 0);
    OnnxBytes noop = integer("noop_with_empty_axes", 1);
    gives(six(13).node("ReduceSum", "x", "y", noop), Shape.of(2, 3), SIX);
  }

  @Test
  void chainsOfManyInputs() {
    ModelBytes model = with(13).floats("a", 1, 5).floats("b", 4, 2).floats("c", 1, 2);
    gives(model.node("Max", "a b c", "y"), Shape.of(2), 4, 5);
    model = with(13).floats("a", 1, 5).floats("b", 4, 2).floats("c", 1, 2);
    gives(model.node("Mean", "a b c", "y"), Shape.of(2), 2, 3);
    model = with(13).floats("a", 1, 5).floats("b", 4, 2).floats("c", 1, 2);
    gives(model.node("Sum", "a b c", "y"), Shape.of(2), 6, 9);
  }

  @Test
  void constantsInAllForms() {
    gives(with(13).node("Constant", "", "y", real("value_float", 2)), Shape.SCALAR, 2);
    gives(with(13).node("Constant", "", "y", reals("value_floats", 2, 3)), Shape.of(2), 2, 3);
    gives(with(13).node("Constant", "", "y", integer("value_int", 4)), Shape.SCALAR, 4);
    gives(with(13).node("Constant", "", "y", integers("value_ints", 4, 5)), Shape.of(2), 4, 5);
    OnnxBytes value = ModelBytes.value(Tensor.of(Shape.of(1), 7L));
    gives(with(7).node("Constant", "", "y", value), Shape.of(1), 7);
    gives(with(9).longs("s", 2, 1).node("ConstantOfShape", "s", "y", value), Shape.of(2, 1), 7, 7);
    gives(with(9).longs("s", 2).node("ConstantOfShape", "s", "y"), Shape.of(2), 0, 0);
    ModelBytes range = with(11).scalar("a", 7).scalar("b", 0).scalar("c", -3);
    gives(range.node("Range", "a b c", "y"), Shape.of(3), 7, 4, 1);
    gives(with(15).weights("x", 2, 3, 4).node("Shape", "x", "y"), Shape.of(3), 2, 3, 4);
    gives(
        with(15).weights("x", 2, 3, 4).node("Shape", "x", "y", integer("start", -2)),
        Shape.of(2),
        3,
        4);
    gives(with(13).weights("x", 2, 3).node("Size", "x", "y"), Shape.SCALAR, 6);
  }

  @Test
  void activationsMadeOfArithmetic() {
    near(with(13).floats("x", -1, 0, 2).node("Elu", "x", "y"), Math.expm1(-1), 0, 2);
    near(with(13).floats("x", -1, 2).floats("s", 0.25f).node("PRelu", "x s", "y"), -0.25, 2);
    near(with(13).floats("x", -200, 0, 200).node("Softplus", "x", "y"), 0, Math.log(2), 200);
    near(with(13).floats("x", 0, 0).node("LogSoftmax", "x", "y"), -Math.log(2), -Math.log(2));
    near(with(13).floats("x", 0, -200).node("LogSoftmax", "x", "y"), 0, -200);
    near(with(20).floats("x", 0, 1).node("Gelu", "x", "y"), 0, 0.841345);
    near(
        with(20).floats("x", 0, 1).node("Gelu", "x", "y", text("approximate", "tanh")),
        0,
        0.841192);
    near(with(13).floats("x", 2, 3).scalar("p", 2).node("Pow", "x p", "y"), 4, 9);
  }

  @Test
  void normalizesLayersAndInstances() {
    ModelBytes layer = with(17).floats("x", Shape.of(2, 2), 1, 3, 5, 5);
    layer.floats("s", 2, 4).floats("b", 0, 1);
    near(layer.node("LayerNormalization", "x s b", "y", real("epsilon", 3)), -1, 3, 0, 1);
    ModelBytes whole = with(17).floats("x", Shape.of(2, 2), 1, 3, 5, 7);
    whole.floats("s", Shape.of(2, 1), 1, 2);
    near(
        whole.node("LayerNormalization", "x s", "y", real("epsilon", 11), integer("axis", 0)),
        -0.75,
        -0.25,
        0.5,
        1.5);
    ModelBytes instance = with(13).floats("x", Shape.of(1, 2, 2), 1, 3, 5, 9);
    instance.floats("s", 2, 4).floats("b", 0, 1);
    near(instance.node("InstanceNormalization", "x s b", "y", real("epsilon", 0)), -2, 2, -3, 5);
  }

  @Test
  void convertsTypes() {
    gives(
        with(13).floats("x", -1.5f, 2).node("Cast", "x", "y", integer("to", 7)),
        Shape.of(2),
        -1,
        2);
    gives(with(13).longs("x", 0, 2).node("Cast", "x", "y", integer("to", 9)), Shape.of(2), 0, 1);
    gives(with(13).longs("x", 3).node("Cast", "x", "y", integer("to", 11)), Shape.of(1), 3);
    gives(with(13).longs("x", 2049).node("Cast", "x", "y", integer("to", 10)), Shape.of(1), 2048);
    gives(with(13).floats("x", 257).node("Cast", "x", "y", integer("to", 16)), Shape.of(1), 256);
    gives(
        with(13).floats("x", -7, 7, 70000).node("Cast", "x", "y", integer("to", 4)),
        Shape.of(3),
        0,
        7,
        65535);
  }

  @Test
  void unsignedBitsAreOnesAndZeros() {
    ModelBytes bytes = with(18).bytes("x", DType.UINT8, 5, 0);
    gives(bytes.node("BitwiseNot", "x", "y"), Shape.of(2), 250, 255);
    bytes = with(18).bytes("x", DType.UINT8, 12).bytes("z", DType.UINT8, 10);
    gives(bytes.node("BitwiseXor", "x z", "y"), Shape.of(1), 6);
    ModelBytes wide = wide("x", 5, -1).node("BitwiseNot", "x", "y");
    assertThat(wide.folded("y").toLongs()).containsExactly(-6, 0);
    wide = wide("x", -2, 1).initializer(uint64("by", 63, 63));
    wide.node("BitShift", "x by", "y", text("direction", "RIGHT"));
    assertThat(wide.folded("y").toLongs()).containsExactly(1, 0);
    wide = wide("x", 1, 3).initializer(uint64("by", 63, 2));
    wide.node("BitShift", "x by", "y", text("direction", "LEFT"));
    assertThat(wide.folded("y").toLongs()).containsExactly(Long.MIN_VALUE, 12);
    wide = wide("x", -1, 2, -1, 0).node("Unique", "x", "y");
    assertThat(wide.folded("y").toLongs()).containsExactly(0, 2, -1);
  }

  private static ModelBytes wide(String name, long... bits) {
    return with(18).initializer(uint64(name, bits));
  }

  private static OnnxBytes uint64(String name, long... bits) {
    TensorType type = new TensorType(DType.UINT64, Shape.of(bits.length));
    return ModelBytes.tensor(name, new Tensor(type, MemorySegment.ofArray(bits)));
  }

  private static final float[] SIX = {-3, -2, -1, 0, 1, 2};

  private static ModelBytes six(int opset) {
    return with(opset).weights("x", 2, 3);
  }

  /** Results are named y. */
  private static ModelBytes with(int opset) {
    return new ModelBytes(opset).output("y");
  }

  /** Of 0 1 2 3 4 5: starts, ends, axes, steps. */
  private static ModelBytes slice(String... bounds) {
    ModelBytes model = with(13).floats("x", 0, 1, 2, 3, 4, 5);
    StringBuilder in = new StringBuilder("x");
    for (int i = 0; i < bounds.length; i++) {
      model.longs("i" + i, Long.parseLong(bounds[i]));
      in.append(" i").append(i);
    }
    return model.node("Slice", in.toString(), "y");
  }

  private static void gives(ModelBytes model, Shape shape, float... values) {
    Tensor y = model.folded("y");
    assertThat(y.shape()).isEqualTo(shape);
    assertThat(ModelBytes.floats(y)).containsExactly(values);
  }

  private static void near(ModelBytes model, double... values) {
    float[] y = model.folded("y").toFloats();
    assertThat(y).hasSize(values.length);
    for (int i = 0; i < y.length; i++) {
      assertThat(y[i]).isCloseTo((float) values[i], NEAR);
    }
  }
}
