package dev.tilewright.conv;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tilewright.backend.Backend;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/**
 * One convolution problem with random data, on which any algorithm of any backend is compared with
 * {@code reference.direct}. Usable from every module's tests; failures name id, tile, key and seed.
 *
 * <p>Tensors are channel slices of wider ones whose other values are NaN, filled before dst is, so
 * a kernel that reads beside its rows shows NaN and one that writes there is caught.
 */
public final class ConvConformance implements AutoCloseable {
  /** A NaN that no arithmetic makes. */
  private static final int CANARY = 0x7fe5_c0de;

  private static final int GUARD = 32;

  private final ConvProblem problem;
  private final long seed;
  private final Random random;
  private final Arena arena = Arena.ofShared();
  private final Tensor filter;
  private final @Nullable Tensor bias;
  private final View src;
  private final @Nullable View residual;
  private final View dst;
  private final Weights weights;
  private final float[] expected;
  private final float[] magnitude;

  /**
   * @param strided whether tensors are slices of wider ones
   */
  public ConvConformance(ConvProblem problem, long seed, boolean strided) {
    this.problem = problem;
    this.seed = seed;
    random = new Random(seed);
    ConvShape s = problem.shape();
    ConvShape.Size out = s.out();
    Epilogue epilogue = problem.epilogue();
    Shape filterShape =
        Shape.of(
            s.outChannels(), s.inChannels() / s.groups(), s.kernel().height(), s.kernel().width());
    filter = Tensor.of(filterShape, gaussian(filterShape.elements()));
    bias = epilogue.bias() ? Tensor.of(Shape.of(s.outChannels()), gaussian(s.outChannels())) : null;
    weights = new Weights(filter, bias, arena);
    Shape in = Shape.of(s.batch(), s.in().height(), s.in().width(), s.inChannels());
    Shape result = Shape.of(s.batch(), out.height(), out.width(), s.outChannels());
    src = view(in, strided);
    residual = epilogue.residual() ? view(result, strided) : null;
    dst = view(result, strided);
    fill(src);
    if (residual != null) {
      fill(residual);
    }
    expected = run(reference(), Tile.NONE, weights, src, residual, problem);
    magnitude = magnitude();
  }

