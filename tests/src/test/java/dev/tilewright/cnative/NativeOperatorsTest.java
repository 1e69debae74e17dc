package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.Elementwise.Step;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.graph.Op.Outside;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.graph.ShapeInference;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import dev.tilewright.vector.OperatorsTest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;

/** The C operators of every instruction set; one that the CPU lacks runs as the next lower one. */
final class NativeOperatorsTest {
  @BeforeAll
  static void needsTheLibrary() {
    Applicability available = new NativeBackend().available();
    assumeTrue(available.isYes(), available.toString());
  }

  @Nested
  class Generic extends Capped {
    Generic() {
      super(Isa.GENERIC);
    }
  }

  @Nested
  @EnabledOnOs(architectures = "amd64")
  class Avx2 extends Capped {
    Avx2() {
      super(Isa.AVX2);
    }
  }

  @Nested
  class Highest extends Capped {
    Highest() {
      super(Isa.limit(null).orElseThrow());
    }
  }

  abstract static class Capped extends OperatorsTest {
    private final Isa limit;

    Capped(Isa limit) {
      super(problem -> NativeOperators.kernel(problem, limit), true);
      this.limit = limit;
    }

    @Test
    void reshapesAreExact() {
      checkExact(new Op.Reshape(Shape.of(30, 4)), 5, 3, 8);
      checkExact(new Op.Reshape(Shape.of(15, 8)), 30, 4);
      checkExact(new Op.Reshape(Shape.of(6, 10)), 15, 4);
      checkExact(new Op.Reshape(Shape.of(2, 30_000)), 600, 100);
    }

    @Test
    void expansionsAreExact() {
      checkExact(new Op.Expand(Shape.of(2, 5, 17)), 1, 5, 1);
      checkExact(new Op.Expand(Shape.of(300, 400)), 400);
    }

    @Test
    void padsAreExact() {
      for (int channels : channels()) {
        pad(List.of(0, 1, 1, 0), List.of(0, 1, 1, 0), 2, 5, 4, channels);
        pad(List.of(0, -1, 3, 0), List.of(0, 2, -2, 0), 2, 5, 4, channels);
        pad(List.of(1, 0, 2), List.of(0, 3, 5), 3, 4, channels);
      }
      pad(List.of(0, 30, 0, 0), List.of(0, 0, 30, 0), 2, 100, 100, 33);
    }

    private void pad(List<Integer> before, List<Integer> after, Integer... dims) {
      check(new Op.Pad(Op.PadMode.CONSTANT, before, after, -0.1), 0, floats(dims));
    }

    /** Points inside and outside, on pixels, on borders, and nowhere. */
    @Test
    void gridSamplesAgree() {
      for (Interpolation interpolation : Interpolation.values()) {
        for (Outside outside : Outside.values()) {
          for (int channels : channels()) {
            gridSample(interpolation, outside, random().nextBoolean(), 5, 6, channels);
            gridSample(interpolation, outside, random().nextBoolean(), 1, 3, channels);
          }
        }
      }
      gridSample(Interpolation.LINEAR, Outside.ZEROS, false, 100, 100, 32);
    }

    private void gridSample(
        Interpolation interpolation,
        Outside outside,
        boolean corners,
        int height,
        int width,
        int channels) {
      Shape points = Shape.of(2, height, 2 * width, 2);
      float[] grid = new float[(int) points.elements()];
      float[] special = {-1, 1, 0, Float.NaN, 1e30f, Float.NEGATIVE_INFINITY};
      for (int i = 0; i < grid.length; i++) {
        grid[i] =
            random().nextInt(8) == 0
                ? special[random().nextInt(special.length)]
                : 3 * random().nextFloat() - 1.5f;
      }
      // Values are under 6; of cubic weights, 16, the magnitudes sum to less than 2.
      double bound = (interpolation == Interpolation.CUBIC ? 6 * 2 * 18 : 6 * 6) * 0x1p-24;
      check(
          new Op.GridSample(interpolation, outside, corners),
          bound,
          floats(2, height, width, channels),
          Tensor.of(points, grid));
    }

