package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Elementwise.Step;
import dev.tilewright.graph.ShapeInference;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import dev.tilewright.vector.ElementRows.Spec;
import dev.tilewright.vector.ElementRows.Walk;
import dev.tilewright.vector.Nest.Loop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Joined operators whose operands come down to three loops (images, rows, columns) as those of
 * {@link VectorBinary}. Inputs are floats; zero points of quantised values, which are constants,
 * become floats when the kernel is bound.
 *
 * @param walks of each input
 * @param zeros of each input, its value if it is a zero point, else NaN
 */
record VectorElementwise(ElementRows rows, List<Walk> walks, List<Float> zeros, boolean strided)
    implements Kernel {
  static Optional<Kernel> of(OpProblem problem, Op.Elementwise op) {
    TensorType out = problem.out().getFirst();
    if (!hasCode(op, problem.in()) || out.dtype() != DType.FLOAT32 || out.shape().elements() == 0) {
      return Optional.empty();
    }
    List<Float> zeros = new ArrayList<>();
    for (int i = 0; i < problem.in().size(); i++) {
      boolean floats = problem.in().get(i).dtype() == DType.FLOAT32;
      Tensor constant = problem.constants().get(i);
      if (!floats && (constant == null || constant.shape().elements() != 1)) {
        return Optional.empty();
      }
      zeros.add(floats || constant == null ? Float.NaN : (float) constant.toLongs()[0]);
    }
    List<Loop> loops = nest(problem.in().stream().map(t -> View.dense(0, t)).toList(), dense(out));
    if (!Nest.isRows(loops)) {
      return Optional.empty();
    }
    List<Walk> walks =
        IntStream.range(0, problem.in().size())
            .mapToObj(i -> walk(problem.in().get(i), out, loops.getLast().step(i + 1)))
            .toList();
    List<Loop> gapped = nest(problem.in().stream().map(t -> gapped(t)).toList(), gapped(out));
    Spec spec = new Spec(op.steps(), walks);
    return spec.instructions() > ElementRows.MOST_INSTRUCTIONS
        ? Optional.empty()
        : Optional.of(
            new VectorElementwise(
                ElementRows.of(spec), walks, List.copyOf(zeros), Nest.isRows(gapped)));
  }

  private static boolean hasCode(Op.Elementwise op, List<TensorType> in) {
    List<TensorType> known = new ArrayList<>(in);
    known.addAll(ShapeInference.steps(op, in));
    for (Step step : op.steps()) {
      if (!ElementCode.has(
          step.op(), step.operands().stream().map(i -> known.get(i).dtype()).toList())) {
        return false;
      }
    }
    return true;
  }

  private static Walk walk(TensorType in, TensorType out, long step) {
    return step == 0 ? Walk.COLUMN : in.equals(out) ? Walk.RESULT : Walk.ROW;
  }

  private static View dense(TensorType type) {
    return View.dense(0, type);
  }

  /** Like a channel slice of a wider tensor. */
  private static View gapped(TensorType type) {
    return new View(0, type, type.shape().last() + 1L);
  }

  /** Operands: dst, then the inputs. */
  private static List<Loop> nest(List<View> in, View dst) {
    Shape shape = dst.shape();
    List<long[]> strides = new ArrayList<>(List.of(dst.strides()));
    in.forEach(v -> strides.add(v.strides(shape)));
    return Nest.over(shape.dims(), strides);
  }

  @Override
  public boolean acceptsStridedRows() {
    return strided;
  }

  @Override
  public boolean mayOverwrite(int input) {
    return walks.get(input) == Walk.RESULT;
  }

  @Override
  public Task bind(Operands operands) {
    View dst = operands.out().getFirst();
    List<Loop> loops = nest(operands.in(), dst);
    Loop still = new Loop(1, new long[1 + walks.size()]);
    Loop columns = loops.getLast();
    Loop rows = loops.size() > 1 ? loops.get(loops.size() - 2) : still;
    Loop images = loops.size() > 2 ? loops.getFirst() : still;
    long block = block(operands, images, rows);
    long bytes = 4 + 4 * walks.stream().filter(w -> w == Walk.RESULT).count();
    return images.size * rows.size == 1
        ? flat(block, columns.size, bytes)
        : nested(block, images.size, rows.size, columns.size, bytes);
  }

  /** What {@link ElementRows#run} reads of the operands. */
  private long block(Operands operands, Loop images, Loop rows) {
    Arena arena = operands.arena();
    int count = 1 + walks.size();
    MemorySegment block = arena.allocate((long) count * ElementRows.OPERAND_BYTES, 64);
    for (int i = 0; i < count; i++) {
      long at = (long) i * ElementRows.OPERAND_BYTES;
      View view = i == 0 ? operands.out().getFirst() : operands.in().get(i - 1);
      boolean zero = i > 0 && view.type().dtype() != DType.FLOAT32;
      long address = zero ? constant(arena, zeros.get(i - 1)) : view.address();
      block.set(JAVA_LONG, at, address);
      block.set(JAVA_LONG, at + 8, images.step(i));
      block.set(JAVA_LONG, at + 16, rows.step(i));
    }
    return block.address();
  }

  private static long constant(Arena arena, float value) {
    MemorySegment place = arena.allocate(JAVA_FLOAT);
    place.set(JAVA_FLOAT, 0, value);
    return place.address();
  }

  /** A unit is a whole vector of the one long row; the last takes the rest along. */
  private Task flat(long block, long elements, long bytes) {
    long vectors = elements / Lanes.LENGTH;
    return new UnitTask(vectors, bytes * Lanes.LENGTH) {
      @Override
      void units(long from, long to, int worker) {
        long first = from * Lanes.LENGTH;
        long n = (to == vectors ? elements : to * Lanes.LENGTH) - first;
        rows.apply(block, 0, 0, 4 * first, 1, n);
      }
    };
  }

  /** A unit is a row. */
  private Task nested(long block, long images, long rowsOfImage, long columns, long bytes) {
    return new UnitTask(images * rowsOfImage, bytes * columns) {
      @Override
      void units(long from, long to, int worker) {
        long unit = from;
        while (unit < to) {
          long row = unit % rowsOfImage;
          int count = (int) Math.min(rowsOfImage - row, to - unit);
          rows.apply(block, unit / rowsOfImage, row, 0, count, columns);
          unit += count;
        }
      }
    };
  }
}
