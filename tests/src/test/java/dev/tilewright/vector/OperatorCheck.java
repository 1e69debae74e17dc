package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.ShapeInference;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;

/**
 * Runs an operator's kernel the hard way and compares it with the portable one: strided views where
 * accepted, outputs filled with NaN, canaries in the gaps and at the ends, parts in random groups
 * and order on several workers.
 */
final class OperatorCheck {
  /** Unit round-off of float32. */
  static final double U = 0x1p-24;

  private static final int CANARY = 0x7fc0_dead;
  private static final int CANARIES = 32;
  private static final int WORKERS = 3;

  /** What is checked: {@code Backend.operator}. */
  private final Function<OpProblem, Optional<Kernel>> kernels;

  private final Random random;
  private final Arena arena;

  OperatorCheck(Function<OpProblem, Optional<Kernel>> kernels, Random random, Arena arena) {
    this.kernels = kernels;
    this.random = random;
    this.arena = arena;
  }

  /** Standard normal values. */
  Tensor floats(Integer... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(shape, values);
  }

  /** Numbers of rows and runs are constants. */
  static OpProblem problem(Op op, List<Tensor> in) {
    List<TensorType> types = in.stream().map(Tensor::type).toList();
    List<Tensor> known = new ArrayList<>();
    in.forEach(t -> known.add(t.dtype() == DType.FLOAT32 ? null : t));
    return new OpProblem(op, types, known, ShapeInference.infer(op, types));
  }

  /** Requires that there is a kernel and that it agrees, dense and strided. */
  void check(Op op, double relative, double absolute, Tensor... in) {
    OpProblem problem = problem(op, List.of(in));
    Kernel kernel =
        kernels.apply(problem).orElseThrow(() -> new AssertionError("no kernel for " + problem));
    float[] want = Operators.evaluate(op, List.of(in), problem.out()).getFirst().toFloats();
    compare(problem, want, run(problem, kernel, false, in), relative, absolute);
    if (kernel.acceptsStridedRows()) {
      compare(problem, want, run(problem, kernel, true, in), relative, absolute);
    }
    for (int i = 0; i < in.length; i++) {
      if (kernel.mayOverwrite(i) && in[i].type().equals(problem.out().getFirst())) {
        float[] apart = run(problem, kernel, false, in);
        compare(problem, apart, run(problem, kernel, false, i, in), 0, 0);
        if (kernel.acceptsStridedRows()) {
          compare(problem, apart, run(problem, kernel, true, i, in), 0, 0);
        }
      }
    }
  }

  /** The same to an absolute bound, on random inputs of these shapes. */
  void check(Op op, double bound, Shape... in) {
    Tensor[] tensors =
        Arrays.stream(in).map(s -> floats(s.dims().toArray(Integer[]::new))).toArray(Tensor[]::new);
    check(op, 0, bound, tensors);
  }

  private static void compare(
      OpProblem problem, float[] want, float[] got, double relative, double absolute) {
    for (int i = 0; i < want.length; i++) {
      boolean same =
          Float.compare(want[i], got[i]) == 0
              || want[i] == got[i]
              || Math.abs((double) want[i] - got[i]) <= relative * Math.abs(want[i]) + absolute;
      if (!same) {
        throw new AssertionError(
            "element %d is %s, portable %s: %s".formatted(i, got[i], want[i], problem));
      }
    }
  }

  private float[] run(OpProblem problem, Kernel kernel, boolean strided, Tensor... in) {
    return run(problem, kernel, strided, -1, in);
  }

