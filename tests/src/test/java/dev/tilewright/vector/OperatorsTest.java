package dev.tilewright.vector;

import static dev.tilewright.vector.OperatorCheck.U;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.CoordinateTransform;
import dev.tilewright.graph.Op.Interpolation;
import dev.tilewright.graph.Op.NearestMode;
import dev.tilewright.graph.Op.PoolKind;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Op.Window;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The operators of a backend against the portable ones. */
public abstract class OperatorsTest implements MovesAgree, ImagesAgree, ProductsAgree {
  private final Arena arena = Arena.ofConfined();
  private final Random random = new Random(20260101);
  private final OperatorCheck check;
  private final boolean takesEveryShape;

  /**
   * Tests one backend.
   *
   * @param kernels its {@code Backend.operator}
   * @param takesEveryShape whether fewer channels than a vector has lanes and empty windows have
   *     kernels too
   */
  protected OperatorsTest(Function<OpProblem, Optional<Kernel>> kernels, boolean takesEveryShape) {
    this.check = new OperatorCheck(kernels, random, arena);
    this.takesEveryShape = takesEveryShape;
  }

  /** Requires a kernel that agrees to an absolute bound, on random inputs of these shapes. */
  protected final void check(Op op, double bound, Shape... in) {
    check.check(op, bound, in);
  }

  /** Requires a kernel that agrees to an absolute bound. */
  protected final void check(Op op, double bound, Tensor... in) {
    check.check(op, 0, bound, in);
  }

  /** Standard normal values. */
  protected final Tensor floats(Integer... dims) {
    return check.floats(dims);
  }

  /** Requires a kernel that agrees exactly. */
  protected final void checkExact(Op op, Integer... dims) {
    check.check(op, 0, 0, check.floats(dims));
  }

  @Override
  public final OperatorCheck harness() {
    return check;
  }

  @Override
  public final Random random() {
    return random;
  }

  @Override
  public final boolean takesEveryShape() {
    return takesEveryShape;
  }

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void activationsAgree() {
    List<Activation> all =
        List.of(
            new Activation.None(),
            Activation.relu(),
            new Activation.Clip(-0.5f, 0.7f),
            new Activation.LeakyRelu(0.1f),
            new Activation.Sigmoid(),
            new Activation.HardSigmoid(0.2f, 0.5f),
            new Activation.Silu(),
            new Activation.HardSwish(),
            new Activation.Gelu(),
            new Activation.Tanh());
    for (Activation activation : all) {
      for (Tensor x : awkward()) {
        // 10 u is gelu's; half an ulp of 1 is lost where a sum passes zero (hard-swish, at -3).
        check.check(new Op.Activate(activation), 10 * U, 8 * U, x);
      }
    }
  }

  @Test
  void unaryFunctionsAgree() {
    for (UnaryFunction f :
        List.of(
            UnaryFunction.SQRT,
            UnaryFunction.EXP,
            UnaryFunction.ERF,
            UnaryFunction.ABS,
            UnaryFunction.NEG,
            UnaryFunction.RECIPROCAL)) {
      for (Tensor x : awkward()) {
        check.check(new Op.Unary(f), 4 * U, 0, x);
      }
    }
  }

