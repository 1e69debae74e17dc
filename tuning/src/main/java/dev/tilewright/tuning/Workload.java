package dev.tilewright.tuning;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.tilewright.backend.PagedArena;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Operands;
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

/**
 * The memory of one computation, dense and filled with seeded noise. All candidates are timed on
 * the same bytes: buffers of their own differ by where they happen to lie, several percent.
 *
 * <p>Values are normal with mean 0; those of filters and of right-hand matrices have variance 1 /
 * terms of the sum, so that results are about normal too.
 */
public final class Workload implements AutoCloseable {
  private static final int MOST_COPIES = 64;

  private final Arena arena = new PagedArena(Arena.ofShared());
  private final Random random;
  private final List<View> in = new ArrayList<>();
  private final View dst;
  private final List<Weights> weights = new ArrayList<>();
  private MemorySegment scratch = MemorySegment.NULL;

  private Workload(long seed, Shape dst, Shape filter, int bias, double scale, long coldBytes) {
    random = new Random(seed);
    this.dst = View.dense(allocate(TensorType.floats(dst)), TensorType.floats(dst));
    Tensor values = Tensor.of(filter, noise(filter.elements(), scale));
    Tensor biases = bias == 0 ? null : Tensor.of(Shape.of(bias), noise(bias, 1));
    for (int i = 0; i < copies(4 * filter.elements(), coldBytes); i++) {
      weights.add(new Weights(values, biases, arena));
    }
  }

  /** So many that they do not fit the cache together. */
  private static int copies(long bytes, long coldBytes) {
    return Math.clamp(Math.ceilDiv(coldBytes, Math.max(1, bytes)), 1, MOST_COPIES);
  }

  /** What a convolution reads and writes. */
  public static Workload of(ConvProblem problem, long seed) {
    return cold(problem, seed, 0);
  }

  /**
   * The same with several copies of the filter, which calls take in turn: inside a model, other
   * layers' weights drive a layer's out of the cache between two runs, and kernels that read them
   * more often suffer more.
   *
   * @param coldBytes that all copies together fill, as far as 64 of them do
   */
  public static Workload cold(ConvProblem problem, long seed, long coldBytes) {
    ConvShape s = problem.shape();
    int channels = s.inChannels() / s.groups();
    Shape filter = Shape.of(s.outChannels(), channels, s.kernel().height(), s.kernel().width());
    Shape dst = Shape.of(s.batch(), s.out().height(), s.out().width(), s.outChannels());
    double terms = (double) channels * s.kernel().height() * s.kernel().width();
    int bias = problem.epilogue().bias() ? s.outChannels() : 0;
    Workload workload = new Workload(seed, dst, filter, bias, 1 / Math.sqrt(terms), coldBytes);
    workload.add(Shape.of(s.batch(), s.in().height(), s.in().width(), s.inChannels()), 1);
    if (problem.epilogue().residual()) {
      workload.add(dst, 1);
    }
    return workload;
  }

  /** What a product of matrices computed at run time reads and writes: [M, K] x [K, N]. */
  public static Workload ofProduct(int batch, int m, int k, int n, long seed) {
    Workload workload = new Workload(seed, Shape.of(batch, m, n), Shape.of(0), 0, 1, 0);
    workload.add(Shape.of(batch, m, k), 1);
    workload.add(Shape.of(batch, k, n), 1 / Math.sqrt(k));
    return workload;
  }

  private void add(Shape shape, double scale) {
    TensorType type = TensorType.floats(shape);
    View view = View.dense(allocate(type), type);
    float[] values = noise(shape.elements(), scale);
    MemorySegment.copy(values, 0, Memory.ALL, JAVA_FLOAT, view.address(), values.length);
    in.add(view);
  }

  /** Inputs in a kernel's order. */
  public List<View> in() {
    return List.copyOf(in);
  }

  public View dst() {
    return dst;
  }

  /** Filter and bias of a convolution; of a product, nothing. */
  public Weights weights() {
    return weights.getFirst();
  }

  /** As many as there are copies of the filter, all of the same values. */
  List<Weights> copies() {
    return weights;
  }

  /**
   * Operands over this memory. All share one scratch area, so their tasks take turns.
   *
   * @param workspaceBytes for each worker
   */
  Operands operands(long workspaceBytes, int workers) {
    long bytes = Operands.workspaceBytes(workspaceBytes, workers);
    if (scratch.byteSize() < bytes) {
      scratch = arena.allocate(bytes, 64);
    }
    long stride = Operands.workspaceStride(workspaceBytes);
    return new Operands(in, List.of(dst), scratch.address(), stride, arena);
  }

  /** Makes every value of dst NaN, so that one that is not written shows. */
  void poison() {
    Memory.ALL.asSlice(dst.address(), dst.type().bytes()).fill((byte) 0xff);
  }

  private long allocate(TensorType type) {
    return arena.allocate(Math.max(64, type.bytes()), 64).address();
  }

  private float[] noise(long n, double scale) {
    float[] values = new float[Math.toIntExact(n)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (scale * random.nextGaussian());
    }
    return values;
  }

  /** Frees the memory: no task on it may run any more. */
  @Override
  public void close() {
    arena.close();
  }
}