  /**
   * @param over the input that the result is written over, or -1
   */
  private float[] run(OpProblem problem, Kernel kernel, boolean strided, int over, Tensor... in) {
    List<View> from = Arrays.stream(in).map(t -> view(t, strided)).toList();
    TensorType type = problem.out().getFirst();
    View to = over < 0 ? view(type, strided) : from.get(over);
    long bytes = (kernel.workspaceBytes() + 127) / 64 * 64;
    MemorySegment workspace = arena.allocate(WORKERS * bytes, 64);
    Task task = kernel.bind(new Operands(from, List.of(to), workspace.address(), bytes, arena));
    List<int[]> groups = new ArrayList<>();
    for (int part = 0; part < task.parts(); ) {
      int end = Math.min(task.parts(), part + 1 + random.nextInt(3));
      groups.add(new int[] {part, end});
      part = end;
    }
    Collections.shuffle(groups, random);
    for (int[] group : groups) {
      workspace.fill((byte) 0xff);
      task.run(group[0], group[1], random.nextInt(WORKERS));
    }
    return values(to);
  }

  private View view(Tensor tensor, boolean strided) {
    if (tensor.dtype() != DType.FLOAT32) {
      MemorySegment memory = arena.allocate(tensor.type().bytes(), 64).copyFrom(tensor.data());
      return View.dense(memory.address(), tensor.type());
    }
    View view = view(tensor.type(), strided);
    MemorySegment memory = memory(view);
    for (long r = 0; r < view.rows(); r++) {
      MemorySegment.copy(
          tensor.data(),
          4 * r * view.columns(),
          memory,
          4 * r * view.rowStride(),
          4L * view.columns());
    }
    return view;
  }

  /** Memory full of NaN, which are also the canaries. */
  private View view(TensorType type, boolean strided) {
    assertThat(type.dtype()).isEqualTo(DType.FLOAT32);
    View dense = View.dense(0, type);
    long stride = dense.columns() + (strided ? 1L + random.nextInt(20) : 0L);
    long floats = Math.max(1, dense.rows()) * stride + CANARIES;
    MemorySegment memory = arena.allocate(4 * floats, 64);
    for (long i = 0; i < floats; i++) {
      memory.set(JAVA_INT_UNALIGNED, 4 * i, CANARY);
    }
    return new View(memory.address(), type, stride);
  }

  private static MemorySegment memory(View view) {
    long bytes = 4 * (Math.max(1, view.rows()) * view.rowStride() + CANARIES);
    return MemorySegment.ofAddress(view.address()).reinterpret(bytes);
  }

  private static float[] values(View view) {
    MemorySegment memory = memory(view);
    float[] values = new float[(int) view.shape().elements()];
    long end = memory.byteSize() / 4;
    for (long i = 0; i < end; i++) {
      long row = i / view.rowStride();
      long column = i % view.rowStride();
      if (row < view.rows() && column < view.columns()) {
        values[(int) (row * view.columns() + column)] = memory.get(JAVA_FLOAT_UNALIGNED, 4 * i);
      } else {
        assertThat(memory.get(JAVA_INT_UNALIGNED, 4 * i)).as("canary %d", i).isEqualTo(CANARY);
      }
    }
    return values;
  }

  /** A task on uninitialised memory, all in one view, for counting bytes and time. */
  Task bind(Op op, Shape... shapes) {
    List<TensorType> types = Arrays.stream(shapes).map(TensorType::floats).toList();
    OpProblem problem =
        new OpProblem(
            op, types, Collections.nCopies(types.size(), null), ShapeInference.infer(op, types));
    Kernel kernel = kernels.apply(problem).orElseThrow();
    List<View> in = types.stream().map(t -> dense(t)).toList();
    View out = dense(problem.out().getFirst());
    long workspace = arena.allocate(kernel.workspaceBytes() + 64, 64).address();
    return kernel.bind(new Operands(in, List.of(out), workspace, 0, arena));
  }

  private View dense(TensorType type) {
    MemorySegment memory = arena.allocate(type.bytes(), 64);
    for (long i = 0; i < type.bytes(); i++) {
      memory.set(JAVA_BYTE, i, (byte) (i % 4 == 3 ? 0x3f : i));
    }
    return View.dense(memory.address(), type);
  }
}