    /** Inside and across borders, far outside, upside down, and of no number. */
    @Test
    void regionsArePooled() {
      for (boolean max : new boolean[] {false, true}) {
        for (boolean half : new boolean[] {false, true}) {
          for (int ratio = 0; ratio < 4; ratio++) {
            for (int channels : new int[] {1, 15, 16, 33, 64, 130}) {
              regions(new Op.RoiAlign(max, 3, 2, ratio, 0.75f, half), 9, 8, channels);
            }
          }
          regions(new Op.RoiAlign(max, 1, 1, 0, 0.75f, half), 30, 20, 20);
          regions(new Op.RoiAlign(max, 7, 7, 2, 0.75f, half), 20, 30, 256);
        }
      }
    }

    private void regions(Op.RoiAlign op, int height, int width, int channels) {
      int count = 40;
      float[] boxes = new float[4 * count];
      float[] special = {Float.NaN, -40, 60, 0, 12};
      for (int i = 0; i < boxes.length; i++) {
        float side = 1.4f * (i % 2 == 0 ? width : height);
        boxes[i] =
            random().nextInt(16) == 0
                ? special[random().nextInt(special.length)]
                : side * (i % 4 < 2 ? random().nextFloat() - 0.3f : 1.2f * random().nextFloat());
      }
      long[] images = random().longs(count, -2, 2).toArray();
      // Values are under 6 and weights sum to 1, the portable sums in double: a weight rounds once,
      // as does each of at most as many sums as there are pixels.
      double bound = 6 * (op.max() ? 3 : 2 + height * width) * 0x1p-24;
      check(
          op,
          bound,
          floats(2, height, width, channels),
          Tensor.of(Shape.of(count, 4), boxes),
          Tensor.of(Shape.of(count), images));
    }

    /** In one read what the same kernels give in two: the same bits, on any axes. */
    @Test
    void sumsAndMaximaInOneRead() {
      for (ReduceKind kind : List.of(ReduceKind.SUM, ReduceKind.MEAN)) {
        for (int n : new int[] {1, 3, 16, 33, 64, 100, 130, 300}) {
          for (List<Integer> axes : List.of(List.of(0), List.of(1), List.of(1, 2), List.of(2))) {
            Shape x = Shape.of(n, 7, n % 2 == 0 ? 70 : 3);
            Op.Reductions both = new Op.Reductions(List.of(kind, ReduceKind.MAX), axes, n % 3 == 0);
            assertThat(reduced(both, x)).isEqualTo(reduced(x, both.each()));
          }
        }
      }
      Op.Reductions means =
          new Op.Reductions(List.of(ReduceKind.MEAN, ReduceKind.SUM), List.of(0), true);
      assertThat(kernel(means, Shape.of(4, 5))).isEmpty();
    }

    private Optional<Kernel> kernel(Op op, Shape in) {
      List<TensorType> types = List.of(TensorType.floats(in));
      return NativeOperators.kernel(
          new OpProblem(
              op, types, Collections.singletonList(null), ShapeInference.infer(op, types)),
          limit);
    }

    private List<String> reduced(Shape in, List<Op.Reduce> each) {
      return each.stream().map(op -> reduced(op, in).getFirst()).toList();
    }

    /** Every output of an operator on values that depend on the shape alone, NaN among them. */
    private List<String> reduced(Op op, Shape in) {
      List<TensorType> out = ShapeInference.infer(op, List.of(TensorType.floats(in)));
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment src = arena.allocate(4 * in.elements(), 64);
        Random random = new Random(in.elements());
        for (int i = 0; i < in.elements(); i++) {
          boolean missing = random.nextInt(1000) == 0;
          src.setAtIndex(JAVA_FLOAT, i, missing ? Float.NaN : (float) random.nextGaussian());
        }
        List<MemorySegment> dst = out.stream().map(t -> arena.allocate(t.bytes(), 64)).toList();
        List<View> views =
            IntStream.range(0, out.size())
                .mapToObj(i -> View.dense(dst.get(i).address(), out.get(i)))
                .toList();
        View from = View.dense(src.address(), TensorType.floats(in));
        Task task =
            kernel(op, in).orElseThrow().bind(new Operands(List.of(from), views, 0, 0, arena));
        for (int part = task.parts() - 1; part >= 0; part--) {
          task.run(part, part + 1, 0);
        }
        return dst.stream().map(values -> Arrays.toString(values.toArray(JAVA_FLOAT))).toList();
      }
    }

