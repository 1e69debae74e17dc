package dev.tilewright.op;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.List;
import java.util.stream.IntStream;

/** The portable kernel of every operator that is not a convolution. */
public final class Operators {
  /** From which several threads share the work of a constant: filters of large layers. */
  private static final int MANY_PARTS = 64;

  private Operators() {}

  /**
   * A kernel for the node.
   *
   * @throws IllegalArgumentException for a Conv: convolutions are what ConvAlgorithms compute
   */
  public static Kernel kernel(OpProblem problem) {
    Shape x = problem.in().getFirst().shape();
    Shape out = problem.out().getFirst().shape();
    return switch (problem.op()) {
      case Op.Activate(Activation activation) -> new Activate(activation);
      case Op.Unary(Op.UnaryFunction function) -> new Unary(function);
      case Op.Binary(Op.BinaryFunction function) -> new Binary(function);
      case Op.Where w -> new Where();
      case Op.Elementwise e -> new Elementwise(e, problem);
      case Op.Cast c -> new Cast();
      case Op.Reduce reduce -> new Reduce(reduce);
      case Op.Reductions several -> new Reductions(several);
      case Op.Concat concat -> new Concat(concat);
      case Op.Slice slice -> new Slice(slice);
      case Op.Pad pad -> new Pad(pad);
      case Op.Transpose transpose -> new Transpose(transpose);
      case Op.Reshape r -> new Copy(x, out);
      case Op.Runs runs -> new Runs(runs);
      case Op.Expand e -> new Expand();
      case Op.Gather gather -> new Gather(gather);
      case Op.GatherElements(int axis) -> new GatherElements(axis);
      case Op.GatherParts(int batch) -> new GatherParts(batch);
      case Op.Scatter(Op.ScatterReduction reduction) -> new Scatter(reduction);
      case Op.ScatterElements(int axis, Op.ScatterReduction reduction) ->
          new ScatterElements(axis, reduction);
      case Op.GridSample sample -> new GridSample(sample, x.last());
      case Op.RoiAlign align -> new RoiAlign(align, x);
      case Op.LocalNorm norm -> new LocalNorm(norm, x.last());
      case Op.MaxPositions places -> new MaxPositions(places);
      case Op.Top top -> new Top(top);
      case Op.CumulativeSum sum -> new CumulativeSum(sum);
      case Op.LayerNorm(float epsilon) -> new LayerNorm(epsilon);
      case Op.Softmax(int axis) -> new Softmax(axis, x.dim(axis));
      case Op.Attention attention -> new Attention(attention, problem.in().get(1).shape().dim(1));
      case Op.MatMul m -> new MatMul(out.last());
      case Op.IntegerConv conv -> new IntegerConv(conv, problem.in().get(2).shape());
      case Op.IntegerMatMul m -> new IntegerMatMul(x.last(), out.last());
      case Op.Quantize(DType to) -> new Quantize(to);
      case Op.Dequantize q -> new Dequantize();
      case Op.Pool pool -> new Pool(pool, x.last());
      case Op.Resize resize -> new Resize(resize, x);
      case Op.ConvTranspose conv -> new ConvTranspose(conv, out.last());
      case Op.Conv c ->
          throw new IllegalArgumentException("a convolution needs a ConvAlgorithm: " + c);
    };
  }

  /** Computes a node whose inputs are known. The results live as long as they are reachable. */
  public static List<Tensor> evaluate(Op op, List<Tensor> in, List<TensorType> out) {
    return evaluate(op, in, out, Arena.ofAuto());
  }

  /**
   * Computes a node whose inputs are known.
   *
   * @param owner of the results: they live as long as it and the inputs do
   */
  public static List<Tensor> evaluate(Op op, List<Tensor> in, List<TensorType> out, Arena owner) {
    if (op instanceof Op.Reshape(Shape shape)) {
      return List.of(in.getFirst().reshape(shape));
    }
    if (op instanceof Op.Transpose(List<Integer> perm)
        && perm.equals(List.of(1, 0))
        && out.getFirst().dtype() == DType.FLOAT32) {
      return List.of(transposed(in.getFirst(), out.getFirst().shape()));
    }
    List<Tensor> results = out.stream().map(t -> new Tensor(t, allocate(owner, t))).toList();
    try (Arena arena = Arena.ofConfined()) {
      OpProblem problem = new OpProblem(op, in.stream().map(Tensor::type).toList(), in, out);
      Kernel kernel = kernel(problem);
      long workspace =
          kernel.workspaceBytes() == 0 ? 0 : arena.allocate(kernel.workspaceBytes(), 64).address();
      List<View> from = in.stream().map(t -> nativeView(t, arena)).toList();
      List<View> to = results.stream().map(t -> View.dense(t.data().address(), t.type())).toList();
      try {
        Task task = kernel.bind(new Operands(from, to, workspace, 0, arena));
        if (workspace == 0 && task.parts() >= MANY_PARTS) {
          IntStream.range(0, task.parts()).parallel().forEach(part -> task.run(part, part + 1, 0));
        } else {
          task.run(0, task.parts(), 0);
        }
      } finally {
        Reference.reachabilityFence(in);
      }
    }
    return results;
  }

  /**
   * A matrix by way of arrays: weights of a product are a million elements, and a JVM that has just
   * started takes 60 ns for each that goes through a segment, half of the time to load a network.
   */
  private static Tensor transposed(Tensor matrix, Shape shape) {
    int rows = shape.dim(0);
    int columns = shape.dim(1);
    float[] to = new float[Math.multiplyExact(rows, columns)];
    int band = 16; // columns that are written together: a cache line
    IntStream.range(0, Math.ceilDiv(columns, band))
        .parallel()
        .forEach(part -> {
          int first = part * band;
          int count = Math.min(band, columns - first);
          float[] from = new float[count * rows];
          MemorySegment.copy(
              matrix.data(), JAVA_FLOAT_UNALIGNED, 4L * first * rows, from, 0, from.length);
          transpose(from, rows, to, first, columns);
        });
    return Tensor.of(shape, to);
  }

  /** Writes rows of a matrix into columns of another. */
  private static void transpose(float[] from, int length, float[] to, int first, int stride) {
    int count = from.length / Math.max(1, length);
    for (int r = 0; r < length; r++) {
      for (int c = 0; c < count; c++) {
        to[r * stride + first + c] = from[c * length + r];
      }
    }
  }

  /** Of the values themselves, aligned or not, or of a copy if they are on the heap. */
  private static View nativeView(Tensor tensor, Arena arena) {
    MemorySegment data = tensor.data();
    if (!data.isNative()) {
      data = allocate(arena, tensor.type()).copyFrom(data);
    }
    return View.dense(data.address(), tensor.type());
  }

  private static MemorySegment allocate(Arena arena, TensorType type) {
    return arena.allocate(Math.max(1, type.bytes()), 64).asSlice(0, type.bytes());
  }
}