  /** All backends that run here but the reference, or those that the property names. */
  public static List<Backend> backends() {
    return ServiceLoader.load(Backend.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(b -> !b.name().equals("reference") && b.available().isYes())
        .filter(b -> System.getProperty("tilewright.test.backends", b.name()).contains(b.name()))
        .toList();
  }

  /** Compares one algorithm with the reference, in one piece and cut at random. */
  public void check(ConvAlgorithm algorithm, Tile tile) {
    float[] values = run(algorithm, tile, weights, src, residual, problem);
    Rounding rounding = algorithm.rounding(problem.shape());
    double relative = rounding.bound(problem.shape());
    for (int i = 0; i < expected.length; i++) {
      boolean spoilt = false;
      double largest = 0;
      for (long sharing : rounding.sharing(problem.shape(), i).toArray()) {
        int other = (int) sharing;
        spoilt |= Float.isNaN(expected[other]);
        largest = Float.isNaN(magnitude[other]) ? largest : Math.max(largest, magnitude[other]);
      }
      double allowed = tolerance(relative * largest, i);
      boolean close =
          Float.isNaN(values[i])
              ? spoilt
              : Math.abs(values[i] - expected[i]) <= allowed || values[i] == expected[i];
      if (!close) {
        throw new AssertionError(
            where(algorithm, tile)
                + "at pixel "
                + i / problem.shape().outChannels()
                + " channel "
                + i % problem.shape().outChannels()
                + " expected "
                + expected[i]
                + " +- "
                + allowed
                + ", got "
                + values[i]);
      }
    }
  }

  /**
   * Requires the same bits if the kernel is prepared over memory that gets its weights later, as
   * those that a model computes do.
   */
  public void checkRepacked(ConvAlgorithm algorithm, Tile tile) {
    float[] once = run(algorithm, tile, weights, src, residual, problem);
    Tensor later = unknown(filter.shape());
    Tensor laterBias = bias == null ? null : unknown(bias.shape());
    Weights unknown = new Weights(later, laterBias, arena);
    algorithm.prepare(problem, tile, unknown);
    later.data().copyFrom(filter.data());
    if (laterBias != null && bias != null) {
      laterBias.data().copyFrom(bias.data());
    }
    unknown.repack();
    float[] again = run(algorithm, tile, unknown, src, residual, problem);
    for (int i = 0; i < once.length; i++) {
      if (Float.floatToIntBits(once[i]) != Float.floatToIntBits(again[i])) {
        throw new AssertionError(where(algorithm, tile) + "depends on the weights before, at " + i);
      }
    }
  }

  /** NaN, in native memory. */
  private Tensor unknown(Shape shape) {
    TensorType type = TensorType.floats(shape);
    return new Tensor(type, arena.allocate(type.bytes(), 64).fill((byte) 0xff));
  }

  /**
   * How far a correct kernel may be from the reference: docs/numerics.md, "Convolution".
   *
   * @param sum error of the sum, before the activation
   */
  private double tolerance(double sum, int i) {
    return steepest(problem.epilogue().activation()) * (sum + 1e-37)
        + 16 * 0x1p-24 * Math.max(1, Math.abs(expected[i]));
  }

  /** Largest slope of an activation. */
  private static double steepest(Activation activation) {
    return switch (activation) {
      case Activation.LeakyRelu(float slope) -> Math.max(1, Math.abs(slope));
      case Activation.HardSigmoid(float alpha, float beta) -> Math.abs(alpha);
      default -> 1.5;
    };
  }

  private String where(ConvAlgorithm algorithm, Tile tile) {
    return algorithm.id() + " [" + tile + "] " + problem.key() + " seed " + seed + ": ";
  }

  /** What the algorithm computes; fails if it writes elsewhere or depends on how it is cut. */
  private float[] run(
      ConvAlgorithm algorithm,
      Tile tile,
      Weights packed,
      View from,
      @Nullable View add,
      ConvProblem p) {
    Kernel kernel = algorithm.prepare(p, tile, packed);
    int workers = Math.max(2, p.threads());
    long stride = (kernel.workspaceBytes() + 63) / 64 * 64;
    MemorySegment workspace = arena.allocate(stride * workers + 256, 64);
    for (long i = 0; i < workspace.byteSize() / 4; i++) {
      workspace.setAtIndex(java.lang.foreign.ValueLayout.JAVA_INT, i, CANARY);
    }
    Task task =
        kernel.bind(
            new Operands(
                add == null ? List.of(from) : List.of(from, add),
                List.of(dst),
                workspace.address(),
                stride,
                arena));
    poison(dst);
    task.run(0, task.parts(), 0);
    float[] values = values(dst);
    String fault = broken(dst);
    if (workspace.getAtIndex(java.lang.foreign.ValueLayout.JAVA_INT, stride * workers / 4)
        != CANARY) {
      fault = "wrote past its workspace";
    }
    poison(dst);
    for (int[] piece : pieces(task.parts())) {
      int middle = piece[0] + random.nextInt(piece[1] - piece[0]);
      if (middle > piece[0]) {
        task.run(piece[0], middle, piece[2]);
        task.goOn(middle, piece[1], piece[2]);
      } else {
        task.run(piece[0], piece[1], piece[2]);
      }
    }
    float[] again = values(dst);
    for (int i = 0; i < values.length && fault == null; i++) {
      if (Float.floatToIntBits(values[i]) != Float.floatToIntBits(again[i])) {
        fault = "depends on how its " + task.parts() + " parts are cut, at " + i;
      }
    }
    if (fault != null) {
      throw new AssertionError(where(algorithm, tile) + fault);
    }
    return values;
  }

  /** A random cut of the parts in random order: from, to, worker. */
  private List<int[]> pieces(int parts) {
    List<int[]> pieces = new ArrayList<>();
    for (int from = 0; from < parts; ) {
      int to = Math.min(parts, from + 1 + random.nextInt(4));
      pieces.add(new int[] {from, to, random.nextInt(2)});
      from = to;
    }
    java.util.Collections.shuffle(pieces, random);
    return pieces;
  }

  /** The same convolution of absolute values. */
  private float[] magnitude() {
    ConvProblem plain =
        new ConvProblem(
            problem.shape(),
            problem.epilogue().withActivation(Activation.none()),
            problem.threads());
    float[] w = filter.toFloats();
    for (int i = 0; i < w.length; i++) {
      w[i] = Math.abs(w[i]);
    }
    float[] b = bias == null ? new float[0] : bias.toFloats();
    for (int i = 0; i < b.length; i++) {
      b[i] = Math.abs(b[i]);
    }
    Weights positive =
        new Weights(
            Tensor.of(filter.shape(), w), bias == null ? null : Tensor.of(bias.shape(), b), arena);
    View absolute = absolute(src);
    View add = residual == null ? null : absolute(residual);
    return run(reference(), Tile.NONE, positive, absolute, add, plain);
  }

  private View absolute(View view) {
    View copy = view(view.shape(), false);
    float[] values = values(view);
    for (int i = 0; i < values.length; i++) {
      Memory.ALL.set(JAVA_FLOAT, copy.address() + 4L * i, Math.abs(values[i]));
    }
    return copy;
  }

  private static ConvAlgorithm reference() {
    return ServiceLoader.load(Backend.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(b -> b.name().equals("reference"))
        .findFirst()
        .orElseThrow()
        .convolutions()
        .getFirst();
  }

  private View view(Shape shape, boolean strided) {
    long stride = (long) shape.last() + (strided ? 1L + random.nextInt(20) : 0L);
    long rows = shape.product(0, shape.rank() - 1);
    MemorySegment memory = arena.allocate(4 * (rows * stride + 2 * GUARD), 64);
    for (long i = 0; i < memory.byteSize() / 4; i++) {
      memory.setAtIndex(java.lang.foreign.ValueLayout.JAVA_INT, i, CANARY);
    }
    return new View(memory.address() + 4L * GUARD, TensorType.floats(shape), stride);
  }

  private void fill(View view) {
    for (long r = 0; r < view.rows(); r++) {
      for (int c = 0; c < view.columns(); c++) {
        Memory.ALL.set(JAVA_FLOAT, at(view, r, c), (float) random.nextGaussian());
      }
    }
    if (random.nextInt(6) == 0) {
      long row = (long) (random.nextDouble() * view.rows());
      Memory.ALL.set(JAVA_FLOAT, at(view, row, random.nextInt(view.columns())), Float.NaN);
    }
  }

  private static void poison(View view) {
    for (long r = 0; r < view.rows(); r++) {
      for (int c = 0; c < view.columns(); c++) {
        Memory.ALL.set(JAVA_FLOAT, at(view, r, c), Float.NaN);
      }
    }
  }

  private static @Nullable String broken(View view) {
    long floats = view.rows() * view.rowStride();
    for (long i = -GUARD; i < floats + GUARD; i++) {
      boolean inside = i >= 0 && i < floats && i % view.rowStride() < view.columns();
      long at = view.address() + 4L * i;
      if (!inside && Memory.ALL.get(java.lang.foreign.ValueLayout.JAVA_INT, at) != CANARY) {
        return "wrote beside dst, at float " + i;
      }
    }
    return null;
  }

  private static float[] values(View view) {
    float[] values = new float[Math.toIntExact(view.shape().elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = Memory.ALL.get(JAVA_FLOAT, at(view, i / view.columns(), i % view.columns()));
    }
    return values;
  }

  private static long at(View view, long row, int column) {
    return view.address() + 4 * (row * view.rowStride() + column);
  }

  private float[] gaussian(long n) {
    float[] values = new float[Math.toIntExact(n)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  @Override
  public void close() {
    arena.close();
  }
}
