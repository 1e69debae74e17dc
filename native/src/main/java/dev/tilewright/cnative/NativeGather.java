package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.tilewright.cnative.Loops.Loop;
import dev.tilewright.cnative.NativeOperators.Binder;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Channels by numbers that are known: 4-byte values of the last dimension. */
final class NativeGather {
  private static final int BYTES = 4;

  /** Neighbours are copied together if there are so many of them on average: a vector. */
  private static final int LONG_RUN = 8;

  /**
   * Neighbours that stay neighbours.
   *
   * @param to first place in the result
   * @param from first place in the data
   */
  private record Run(int to, int from, int length) {}

  private NativeGather() {}

  static Optional<Binder> binder(OpProblem problem, int axis) {
    Shape data = problem.in().getFirst().shape();
    Tensor indices = problem.constants().get(1);
    if (indices == null
        || indices.shape().rank() != 1
        || axis != data.rank() - 1
        || problem.in().getFirst().dtype().bytes() != BYTES) {
      return Optional.empty();
    }
    int size = data.last();
    long[] index = indices.toLongs();
    int[] places = new int[index.length];
    for (int i = 0; i < index.length; i++) {
      long place = index[i] + (index[i] < 0 ? size : 0);
      if (place < 0 || place >= size) {
        return Optional.empty(); // the portable kernel says so
      }
      places[i] = (int) place;
    }
    return Optional.of((operands, limit) -> bind(operands, places, limit));
  }

  private static Task bind(Operands operands, int[] places, Isa limit) {
    View src = operands.in().getFirst();
    View dst = operands.out().getFirst();
    List<Run> runs = runs(places);
    boolean inRuns = runs.size() * LONG_RUN <= places.length;
    OperatorArguments args =
        new OperatorArguments("gather", 0, limit, operands.arena())
            .elementBytes(BYTES)
            .tensors(dst.address(), src.address())
            .loops(
                List.of(
                    new Loop(dst.rows(), BYTES * dst.rowStride(), BYTES * src.rowStride()),
                    new Loop(dst.columns(), BYTES, BYTES)))
            .extra(inRuns ? runs.size() : 0);
    int[] values =
        inRuns
            ? runs.stream().flatMapToInt(r -> IntStream.of(r.to, r.from, r.length)).toArray()
            : places;
    MemorySegment table = args.table((long) values.length * Integer.BYTES);
    MemorySegment.copy(values, 0, table, JAVA_INT, 0, values.length);
    return args.bind();
  }

  private static List<Run> runs(int[] places) {
    List<Run> runs = new ArrayList<>();
    int first = 0;
    for (int i = 1; i <= places.length; i++) {
      if (i == places.length || places[i] != places[i - 1] + 1) {
        runs.add(new Run(first, places[first], i - first));
        first = i;
      }
    }
    return runs;
  }
}
