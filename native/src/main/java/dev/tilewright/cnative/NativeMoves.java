package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tilewright.cnative.Loops.Loop;
import dev.tilewright.cnative.NativeOperators.Binder;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.op.RunTable;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The operators that only move values, of any element type, as strided copies. */
final class NativeMoves {
  private NativeMoves() {}

  static Optional<Binder> binder(OpProblem problem) {
    return switch (problem.op()) {
      case Op.Transpose(List<Integer> perm) ->
          Optional.of((operands, limit) -> {
            View src = operands.in().getFirst();
            long[] strides = src.strides();
            long[] permuted = perm.stream().mapToLong(i -> strides[i]).toArray();
            return into(operands, src.address(), permuted, limit);
          });
      case Op.Slice slice -> Optional.of((operands, limit) -> slice(slice, operands, limit));
      case Op.Expand e ->
          Optional.of((operands, limit) -> {
            View src = operands.in().getFirst();
            Shape shape = operands.out().getFirst().shape();
            return into(operands, src.address(), src.strides(shape), limit);
          });
      case Op.Concat(int axis) -> Optional.of((operands, limit) -> concat(axis, operands, limit));
      case Op.Reshape r -> Optional.of(NativeMoves::reshape);
      case Op.Runs runs ->
          RunTable.known(problem, runs)
              .map(known -> (operands, limit) -> runs(runs, known, operands, limit));
      case Op.Gather(int axis) -> NativeGather.binder(problem, axis);
      default -> Optional.empty();
    };
  }

  /** A reshaped tensor may be strided if its longer rows are made of whole shorter ones. */
  static boolean acceptsStrided(OpProblem problem) {
    if (!(problem.op() instanceof Op.Reshape)) {
      return true;
    }
    int from = problem.in().getFirst().shape().last();
    int to = problem.out().getFirst().shape().last();
    return Math.max(from, to) % Math.min(from, to) == 0;
  }

  private static Task slice(Op.Slice slice, Operands operands, Isa limit) {
    View src = operands.in().getFirst();
    long[] strides = src.strides();
    long from = src.address();
    for (int i = 0; i < strides.length; i++) {
      from += slice.starts().get(i) * strides[i];
      strides[i] *= slice.steps().get(i);
    }
    return into(operands, from, strides, limit);
  }

  private static Task concat(int axis, Operands operands, Isa limit) {
    View dst = operands.out().getFirst();
    long[] strides = dst.strides();
    long to = dst.address();
    List<Task> copies = new ArrayList<>();
    for (View src : operands.in()) {
      if (src.shape().elements() > 0) {
        List<Loop> loops = Loops.of(src.shape(), strides, src.strides());
        copies.add(copy(operands, to, src.address(), loops, limit));
      }
      to += src.shape().dim(axis) * strides[axis];
    }
    return Task.joined(copies);
  }

  /**
   * A constant around the source, or less than all of it, of 4 bytes each; empty if nothing of the
   * source is left. Before and behind it along each dimension is a slab, as long as the result in
   * all later dimensions and as the source in earlier ones; rows of slabs are copies of one row.
   */
  static Optional<Binder> pad(Op.Pad op, Shape out) {
    List<Integer> dims = new ArrayList<>(out.dims());
    for (int i = 0; i < dims.size(); i++) {
      dims.set(i, out.dim(i) - Math.max(0, op.before().get(i)) - Math.max(0, op.after().get(i)));
    }
    boolean known = op.mode() == Op.PadMode.CONSTANT && dims.stream().allMatch(d -> d > 0);
    return known
        ? Optional.of((operands, limit) -> pad(op, dims, operands, limit))
        : Optional.empty();
  }

