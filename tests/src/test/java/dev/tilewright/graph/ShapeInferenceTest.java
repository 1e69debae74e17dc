package dev.tilewright.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Op.Window;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class ShapeInferenceTest {
  private static final Size ONE = new Size(1, 1);
  private static final Padding NO_PAD = new Padding(0, 0, 0, 0);
  private static final TensorType IMAGE = floats(2, 9, 11, 6);
  private static final Window THREE =
      new Window(new Size(3, 3), new Size(2, 2), ONE, new Padding(1, 1, 1, 1));

  private static TensorType floats(Integer... dims) {
    return TensorType.floats(Shape.of(dims));
  }

  private static TensorType of(DType dtype, Integer... dims) {
    return new TensorType(dtype, Shape.of(dims));
  }

  private static void gives(TensorType expected, Op op, TensorType... in) {
    assertThat(ShapeInference.infer(op, List.of(in))).containsExactly(expected);
  }

  private static void refuses(String rule, Op op, TensorType... in) {
    assertThatThrownBy(() -> ShapeInference.infer(op, List.of(in)))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining(rule);
  }

  @Test
  void convolution() {
    Op plain = new Op.Conv(THREE, 1, Epilogue.NONE);
    gives(floats(2, 5, 6, 4), plain, IMAGE, floats(4, 6, 3, 3));
    gives(floats(2, 5, 6, 4), new Op.Conv(THREE, 2, Epilogue.NONE), IMAGE, floats(4, 3, 3, 3));
    refuses("filter takes 5 channels a group", plain, IMAGE, floats(4, 5, 3, 3));
    refuses("kernel_shape says", plain, IMAGE, floats(4, 6, 5, 3));
    refuses("groups must divide", new Op.Conv(THREE, 4, Epilogue.NONE), IMAGE, floats(4, 1, 3, 3));
    refuses("[N, H, W, C]", plain, floats(9, 11, 6), floats(4, 6, 3, 3));
    refuses("needs FLOAT32", plain, of(DType.INT64, 2, 9, 11, 6), floats(4, 6, 3, 3));
    refuses("size must be positive", plain, floats(1, 0, 1, 6), floats(4, 6, 3, 3));
    Window huge = new Window(new Size(3, 3), ONE, new Size(1 << 30, 1), NO_PAD);
    refuses("kernel is larger", new Op.Conv(huge, 1, Epilogue.NONE), IMAGE, floats(4, 6, 3, 3));
    Window padded = new Window(new Size(3, 3), ONE, ONE, new Padding(Integer.MAX_VALUE, 0, 9, 0));
    refuses(
        "padding is too large", new Op.Conv(padded, 1, Epilogue.NONE), IMAGE, floats(4, 6, 3, 3));
  }

  @Test
  void convolutionWithEpilogue() {
    Op op = new Op.Conv(THREE, 1, new Epilogue(true, true, Activation.relu()));
    TensorType filter = floats(4, 6, 3, 3);
    gives(floats(2, 5, 6, 4), op, IMAGE, filter, floats(4), floats(2, 5, 6, 4));
    refuses("bias must have 4 values", op, IMAGE, filter, floats(3), floats(2, 5, 6, 4));
    refuses("needs FLOAT32", op, IMAGE, filter, of(DType.INT32, 4), floats(2, 5, 6, 4));
    refuses("residual must have the shape", op, IMAGE, filter, floats(4), floats(2, 5, 6, 1));
    refuses("wrong number of inputs: 3", op, IMAGE, filter, floats(4));
  }

  @Test
  void transposedConvolution() {
    Op op = new Op.ConvTranspose(THREE, 2, new Padding(0, 0, 1, 0), true);
    gives(floats(2, 18, 21, 8), op, IMAGE, floats(6, 4, 3, 3), floats(8));
    refuses("bias must have 8 values", op, IMAGE, floats(6, 4, 3, 3), floats(4));
    refuses("filter takes 5 channels", op, IMAGE, floats(5, 4, 3, 3), floats(8));
    Op thirds = new Op.ConvTranspose(THREE, 4, NO_PAD, false);
    refuses("groups must divide C", thirds, IMAGE, floats(6, 4, 3, 3));
    Window cropped = new Window(new Size(3, 3), ONE, ONE, new Padding(9, 0, 9, 0));
    refuses(
        "padding leaves nothing",
        new Op.ConvTranspose(cropped, 1, NO_PAD, false),
        IMAGE,
        floats(6, 4, 3, 3));
    refuses(
        "at the bottom and right",
        new Op.ConvTranspose(THREE, 1, new Padding(1, 0, 0, 0), false),
        IMAGE,
        floats(6, 4, 3, 3));
  }

  @Test
  void pool() {
    gives(floats(2, 5, 6, 6), new Op.Pool(Op.PoolKind.MAX, THREE, new Size(5, 6), false), IMAGE);
    refuses(
        "starts after the padding",
        new Op.Pool(Op.PoolKind.MAX, THREE, new Size(5, 8), false),
        IMAGE);
  }

  @Test
  void matMul() {
    gives(floats(5, 2, 3, 7), new Op.MatMul(), floats(2, 3, 4), floats(5, 1, 4, 7));
    refuses("inner dimensions differ", new Op.MatMul(), floats(3, 4), floats(3, 4));
    refuses("at least two dimensions", new Op.MatMul(), floats(4), floats(4, 2));
    refuses("do not broadcast", new Op.MatMul(), floats(2, 3, 4), floats(3, 4, 5));
  }

  @Test
  void elementwise() {
    Op add = new Op.Binary(BinaryFunction.ADD);
    gives(floats(2, 3, 4), add, floats(3, 1), floats(2, 1, 4));
    gives(floats(0, 3), add, floats(0, 3), floats(1, 3));
    gives(of(DType.BOOL, 3), new Op.Binary(BinaryFunction.LESS), floats(3), floats());
    refuses("do not broadcast", add, floats(3), floats(2));
    refuses("element types differ", add, floats(3), of(DType.INT64, 3));
    refuses("no arithmetic on BOOL", add, of(DType.BOOL), of(DType.BOOL));
    refuses("needs BOOL", new Op.Binary(BinaryFunction.AND), floats(3), floats(3));
    refuses("wrong number of inputs: 1", add, floats(3));
    refuses("wrong number of inputs: 0", add);
    gives(of(DType.INT32, 3), new Op.Unary(UnaryFunction.NEG), of(DType.INT32, 3));
    gives(of(DType.BOOL, 3), new Op.Unary(UnaryFunction.NOT), of(DType.BOOL, 3));
    refuses("needs FLOAT32", new Op.Unary(UnaryFunction.SQRT), of(DType.INT32, 3));
    refuses("needs FLOAT32", new Op.Activate(Activation.relu()), of(DType.INT32, 3));
    gives(of(DType.INT8, 3), new Op.Cast(DType.INT8), floats(3));
    Op where = new Op.Where();
    gives(floats(2, 3), where, of(DType.BOOL, 2, 1), floats(3), floats());
    refuses("needs BOOL", where, floats(2, 1), floats(3), floats());
    refuses("element types differ", where, of(DType.BOOL), floats(3), of(DType.INT8));
  }

  @Test
  void reductions() {
    List<Integer> axes = List.of(1, 2);
    gives(floats(2, 1, 1, 6), new Op.Reduce(Op.ReduceKind.MEAN, axes, true), IMAGE);
    gives(floats(2, 6), new Op.Reduce(Op.ReduceKind.MEAN, axes, false), IMAGE);
    refuses("no axis 4", new Op.Reduce(Op.ReduceKind.MEAN, List.of(4), true), IMAGE);
    refuses("no axis -1", new Op.Reduce(Op.ReduceKind.MEAN, List.of(-1), true), IMAGE);
    gives(IMAGE, new Op.Softmax(3), IMAGE);
    refuses("no axis -1", new Op.Softmax(-1), IMAGE);
  }

  @Test
  void movement() {
    gives(floats(2, 6, 9, 11), new Op.Transpose(List.of(0, 3, 1, 2)), IMAGE);
    refuses("not a permutation", new Op.Transpose(List.of(0, 3, 1, 1)), IMAGE);
    gives(floats(2, 9, 11, 8), new Op.Concat(3), IMAGE, floats(2, 9, 11, 2));
    gives(IMAGE, new Op.Concat(0), IMAGE);
    refuses("differ in another axis", new Op.Concat(3), IMAGE, floats(2, 9, 10, 2));
    refuses("ranks differ", new Op.Concat(0), IMAGE, floats(2));
    refuses("no axis 4", new Op.Concat(4), IMAGE);
    refuses("wrong number of inputs: 0", new Op.Concat(0));
    gives(floats(18, 66), new Op.Reshape(Shape.of(18, 66)), IMAGE);
    refuses("not as many elements", new Op.Reshape(Shape.of(7)), IMAGE);
    gives(floats(4, 3), new Op.Expand(Shape.of(4, 3)), floats(3));
    refuses("does not expand", new Op.Expand(Shape.of(1, 1)), floats(3));
    TensorType indices = of(DType.INT64, 5, 4);
    gives(floats(2, 5, 4, 11, 6), new Op.Gather(1), IMAGE, indices);
    refuses("indices must be integers", new Op.Gather(1), IMAGE, floats(5));
    refuses("no axis 4", new Op.Gather(4), IMAGE, indices);
  }

  @Test
  void slices() {
    TensorType x = floats(4, 5);
    List<Integer> starts = List.of(3, 0);
    gives(floats(2, 2), new Op.Slice(starts, List.of(-2, 3), Shape.of(2, 2)), x);
    refuses("leaves the tensor in axis 0", new Op.Slice(starts, List.of(1, 1), Shape.of(2, 2)), x);
    refuses("step must not be 0", new Op.Slice(starts, List.of(1, 0), Shape.of(1, 1)), x);
    refuses("as many starts", new Op.Slice(starts, List.of(1, 1), Shape.of(1, 1, 9)), x);
  }

  @Test
  void pads() {
    TensorType x = floats(4, 0);
    gives(floats(5, 2), pad(Op.PadMode.CONSTANT, List.of(2, 1), List.of(-1, 1)), x);
    refuses("impossible shape", pad(Op.PadMode.CONSTANT, List.of(-5, 1), List.of(0, 0)), x);
    refuses("reflection needs less", pad(Op.PadMode.REFLECT, List.of(4, 0), List.of(0, 0)), x);
    refuses("no edge", pad(Op.PadMode.EDGE, List.of(0, 1), List.of(0, 0)), x);
    refuses("as many paddings", pad(Op.PadMode.EDGE, List.of(0, 1, 2), List.of(0, 0, 0)), x);
  }

  private static Op pad(Op.PadMode mode, List<Integer> before, List<Integer> after) {
    return new Op.Pad(mode, before, after, 0);
  }

  @Test
  void resizes() {
    gives(floats(2, 18, 22, 6), resize(List.of(1.0, 2.0, 2.0, 1.0), Shape.of(2, 18, 22, 6)), IMAGE);
    refuses("as many sizes", resize(List.of(1.0), Shape.of(2, 18, 22, 6)), IMAGE);
    refuses("scale must be positive", resize(List.of(1.0, 2.0, 0.0, 1.0), IMAGE.shape()), IMAGE);
    refuses("no samples", resize(List.of(1.0, 1.0), Shape.of(0, 2)), floats(3, 0));
  }

  private static Op resize(List<Double> scales, Shape sizes) {
    return new Op.Resize(
        Op.Interpolation.LINEAR,
        Op.CoordinateTransform.HALF_PIXEL,
        Op.NearestMode.FLOOR,
        -0.75,
        scales,
        sizes);
  }

  @Test
  void resultsTooLargeAreRefused() {
    refuses("result too large", new Op.Expand(Shape.of(1 << 16, 1 << 16)), floats(1));
    refuses("wrong number", new Op.Where(), floats(1));
  }
}
