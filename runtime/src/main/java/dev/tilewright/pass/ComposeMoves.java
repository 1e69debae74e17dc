package dev.tilewright.pass;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Moves in a row become one copy: a roll is slices and a concatenation for each axis, a partition
 * into windows a transpose, a shift of channels slices, pads and a concatenation. As long as whole
 * runs of elements stay together, what they come to is a list of runs of one value, which {@link
 * Op.Runs} copies.
 *
 * <p>Every move stays, and is noted with what it comes to. Whoever else reads the result reads the
 * one copy instead, if the moves before it copy more; moves that nobody reads any more disappear.
 */
final class ComposeMoves implements Pass {
  /** Shorter runs cost more than the kernels that look at single elements, or none of them. */
  private static final int LEAST_BYTES = 32;

  /** Runs that are noted in all, in 16 MB; a model that has more keeps its moves from there on. */
  private static final int MOST_RUNS = 1 << 22;

  /**
   * What a value is made of.
   *
   * @param copied elements that the moves write on the way, those of shared ones by parts
   * @param view whether the last move may cost nothing
   */
  private record Moved(RunMap map, double copied, boolean view) {}

  private final int leastBytes;
  private int runsLeft = MOST_RUNS;
  private final Map<Value, Moved> moved = new HashMap<>(); // by value of the new graph
  private final Map<Value, Value> composed = new HashMap<>();

  ComposeMoves() {
    this(LEAST_BYTES);
  }

  /**
   * @param leastBytes of a run
   */
  ComposeMoves(int leastBytes) {
    this.leastBytes = leastBytes;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Moved now = at.node().output().shape().elements() == 0 ? null : moved(at);
    if (now == null) {
      List<Value> in = new ArrayList<>();
      for (int i = 0; i < at.node().inputs().size(); i++) {
        in.add(composed(at, at.in(i)));
      }
      at.keep(in);
      return;
    }
    at.keep();
    if (moved.putIfAbsent(at.out(), now) == null && !(at.op() instanceof Op.Reshape)) {
      runsLeft -= now.map.runs().length;
    }
    if (at.isOutput()) {
      at.replaceOutput(composed(at, at.out()));
    }
  }

  private Moved before(Value value) {
    return moved.getOrDefault(value, new Moved(RunMap.of(value), 0, true));
  }

  private @Nullable Moved moved(Rewriter.At at) {
    Value x = at.in(0);
    Shape out = at.node().output().shape();
    if (at.constant(x) != null
        || x.shape().elements() == 0
        || !isListable(x.shape())
        || !isListable(out)) {
      return null;
    }
    int least = Math.ceilDiv(leastBytes, x.type().dtype().bytes());
    if (at.op() instanceof Op.Reshape) {
      return before(x);
    }
    if (at.op() instanceof Op.Concat(int axis)) {
      return concat(at, axis, least);
    }
    AxisMoves moves = AxisMoves.of(at, x.shape(), out);
    Moved before = before(x);
    RunMap map = moves == null ? null : before.map.then(moves, x.shape(), out, least, runsLeft);
    if (map == null) {
      return null;
    }
    boolean view = at.op() instanceof Op.Slice slice && isView(slice, x.shape());
    double part = before.copied * out.elements() / x.shape().elements();
    return new Moved(map, part + (view ? 0 : out.elements()), view);
  }

  private @Nullable Moved concat(Rewriter.At at, int axis, int least) {
    List<RunMap> maps = new ArrayList<>();
    List<Shape> shapes = new ArrayList<>();
    Shape out = at.node().output().shape();
    boolean inPlace = axis == out.rank() - 1 || out.product(0, axis) == 1;
    double copied = 0;
    for (int i = 0; i < at.node().inputs().size(); i++) {
      Value x = at.in(i);
      if (x.shape().elements() == 0 || !isListable(x.shape())) {
        return null;
      }
      Moved before = before(x);
      maps.add(before.map);
      shapes.add(x.shape());
      copied += before.copied + (inPlace && !before.view ? 0 : x.shape().elements());
    }
    RunMap map = RunMap.joined(maps, shapes, axis, least, runsLeft);
    return map == null ? null : new Moved(map, copied, false);
  }

  /**
   * Whether numbers of its elements are ints, and places along an axis few enough to write down.
   */
  private boolean isListable(Shape shape) {
    return shape.elements() <= Integer.MAX_VALUE
        && shape.dims().stream().allMatch(dim -> dim <= runsLeft);
  }

  /** Whether the slice may be a view: a part of the memory, or columns of every row. */
  private static boolean isView(Op.Slice slice, Shape of) {
    List<Integer> cut =
        IntStream.range(0, of.rank())
            .filter(i -> of.dim(i) != slice.sizes().dim(i))
            .boxed()
            .toList();
    return slice.steps().stream().allMatch(step -> step == 1)
        && cut.size() <= 1
        && cut.stream().allMatch(axis -> axis == of.rank() - 1 || of.product(0, axis) == 1);
  }

  /**
   * The value, as one copy if the moves that lead to it are more than that, or an order of rows.
   */
  private Value composed(Rewriter.At at, Value value) {
    Moved from = moved.get(value);
    if (from == null) {
      return value;
    }
    double copies = from.copied / value.shape().elements();
    return copies >= 1.5 || (copies >= 1 && isOrderOfRows(from.map, value.shape()))
        ? composed.computeIfAbsent(value, v -> copy(at, from.map, v.shape()))
        : value;
  }

  /** Whether it is no more than what {@link SinkRowOrder} knows to do away with. */
  private static boolean isOrderOfRows(RunMap map, Shape to) {
    int columns = to.last();
    return map.from().shape().last() == columns
        && map.length() % columns == 0
        && map.isPermutation();
  }

  private static Value copy(Rewriter.At at, RunMap map, Shape to) {
    int[] runs = map.runs();
    if (map.from().shape().elements() == to.elements()
        && IntStream.range(0, runs.length).allMatch(i -> runs[i] == i)) {
      return at.emit(new Op.Reshape(to), map.from());
    }
    long[] numbers = IntStream.of(runs).asLongStream().toArray();
    return at.emit(
        new Op.Runs(map.length(), to),
        map.from(),
        at.known(Tensor.of(Shape.of(numbers.length), numbers)));
  }
}