    /** Rows shorter and longer than a block, in one loop to four. */
    @Test
    void joinedOperatorsAgree() {
      Op.Elementwise affine =
          new Op.Elementwise(
              3,
              List.of(
                  new Step(new Op.Binary(BinaryFunction.MUL), List.of(0, 1)),
                  new Step(new Op.Binary(BinaryFunction.SUB), List.of(2, 3)),
                  new Step(new Op.Activate(Activation.relu()), List.of(4)),
                  new Step(new Op.Binary(BinaryFunction.MAX), List.of(5, 0))));
      for (int columns : new int[] {16, 17, 64, 100, 511, 512, 513, 1300}) {
        Shape x = Shape.of(2, 3, 5, columns);
        Shape row = Shape.of(columns);
        Shape pixel = Shape.of(2, 3, 5, 1);
        Shape image = Shape.of(2, 1, 1, columns);
        for (Shape second : List.of(x, row, pixel, image, Shape.of(2, 3, 1, 1), Shape.SCALAR)) {
          for (Shape third : List.of(x, row, pixel, Shape.of(1, 3, 1, columns), Shape.SCALAR)) {
            check(affine, 0, x, second, third);
          }
        }
        check(affine, 0, row, x, pixel);
        check(affine, 0, pixel, Shape.SCALAR, x);
      }
      Op.Elementwise gate =
          new Op.Elementwise(
              2,
              List.of(
                  new Step(new Op.Binary(BinaryFunction.ADD), List.of(0, 1)),
                  new Step(new Op.Activate(new Activation.Sigmoid()), List.of(2)),
                  new Step(new Op.Unary(UnaryFunction.NEG), List.of(3)),
                  new Step(new Op.Binary(BinaryFunction.MUL), List.of(0, 4))));
      check(gate, 1e-5, Shape.of(3, 7, 45), Shape.of(3, 7, 45));
      check(gate, 1e-5, Shape.of(300_001), Shape.of(300_001));
    }

    @Test
    void narrowRowsAndOtherOperatorsAreNotJoined() {
      Op.Binary add = new Op.Binary(BinaryFunction.ADD);
      Op.Elementwise sum = new Op.Elementwise(2, List.of(new Step(add, List.of(0, 1))));
      assertThat(joined(sum, Shape.of(40, 16), Shape.of(16))).isPresent();
      assertThat(joined(sum, Shape.of(40, 15), Shape.of(15))).isEmpty();
      assertThat(joined(sum, Shape.of(40, 15), Shape.of(40, 15))).isPresent(); // one long row
      Op.Binary power = new Op.Binary(BinaryFunction.POW);
      Op.Elementwise other = new Op.Elementwise(2, List.of(new Step(power, List.of(0, 1))));
      assertThat(joined(other, Shape.of(40, 64), Shape.of(64))).isEmpty();
    }