  /**
   * @param inner of the result: what comes from the source
   */
  private static Task pad(Op.Pad op, List<Integer> inner, Operands operands, Isa limit) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    long[] to = dst.strides();
    long[] from = src.strides();
    long[] same = new long[to.length];
    same[to.length - 1] = Float.BYTES;
    MemorySegment row = operands.arena().allocate((long) Float.BYTES * dst.columns(), 64);
    for (int i = 0; i < dst.columns(); i++) {
      row.setAtIndex(JAVA_FLOAT, i, (float) op.value());
    }
    long start = dst.address();
    long first = src.address();
    List<Integer> slab = new ArrayList<>(dst.shape().dims());
    List<Task> copies = new ArrayList<>();
    for (int i = 0; i < to.length; i++) {
      int before = op.before().get(i);
      int after = op.after().get(i);
      long behind = start + (Math.max(0, before) + inner.get(i)) * to[i];
      if (before > 0) {
        slab.set(i, before);
        copies.add(
            copy(operands, start, row.address(), Loops.of(new Shape(slab), to, same), limit));
      }
      if (after > 0) {
        slab.set(i, after);
        copies.add(
            copy(operands, behind, row.address(), Loops.of(new Shape(slab), to, same), limit));
      }
      slab.set(i, inner.get(i));
      start += Math.max(0, before) * to[i];
      first += Math.max(0, -before) * from[i];
    }
    copies.add(copy(operands, start, first, Loops.of(new Shape(inner), to, from), limit));
    return Task.joined(copies);
  }

  /** Both as [rows, pieces, piece], where a piece is the shorter of the two rows. */
  private static Task reshape(Operands operands, Isa limit) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    long elements = dst.shape().elements();
    int bytes = dst.type().dtype().bytes();
    if (src.isDense() && dst.isDense()) {
      List<Loop> all = List.of(new Loop(elements, bytes, bytes));
      return copy(operands, dst.address(), src.address(), all, limit);
    }
    int longer = Math.max(src.columns(), dst.columns());
    int piece = Math.min(src.columns(), dst.columns());
    int pieces = longer / piece;
    Shape shape = Shape.of(Math.toIntExact(elements / longer), pieces, piece);
    List<Loop> loops = Loops.of(shape, pieces(dst, pieces, piece), pieces(src, pieces, piece));
    return copy(operands, dst.address(), src.address(), loops, limit);
  }

  private static long[] pieces(View view, int pieces, int piece) {
    long bytes = view.type().dtype().bytes();
    long row = view.rowStride() * bytes;
    return view.columns() == piece
        ? new long[] {row * pieces, row, bytes}
        : new long[] {row, piece * bytes, bytes};
  }

  private static Task runs(Op.Runs op, int[] known, Operands operands, Isa limit) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    RunTable copies = RunTable.of(op, known, src, dst);
    long[] numbers = copies.numbers();
    OperatorArguments args =
        new OperatorArguments("runs", 0, limit, operands.arena())
            .tensors(dst.address(), src.address())
            .extra(copies.copies(), copies.meanBytes());
    MemorySegment table = args.table((long) numbers.length * Long.BYTES);
    MemorySegment.copy(numbers, 0, table, JAVA_LONG, 0, numbers.length);
    return args.bind();
  }

  /**
   * Fills the output.
   *
   * @param from address of the element that comes first
   * @param strides bytes between source elements along each dimension of the output
   */
  private static Task into(Operands operands, long from, long[] strides, Isa limit) {
    View dst = operands.out().getFirst();
    List<Loop> loops = Loops.of(dst.shape(), dst.strides(), strides);
    return copy(operands, dst.address(), from, loops, limit);
  }

  private static Task copy(Operands operands, long to, long from, List<Loop> loops, Isa limit) {
    CopyLoops walk = CopyLoops.of(loops, operands.out().getFirst().type().dtype().bytes());
    return new OperatorArguments("copy", 0, limit, operands.arena())
        .elementBytes(walk.bytes())
        .tensors(to, from)
        .loops(walk.loops())
        .extra(walk.twoOfRows() ? 1 : 0, walk.twoOfColumns() ? 1 : 0)
        .bind();
  }
}
