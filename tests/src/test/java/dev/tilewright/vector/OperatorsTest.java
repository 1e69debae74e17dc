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
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The operators of a backend against the portable ones. */
public abstract class OperatorsTest {
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
    Tensor[] tensors =
        Arrays.stream(in)
            .map(s -> check.floats(s.dims().toArray(Integer[]::new)))
            .toArray(Tensor[]::new);
    check.check(op, 0, bound, tensors);
  }

  /** Requires a kernel that agrees exactly. */
  protected final void checkExact(Op op, Integer... dims) {
    check.check(op, 0, 0, check.floats(dims));
  }

  private int[] channels() {
    return takesEveryShape ? new int[] {1, 3, 15, 16, 17, 33, 64} : new int[] {16, 17, 33, 64};
  }

  @AfterEach
  void free() {
    arena.close();
  }

  @Test
  void imagesAreTransposedExactly() {
    for (int channels : new int[] {1, 2, 3, 4, 7, 15, 16, 17, 33, 64}) {
      for (int pixels : new int[] {1, 5, 16, 49, 131}) {
        check.check(
            new Op.Transpose(List.of(0, 2, 3, 1)), 0, 0, check.floats(2, channels, pixels, 3));
        check.check(
            new Op.Transpose(List.of(0, 3, 1, 2)), 0, 0, check.floats(2, pixels, 3, channels));
      }
    }
  }

  @Test
  void anyPermutationIsExact() {
    for (int i = 0; i < 200; i++) {
      int rank = 1 + random.nextInt(5);
      List<Integer> perm = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
      Collections.shuffle(perm, random);
      Integer[] dims = random.ints(rank, 1, rank > 3 ? 9 : 40).boxed().toArray(Integer[]::new);
      check.check(new Op.Transpose(perm), 0, 0, check.floats(dims));
    }
  }

  @Test
  void fewRowsTakeTurnsExactly() {
    for (int rows = 2; rows <= 5; rows++) {
      for (int n : new int[] {16, 17, 58, 116, 131}) {
        check(new Op.Transpose(List.of(0, 2, 1)), 0, Shape.of(3, rows, n));
        check(new Op.Transpose(List.of(0, 2, 1)), 0, Shape.of(3, n, rows));
      }
    }
    check(new Op.Transpose(List.of(0, 2, 3, 1)), 0, Shape.of(1, 2, 120, 61));
    check(new Op.Transpose(List.of(0, 2, 3, 1)), 0, Shape.of(1, 3, 200, 301));
  }

  @Test
  void slicesAreExact() {
    for (int i = 0; i < 200; i++) {
      int rank = 1 + random.nextInt(4);
      List<Integer> starts = new ArrayList<>();
      List<Integer> steps = new ArrayList<>();
      Integer[] dims = random.ints(rank, 1, 30).boxed().toArray(Integer[]::new);
      Integer[] sizes = new Integer[rank];
      for (int axis = 0; axis < rank; axis++) {
        int step = random.nextInt(3) > 0 ? 1 : random.nextBoolean() ? 2 : -1;
        int start = random.nextInt(dims[axis]);
        int most = step > 0 ? (dims[axis] - 1 - start) / step + 1 : start + 1;
        starts.add(start);
        steps.add(step);
        sizes[axis] = 1 + random.nextInt(most);
      }
      check.check(new Op.Slice(starts, steps, Shape.of(sizes)), 0, 0, check.floats(dims));
    }
  }

  @Test
  void concatenationsAreExact() {
    for (int i = 0; i < 100; i++) {
      int rank = 1 + random.nextInt(4);
      int axis = i % 2 == 0 ? rank - 1 : random.nextInt(rank);
      Integer[] dims = random.ints(rank, 1, 20).boxed().toArray(Integer[]::new);
      Tensor[] in = new Tensor[1 + random.nextInt(4)];
      for (int j = 0; j < in.length; j++) {
        dims[axis] = random.nextInt(200) / rank;
        in[j] = check.floats(dims.clone());
      }
      dims[axis] = 5;
      in[0] = check.floats(dims.clone());
      check.check(new Op.Concat(axis), 0, 0, in);
    }
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

  private void both(BinaryFunction f, Tensor a, Tensor b) {
    check.check(new Op.Binary(f), U, 0, a, b);
    check.check(new Op.Binary(f), U, 0, b, a);
  }

  @Test
  void poolsAgree() {
    for (int channels : channels()) {
      pools(channels);
    }
  }

  private void pools(int channels) {
    for (int i = 0; i < 100; i++) {
      int height = 1 + random.nextInt(14);
      int width = 1 + random.nextInt(14);
      Size kernel = new Size(1 + random.nextInt(4), 1 + random.nextInt(4));
      Size stride = new Size(1 + random.nextInt(3), 1 + random.nextInt(3));
      Size dilation = new Size(1 + random.nextInt(2), 1 + random.nextInt(2));
      pool(i, channels, height, width, kernel, stride, dilation);
    }
    pool(0, channels, 13, 13, new Size(5, 5), new Size(1, 1), new Size(1, 1));
    pool(0, channels, 37, 9, new Size(5, 7), new Size(1, 1), new Size(1, 1));
    pool(0, channels, 13, 13, new Size(13, 13), new Size(1, 1), new Size(1, 1));
    pool(1, channels, 13, 13, new Size(13, 13), new Size(1, 1), new Size(1, 1));
  }

  private void pool(
      int seed, int channels, int height, int width, Size kernel, Size stride, Size dilation) {
    int reachH = (kernel.height() - 1) * dilation.height();
    int reachW = (kernel.width() - 1) * dilation.width();
    Padding pad =
        new Padding(
            random.nextInt(kernel.height()),
            random.nextInt(kernel.width()),
            random.nextInt(kernel.height()),
            random.nextInt(kernel.width()));
    int over = random.nextInt(2);
    int oh = (height + pad.top() + pad.bottom() - reachH - 1 + over) / stride.height() + 1;
    int ow = (width + pad.left() + pad.right() - reachW - 1 + over) / stride.width() + 1;
    boolean startsAfterPadding =
        (oh - 1) * stride.height() >= height + pad.top() + pad.bottom()
            || (ow - 1) * stride.width() >= width + pad.left() + pad.right();
    if (oh < 1
        || ow < 1
        || startsAfterPadding
        || height + pad.top() < reachH
        || width + pad.left() < reachW) {
      return;
    }
    PoolKind kind = seed % 2 == 0 ? PoolKind.MAX : PoolKind.AVERAGE;
    Op.Pool op =
        new Op.Pool(
            kind,
            new Window(kernel, stride, dilation, pad),
            new Size(oh, ow),
            random.nextBoolean());
    Tensor x = check.floats(2, height, width, channels);
    boolean empty =
        PoolAxis.vertical(op, height).hasEmpty() || PoolAxis.horizontal(op, width).hasEmpty();
    if (empty && !takesEveryShape) {
      return;
    }
    // Values are under 6: a sum of n rounds by less than n u times the sum of magnitudes / n.
    check.check(op, 0, kind == PoolKind.MAX ? 0 : 6 * kernel.height() * kernel.width() * U, x);
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
  void matrixProductsAgree() {
    int[][] shapes = {
      {1, 197, 64, 197}, {8, 40, 15, 40}, {8, 40, 40, 15}, {3, 1, 33, 100}, {2, 5, 7, 3},
      {1, 6, 1, 32}, {1, 97, 20, 33}, {2, 100, 9, 16}, {1, 200, 3, 65}, {1, 7, 300, 49},
      {1, 30, 300, 1024}, {1, 25, 8200, 20}
    };
    for (int[] s : shapes) {
      // K roundings of sums of K products of N(0, 1): c u sqrt(K) sqrt(K), c = 8 for the maximum.
      double bound = 8 * U * s[2];
      Tensor a = check.floats(s[0], s[1], s[2]);
      Tensor b = check.floats(s[0], s[2], s[3]);
      check.check(new Op.MatMul(), 0, bound, a, b);
      check.check(new Op.MatMul(), 0, bound, a, check.floats(s[2], s[3]));
      check.check(new Op.MatMul(), 0, bound, check.floats(s[1], s[2]), b);
      check.check(new Op.MatMul(), 0, bound, check.floats(2, 1, s[1], s[2]), b);
    }
  }

  /** Images, heads, queries, keys, columns of q and k, of v. */
  private static final int[][] ATTENTIONS = {
    {2, 3, 49, 49, 32, 32}, {1, 2, 197, 197, 64, 64}, {1, 1, 16, 16, 8, 8}, {4, 2, 17, 33, 15, 20},
    {1, 3, 40, 21, 32, 7}, {2, 1, 65, 1000, 9, 48}, {3, 2, 1, 5, 4, 3}, {6, 1, 9, 1, 1, 1}
  };

  @Test
  void attentionAgrees() {
    for (int[] s : ATTENTIONS) {
      if (s[3] < 16 && !takesEveryShape) {
        continue;
      }
      int heads = s[1];
      Tensor q = check.floats(s[0], s[2], heads * s[4]);
      Tensor k = check.floats(s[0], s[3], heads * s[4]);
      Tensor v = check.floats(s[0], s[3], heads * s[5]);
      float scale = (float) (1 / Math.sqrt(s[4]));
      attention(new Op.Attention(heads, scale, false), q, k, v);
      Op.Attention biased = new Op.Attention(heads, scale, true);
      int again = s[0] % 2 == 0 ? s[0] / 2 : 1; // images of the bias
      attention(biased, q, k, v, check.floats(1, heads, s[3], s[2]));
      attention(biased, q, k, v, check.floats(again, 1, s[3], s[2]));
      attention(biased, q, k, v, check.floats(s[0], heads, s[3], 1));
      attention(biased, q, k, v, masked(again, heads, s[3], s[2]));
      if (s[2] == s[3]) {
        Tensor rows = order(s[0], s[2]);
        attention(new Op.Attention(heads, scale, false, true), q, k, v, rows);
        Op.Attention both = new Op.Attention(heads, scale, true, true);
        attention(both, q, k, v, masked(again, heads, s[3], s[2]), rows);
      }
    }
  }

  private Tensor order(int images, int tokens) {
    List<Long> rows = new ArrayList<>(LongStream.range(0, (long) images * tokens).boxed().toList());
    Collections.shuffle(rows, random);
    return Tensor.of(Shape.of(images, tokens), rows.stream().mapToLong(Long::longValue).toArray());
  }

  /** Length of a run, runs of x, of the result, and length of a row of both. */
  private static final int[][] RUNS = {
    {32, 60, 60, 96},
    {96, 49, 64, 96},
    {1, 40, 33, 1},
    {16, 12, 30, 48},
    {7, 30, 20, 35},
    {384, 20, 17, 128},
    {2048, 5, 7, 2048},
    {5, 64, 64, 8}
  };

  @Test
  void runsAreCopiedExactly() {
    for (int[] s : RUNS) {
      long[] runs = new long[s[2]];
      for (int i = 0; i < runs.length; i++) {
        boolean next = i > 0 && runs[i - 1] + 1 < s[1] && random.nextBoolean();
        runs[i] = next ? runs[i - 1] + 1 : random.nextInt(-1, s[1]);
      }
      Shape to = Shape.of(s[0] * s[2] / s[3], s[3]);
      Tensor x = check.floats(s[0] * s[1] / s[3], s[3]);
      check.check(new Op.Runs(s[0], to), 0, 0, x, Tensor.of(Shape.of(runs.length), runs));
    }
  }

  /** Scores are sums of D products, scaled to variance 1, with a bias: below 12. */
  private void attention(Op.Attention op, Tensor... in) {
    double depth = in[0].shape().last() / (double) op.heads();
    double keys = in[1].shape().dim(1);
    // A score is off by 4 u sqrt(D + 3) * its terms, sqrt(D) * scale on average; so is a weight,
    // which
    // the exponential (3 u) and the sum of weights and products of values (4 u sqrt(S + 3)) add to.
    double scores = 4 * U * Math.sqrt(depth + 3) * Math.sqrt(depth) + 2 * 12 * U;
    double bound = 2 * (scores + 3 * U + 2 * 4 * U * Math.sqrt(keys + 3)) * 5;
    check.check(op, 0, bound, in);
  }

  /** -100 for a third of the keys, -infinity for the last of several. */
  private Tensor masked(int images, int heads, int keys, int queries) {
    Shape shape = Shape.of(images, heads, keys, queries);
    float[] bias = new float[(int) shape.elements()];
    for (int i = 0; i < bias.length; i++) {
      int key = i / queries % keys;
      bias[i] =
          key > 0 && key == keys - 1 ? Float.NEGATIVE_INFINITY : (i + key) % 3 == 1 ? -100 : 0;
    }
    return Tensor.of(shape, bias);
  }

  @Test
  void resizingAgrees() {
    for (CoordinateTransform transform : CoordinateTransform.values()) {
      for (NearestMode mode : NearestMode.values()) {
        for (int c : channels()) {
          resize(Interpolation.NEAREST, transform, mode, c, 2, 2);
          resize(Interpolation.NEAREST, transform, mode, c, 3, 1);
          if (hasLinearResize()) {
            resize(Interpolation.LINEAR, transform, mode, c, 2, 2);
            resize(Interpolation.LINEAR, transform, mode, c, 1.6, 0.6);
          }
        }
      }
    }
  }

  /** The one in Java multiplies and adds in one step, or leaves it to the portable one. */
  private boolean hasLinearResize() {
    return takesEveryShape || Jit.fusedMultiplyAdd();
  }

  private void resize(
      Interpolation interpolation,
      CoordinateTransform transform,
      NearestMode mode,
      int channels,
      double down,
      double right) {
    Tensor x = check.floats(2, 5, 10, channels);
    Shape sizes = Shape.of(2, (int) (5 * down), (int) (10 * right), channels);
    List<Double> scales = List.of(1.0, down, right, 1.0);
    // Four products of values under 6 with weights that sum to 1.
    double bound = interpolation == Interpolation.NEAREST ? 0 : 6 * 6 * U;
    check.check(new Op.Resize(interpolation, transform, mode, -0.75, scales, sizes), 0, bound, x);
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