    private static Optional<Kernel> joined(Op.Elementwise op, Shape a, Shape b) {
      List<TensorType> in = List.of(TensorType.floats(a), TensorType.floats(b));
      return NativeOperators.kernel(
          new OpProblem(op, in, Collections.nCopies(2, null), List.of(in.getFirst())),
          Isa.limit(null).orElseThrow());
    }
  }

  /**
   * The rule is that of the model format: out[.., i] = data[.., index[i]], from the end if
   * negative.
   */
  @Test
  void channelsAreGatheredExactly() {
    long[] scattered = {4, -1, 0, 7, 7, 2, 30, 5, 8, 1, 16};
    long[] runs = LongStream.range(0, 37).map(i -> (i + 20) % 37).toArray();
    long[] shuffled = random(600, 70);
    shuffled[69] = 599; // further apart than vectors of the data are picked from together
    for (long[] index :
        List.of(
            scattered,
            runs,
            new long[] {36},
            random(32, 16),
            random(130, 130),
            shuffled,
            turns(24, 4),
            turns(4, 24),
            turns(2, 9),
            turns(17, 3),
            turns(5, 7))) {
      int channels = (int) Math.max(37, LongStream.of(index).max().orElse(0) + 1);
      for (int rows : new int[] {1, 3, 4, 5, 31, 70}) {
        TensorType data = TensorType.floats(Shape.of(rows, 1, channels));
        float[] values = new float[rows * channels];
        float[] expected = new float[rows * index.length];
        for (int i = 0; i < values.length; i++) {
          values[i] = i;
        }
        for (int i = 0; i < expected.length; i++) {
          long place = index[i % index.length];
          int channel = (int) (place < 0 ? place + channels : place);
          expected[i] = values[i / index.length * channels + channel];
        }
        List<Tensor> in =
            List.of(Tensor.of(data.shape(), values), Tensor.of(Shape.of(index.length), index));
        TensorType out = TensorType.floats(Shape.of(rows, 1, index.length));
        Kernel kernel =
            NativeOperators.kernel(
                    new OpProblem(
                        new Op.Gather(2), in.stream().map(Tensor::type).toList(), in, List.of(out)),
                    Isa.limit(null).orElseThrow())
                .orElseThrow();
        assertThat(run(kernel, in, out)).containsExactly(expected);
      }
    }
  }

  /** A matrix of so many rows and columns, but for what is before it, read by columns. */
  private static long[] turns(int rows, int columns) {
    return LongStream.range(0, (long) rows * columns)
        .map(i -> rows + i % rows * columns + i / rows)
        .toArray();
  }

  private static long[] random(int channels, int count) {
    return new Random(count).longs(count, 0, channels).toArray();
  }

  /** Rows of data and result are further apart than they are long. */
  private static float[] run(Kernel kernel, List<Tensor> in, TensorType out) {
    int columns = out.shape().last();
    int apart = columns + 3;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate(in.getFirst().data().byteSize(), 64);
      data.copyFrom(in.getFirst().data());
      MemorySegment indices = arena.allocate(in.get(1).data().byteSize(), 64);
      indices.copyFrom(in.get(1).data());
      long rows = out.shape().elements() / columns;
      MemorySegment dst = arena.allocate(4 * rows * apart, 64);
      List<View> views =
          List.of(
              new View(data.address(), in.getFirst().type(), in.getFirst().shape().last()),
              new View(indices.address(), in.get(1).type(), in.get(1).shape().last()));
      Task task =
          kernel.bind(
              new Operands(views, List.of(new View(dst.address(), out, apart)), 0, 0, arena));
      task.run(0, task.parts(), 0);
      float[] values = new float[(int) rows * columns];
      for (int i = 0; i < values.length; i++) {
        values[i] = dst.get(JAVA_FLOAT, 4L * (i / columns * apart + i % columns));
      }
      return values;
    }
  }

  /** Of no image, or with more samples than any image has pixels: as the portable kernel does. */
  @Test
  void impossibleRegionsAreRefused() {
    refuses("index 2 is outside axis 0", 8, 2);
    refuses("region of interest", 1e9f, 0);
  }

  private static void refuses(String message, float side, long image) {
    Op op = new Op.RoiAlign(false, 2, 2, 0, 1, true);
    List<Tensor> in =
        List.of(
            Tensor.of(Shape.of(1, 4, 4, 3), new float[48]),
            Tensor.of(Shape.of(1, 4), 0, 0, side, side),
            Tensor.of(Shape.of(1), new long[] {image}));
    TensorType out = TensorType.floats(Shape.of(1, 2, 2, 3));
    List<TensorType> types = in.stream().map(Tensor::type).toList();
    Kernel kernel =
        NativeOperators.kernel(
                new OpProblem(op, types, Collections.nCopies(3, null), List.of(out)),
                Isa.limit(null).orElseThrow())
            .orElseThrow();
    try (Arena arena = Arena.ofConfined()) {
      List<View> views =
          in.stream()
              .map(t ->
                  View.dense(
                      arena.allocate(t.data().byteSize(), 64).copyFrom(t.data()).address(),
                      t.type()))
              .toList();
      View dst = View.dense(arena.allocate(out.bytes(), 64).address(), out);
      long workspace = arena.allocate(kernel.workspaceBytes(), 64).address();
      Task task = kernel.bind(new Operands(views, List.of(dst), workspace, 0, arena));
      assertThatThrownBy(() -> task.run(0, task.parts(), 0))
          .isInstanceOf(ShapeException.class)
          .hasMessageContaining(message);
    }
  }

  @Test
  void integersAreLeftToOthersUnlessTheyOnlyMove() {
    TensorType type = new TensorType(DType.INT64, Shape.of(2, 3));
    assertThat(kernel(new Op.Unary(Op.UnaryFunction.NEG), type, type)).isEmpty();
    assertThat(kernel(new Op.Reshape(Shape.of(2, 3)), type, type)).isPresent();
  }

  private static Optional<Kernel> kernel(Op op, TensorType in, TensorType out) {
    OpProblem problem =
        new OpProblem(op, List.of(in), Collections.singletonList(null), List.of(out));
    return NativeOperators.kernel(problem, Isa.NEON);
  }
}