  /** Row lengths around the vector, with NaN and infinities inside. */
  private List<Tensor> awkward() {
    List<Tensor> tensors = new ArrayList<>();
    for (int channels : new int[] {1, 3, 15, 16, 17, 33}) {
      Tensor x = check.floats(2, 7, 5, channels);
      tensors.add(x);
    }
    float[] values = new float[40];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i - 20) * 0.9f;
    }
    values[3] = Float.NaN;
    values[17] = Float.POSITIVE_INFINITY;
    tensors.add(Tensor.of(Shape.of(40), values));
    return tensors;
  }

  @Test
  void arithmeticBroadcasts() {
    for (BinaryFunction f :
        List.of(
            BinaryFunction.ADD,
            BinaryFunction.SUB,
            BinaryFunction.MUL,
            BinaryFunction.DIV,
            BinaryFunction.MIN,
            BinaryFunction.MAX)) {
      for (int c : channels()) {
        both(f, check.floats(2, 5, 7, c), check.floats(2, 5, 7, c));
        both(f, check.floats(2, 5, 7, c), check.floats());
        both(f, check.floats(2, 5, 7, c), check.floats(1, 1, 1));
        both(f, check.floats(2, 5, 7, c), check.floats(c));
        both(f, check.floats(2, 5, 7, c), check.floats(2, 5, 7, 1));
        both(f, check.floats(2, 5, 7, c), check.floats(2, 1, 1, c));
        both(f, check.floats(2, 5, 7, c), check.floats(2, 1, 1, 1));
        both(f, check.floats(40, 1), check.floats(1, c));
      }
      for (int c : new int[] {1, 3, 15}) {
        both(f, check.floats(2, 5, 7, c), check.floats(2, 5, 7, c));
        both(f, check.floats(2, 5, 7, c), check.floats());
        for (int pixels : new int[] {16, 37, 64, 1000}) {
          check.check(new Op.Binary(f), U, 0, check.floats(pixels, c), check.floats(c));
        }
      }
    }
  }

  /** Rows of fewer values than a vector, some of each cut by the end of a part. */
  @Test
  void shortRowsAgree() {
    IntStream few = takesEveryShape ? IntStream.of(1, 2, 3, 4, 7, 8, 15) : IntStream.empty();
    for (int c : IntStream.concat(few, IntStream.of(16, 17)).toArray()) {
      for (int rows : new int[] {1, 16, 37, 64, 1000, 40_001}) {
        both(BinaryFunction.MUL, check.floats(rows, c), check.floats(rows, 1));
        both(BinaryFunction.SUB, check.floats(rows, c), check.floats(rows, 1));
        for (ReduceKind kind : List.of(ReduceKind.SUM, ReduceKind.MEAN, ReduceKind.MAX)) {
          reduce(kind, true, List.of(3), 1, 1, rows, c);
        }
      }
    }
  }

  private void both(BinaryFunction f, Tensor a, Tensor b) {
    check.check(new Op.Binary(f), U, 0, a, b);
    check.check(new Op.Binary(f), U, 0, b, a);
  }

  @Test
  void reductionsAgree() {
    for (ReduceKind kind : List.of(ReduceKind.SUM, ReduceKind.MEAN, ReduceKind.MAX)) {
      for (boolean keep : new boolean[] {true, false}) {
        for (int c : channels()) {
          reduce(kind, keep, List.of(1, 2), 2, 7, 7, c);
          reduce(kind, keep, List.of(2, 1), 1, 20, 31, c);
          reduce(kind, keep, List.of(3), 2, 5, 3, c);
          reduce(kind, keep, List.of(0), 3, 2, 1, c);
          reduce(kind, keep, List.of(2, 3), 2, 3, 9, c);
          reduce(kind, keep, List.of(0, 1, 2, 3), 2, 9, 9, c);
        }
        reduce(kind, keep, List.of(1, 2), 2, 7, 11, 300);
      }
    }
  }

  private void reduce(
      ReduceKind kind, boolean keep, List<Integer> axes, int n, int h, int w, int c) {
    Tensor x = check.floats(n, h, w, c);
    int[] dims = {n, h, w, c};
    int taps = axes.stream().mapToInt(i -> dims[i]).reduce(1, (a, b) -> a * b);
    double scale = kind == ReduceKind.MEAN ? 1.0 / taps : 1;
    // Blocks of 64 and their sums: at most 64 + n/64 + 4 roundings of sums below 6 n, in fact of
    // their square roots; doubled for the portable side.
    double roundings = Math.min(taps, 68 + taps / 64.0);
    double bound = kind == ReduceKind.MAX ? 0 : 2 * Math.sqrt(roundings) * U * 2 * taps * scale;
    check.check(new Op.Reduce(kind, axes, keep), kind == ReduceKind.MAX ? 0 : 4 * U, bound, x);
  }

  @Test
  void softmaxAgrees() {
    for (int n : channels()) {
      check.check(new Op.Softmax(2), 20 * U, 0, check.floats(3, 5, n));
    }
    for (int n : new int[] {40, 197, 1000, 5000}) {
      // exp 2.4 u on either side, the sum 5 u, scaling 2 u; max - x rounds by up to 8 u.
      check.check(new Op.Softmax(2), 20 * U, 0, check.floats(3, 5, n));
    }
  }

  /** As of branches, channel by channel. Errors as of rows: exp, a sum, a division. */
  @Test
  void softmaxDownColumnsAgrees() {
    IntStream few = takesEveryShape ? IntStream.of(1, 3) : IntStream.empty();
    for (int columns : IntStream.concat(few, IntStream.of(16, 17, 47, 128, 1030)).toArray()) {
      for (int summed : new int[] {1, 2, 5, 130}) {
        check(new Op.Softmax(1), 20 * U, Shape.of(3, summed, columns));
        check(new Op.Softmax(0), 20 * U, Shape.of(summed, 2, columns));
      }
    }
    check(new Op.Softmax(1), 20 * U, Shape.of(2, 3000, 33));
  }

  @Test
  void layerNormsAgree() {
    IntStream more = IntStream.of(31, 32, 48, 49, 96, 197, 768, 1001);
    for (int n : IntStream.concat(Arrays.stream(channels()), more).toArray()) {
      Shape row = Shape.of(n);
      // Sums round log2(16) + n / 32 times (n / 8 with vectors of 4), everything else a few times;
      // values reach about 5 * 4.
      double bound = (8 + n / 32.0) * 20 * U;
      check(new Op.LayerNorm(1e-5f), bound, Shape.of(3, 7, n), row, row);
      check(new Op.LayerNorm(1), bound, Shape.of(200, n), row, row);
    }
  }

  @Test
  void localNormsAgree() {
    for (int n : new int[] {16, 17, 64, 96, 257, 300, 520}) {
      for (int size : new int[] {1, 2, 5, 20, 65}) {
        for (float beta : new float[] {0.5f, 0.75f}) {
          // Of a sum of squares each term rounds once, and each sum; then two roots and a quotient.
          double relative = (size + 8) * U;
          Op norm = new Op.LocalNorm(size, 0.7f, beta, 1.5f);
          check.check(norm, relative, 0, check.floats(5, n));
          check.check(norm, relative, 0, check.floats(60, 3, n));
        }
      }
    }
    check.check(new Op.LocalNorm(5, 1e-4f, 0.75f, 1), 13 * U, 0, check.floats(2, 60, 61, 64));
  }

  /** Large enough to be cut into parts, which are run in random groups and order. */
  @Test
  void partsAgree() {
    Tensor x = check.floats(2, 120, 61, 33);
    check.check(new Op.Activate(new Activation.Silu()), 10 * U, 0, x);
    both(BinaryFunction.SUB, x, check.floats(33));
    both(BinaryFunction.DIV, x, check.floats(2, 1, 1, 33));
    check.check(new Op.Binary(BinaryFunction.SUB), U, 0, check.floats(100_000, 3), check.floats(3));
    check.check(new Op.Transpose(List.of(0, 3, 1, 2)), 0, 0, x);
    check.check(new Op.Transpose(List.of(0, 2, 1, 3)), 0, 0, x);
    check.check(new Op.Transpose(List.of(0, 2, 3, 1)), 0, 0, check.floats(2, 33, 120, 61));
    check.check(new Op.Concat(3), 0, 0, x, x);
    Window window =
        new Window(new Size(3, 3), new Size(2, 2), new Size(1, 1), new Padding(1, 1, 1, 1));
    check.check(new Op.Pool(PoolKind.MAX, window, new Size(60, 31), false), 0, 0, x);
    check.check(
        new Op.Reduce(ReduceKind.MEAN, List.of(2), true), 0, 400 * U, check.floats(400, 1, 50, 64));
    check.check(new Op.Softmax(1), 20 * U, 0, check.floats(500, 200));
    check.check(new Op.MatMul(), 0, 8 * U * 64, check.floats(3, 200, 64), check.floats(64, 200));
    if (hasLinearResize()) {
      resize(Interpolation.LINEAR, CoordinateTransform.HALF_PIXEL, NearestMode.FLOOR, 500, 4, 4);
    }
  }

  @Test
  void nanWins() {
    float[] values = new float[5 * 7 * 33];
    for (int i = 0; i < values.length; i++) {
      values[i] = i % 11 == 3 ? Float.NaN : (float) random.nextGaussian();
    }
    Tensor x = Tensor.of(Shape.of(1, 5, 7, 33), values);
    both(BinaryFunction.MAX, x, check.floats(1, 5, 7, 33));
    both(BinaryFunction.MIN, x, check.floats(33));
    Window window =
        new Window(new Size(2, 2), new Size(1, 1), new Size(1, 1), new Padding(0, 0, 0, 0));
    check.check(new Op.Pool(PoolKind.MAX, window, new Size(4, 6), false), 0, 0, x);
    Window large =
        new Window(new Size(5, 5), new Size(1, 1), new Size(1, 1), new Padding(2, 2, 2, 2));
    check.check(new Op.Pool(PoolKind.MAX, large, new Size(5, 7), false), 0, 0, x);
    check.check(new Op.Reduce(ReduceKind.MAX, List.of(1, 2), true), 0, 0, x);
    check.check(new Op.Reduce(ReduceKind.MAX, List.of(3), true), 0, 0, x);
    if (takesEveryShape) {
      Tensor threes = Tensor.of(Shape.of(values.length / 3, 3), values);
      check.check(new Op.Reduce(ReduceKind.MAX, List.of(1), true), 0, 0, threes);
    }
    check.check(new Op.Softmax(3), 20 * U, 0, x);
  }

  @Test
  void runsAllocateNothing() {
    Shape image = Shape.of(1, 28, 28, 64);
    Window window =
        new Window(new Size(3, 3), new Size(2, 2), new Size(1, 1), new Padding(1, 1, 1, 1));
    List<Task> tasks =
        List.of(
            check.bind(new Op.Activate(new Activation.Silu()), image),
            check.bind(new Op.Transpose(List.of(0, 3, 1, 2)), image),
            check.bind(new Op.Binary(BinaryFunction.ADD), image, image),
            check.bind(new Op.Pool(PoolKind.MAX, window, new Size(14, 14), false), image),
            check.bind(new Op.Reduce(ReduceKind.MEAN, List.of(1, 2), true), image),
            check.bind(new Op.MatMul(), Shape.of(197, 64), Shape.of(64, 197)));
    for (int i = 0; i < tasks.size(); i++) {
      assertThat(settled(tasks.get(i))).as("bytes a run of task %d", i).isZero();
    }
  }

  /** Bytes that 20 runs allocate once C2 has compiled the kernel, waiting up to 20 s for that. */
  private static long settled(Task task) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long deadline = System.nanoTime() + 20_000_000_000L;
    long bytes;
    do {
      for (int i = 0; i < 50; i++) {
        task.run(0, task.parts(), 0);
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 20; i++) {
        task.run(0, task.parts(), 0);
      }
      bytes = threads.getCurrentThreadAllocatedBytes() - before;
    } while (bytes > 0 && System.nanoTime() < deadline);
    return bytes;
  }
}
