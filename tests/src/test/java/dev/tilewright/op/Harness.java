package dev.tilewright.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.ShapeInference;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Runs the portable kernel of an operator in every way a session may, and insists that all give the
 * same bits: in one go, part by part backwards with two workers, with strided rows if the kernel
 * takes them, and over an input if it may. Memory is full of garbage (NaN as floats) before, and
 * whatever does not belong to the result must be untouched after.
 */
final class Harness {
  private static final byte GARBAGE = (byte) 0xff;
  private static final long MARGIN = 64;

  private Harness() {}

  static Tensor run(Op op, Tensor... inputs) {
    List<Tensor> in = List.of(inputs);
    List<TensorType> types = in.stream().map(Tensor::type).toList();
    List<TensorType> out = ShapeInference.infer(op, types);
    OpProblem problem = new OpProblem(op, types, Collections.nCopies(in.size(), null), out);
    Kernel kernel = Operators.kernel(problem);
    Tensor once = execute(kernel, in, out.getFirst(), 0, false);
    assertSameBits(execute(kernel, in, out.getFirst(), 0, true), once);
    assertSameBits(Operators.evaluate(op, in, out).getFirst(), once);
    if (kernel.acceptsStridedRows()) {
      assertSameBits(execute(kernel, in, out.getFirst(), 3, true), once);
    }
    for (int i = 0; i < types.size(); i++) {
      if (kernel.mayOverwrite(i) && types.get(i).equals(out.getFirst())) {
        int gap = kernel.acceptsStridedRows() ? 3 : 0;
        assertSameBits(execute(kernel, in, out.getFirst(), gap, true, i), once);
      }
    }
    return once;
  }

  static void assertSameBits(Tensor actual, Tensor expected) {
    assertThat(actual.type()).isEqualTo(expected.type());
    assertThat(actual.data().mismatch(expected.data())).as("first byte that differs").isEqualTo(-1);
  }

  /** Integers and booleans of a one-dimensional result. */
  static long[] longs(Op op, Tensor... inputs) {
    return run(op, inputs).toLongs();
  }

  static float[] floats(Op op, Tensor... inputs) {
    return run(op, inputs).toFloats();
  }

  private static Tensor execute(
      Kernel kernel, List<Tensor> in, TensorType out, int gap, boolean backwards) {
    return execute(kernel, in, out, gap, backwards, -1);
  }

  /**
   * @param over the input that the result is written over, or -1
   */
  private static Tensor execute(
      Kernel kernel, List<Tensor> in, TensorType out, int gap, boolean backwards, int over) {
    try (Arena arena = Arena.ofConfined()) {
      List<Block> blocks = new ArrayList<>();
      for (Tensor t : in) {
        Block block = new Block(arena, t.type(), gap);
        block.write(t);
        blocks.add(block);
      }
      List<View> from = blocks.stream().map(b -> b.view).toList();
      Block result = over < 0 ? new Block(arena, out, gap) : blocks.get(over);
      TensorType scratch =
          new TensorType(DType.INT8, Shape.of(Math.toIntExact(kernel.workspaceBytes())));
      Block[] workers = {new Block(arena, scratch, 0), new Block(arena, scratch, 0)};
      long first = workers[0].view.address();
      long stride = workers[1].view.address() - first;
      Task task = kernel.bind(new Operands(from, List.of(result.view), first, stride, arena));
      assertThat(task.parts()).isPositive();
      if (backwards) {
        for (int part = task.parts() - 1; part >= 0; part--) {
          task.run(part, part + 1, part & 1);
        }
      } else {
        task.run(0, task.parts(), 0);
      }
      for (Block worker : workers) {
        worker.take();
        worker.assertGarbage();
      }
      Tensor values = result.take();
      result.assertGarbage();
      return values;
    }
  }

  /** A view in the middle of garbage, its rows {@code gap} elements longer than they should be. */
  private static final class Block {
    private final MemorySegment all;
    private final View view;

    Block(Arena arena, TensorType type, int gap) {
      long stride = type.shape().last() + (long) gap;
      long rows = View.dense(0, type).rows();
      long bytes = rows * stride * type.dtype().bytes();
      all = arena.allocate(bytes + 2 * MARGIN, 64).fill(GARBAGE);
      view = new View(all.address() + MARGIN, type, stride);
    }

    private MemorySegment row(long row) {
      int bytes = view.type().dtype().bytes();
      return all.asSlice(MARGIN + row * view.rowStride() * bytes, (long) view.columns() * bytes);
    }

    void write(Tensor tensor) {
      for (long r = 0; r < view.rows(); r++) {
        MemorySegment row = row(r);
        row.copyFrom(tensor.data().asSlice(r * row.byteSize(), row.byteSize()));
      }
    }

    /** The values, replaced by garbage. */
    Tensor take() {
      byte[] values = new byte[Math.toIntExact(view.type().bytes())];
      MemorySegment data = MemorySegment.ofArray(values);
      for (long r = 0; r < view.rows(); r++) {
        MemorySegment row = row(r);
        data.asSlice(r * row.byteSize(), row.byteSize()).copyFrom(row);
        row.fill(GARBAGE);
      }
      return new Tensor(view.type(), data);
    }

    void assertGarbage() {
      byte[] garbage = new byte[Math.toIntExact(all.byteSize())];
      Arrays.fill(garbage, GARBAGE);
      assertThat(all.mismatch(MemorySegment.ofArray(garbage))).as("canary").isEqualTo(-1);
    }
  }
}
