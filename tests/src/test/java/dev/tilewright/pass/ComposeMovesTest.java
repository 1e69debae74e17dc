package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Chains of moves become one copy that gives the same bits. */
class ComposeMovesTest {
  private static final int CHAINS = 400;

  private final GraphBuilder builder = new GraphBuilder(Operators::evaluate);

  @Test
  void aChainIsOneCopyOfWhatItsStepsGive() {
    int composed = 0;
    int zeros = 0;
    for (long seed = 0; seed < CHAINS; seed++) {
      long number = seed;
      Random random = new Random(seed);
      Chain chain = new Chain(random);
      int leastBytes = random.nextBoolean() ? 4 : 12;
      Graph before = chain.graph(3 + random.nextInt(6));
      Graph after = Rewriter.apply(new ComposeMoves(leastBytes), before, Operators::evaluate);
      Map<String, Tensor> in = Map.of("x", chain.input);
      Map<String, Tensor> want = Interpreter.run(before, in);
      Interpreter.run(after, in)
          .forEach((name, got) ->
              assertThat(got.data().mismatch(want.get(name).data()))
                  .as("seed %d", number)
                  .isEqualTo(-1));
      for (Node node : after.nodes()) {
        if (node.op() instanceof Op.Runs runs) {
          assertThat(4 * runs.length()).isGreaterThanOrEqualTo(leastBytes);
          composed++;
          zeros += hasZeros(after, node) ? 1 : 0;
        }
      }
    }
    assertThat(composed).isGreaterThan(CHAINS / 4);
    assertThat(zeros).isGreaterThan(CHAINS / 20);
  }

  private static boolean hasZeros(Graph graph, Node runs) {
    for (long run : graph.constants().get(runs.input(1)).toLongs()) {
      if (run < 0) {
        return true;
      }
    }
    return false;
  }

  @Test
  void aRollAndWindowsAreOneCopy() {
    Value y = windows(rolled(input(1, 8, 8, 16), 3), 4);
    assertThat(after(y)).extracting(Node::op).containsExactly(new Op.Runs(16, y.shape()));
  }

  @Test
  void channelsThatShiftAreOneCopy() {
    Value x = input(1, 4, 4, 32);
    List<Value> parts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Value part = slice(x, 3, 8 * i, 8 * i + 8);
      Value wide = builder.add("pad", pad(2, i, 3 - i), part);
      parts.add(slice(wide, 2, 1, 5));
    }
    Value y = builder.addAll("y", new Op.Concat(3), parts).getFirst();
    assertThat(after(y)).extracting(Node::op).containsExactly(new Op.Runs(8, y.shape()));
  }

  @Test
  void whatComesBackIsNoCopy() {
    Value y = rolled(rolled(input(1, 8, 8, 16), 3), 5);
    assertThat(after(y)).isEmpty();
  }

  @Test
  void oneMoveStays() {
    Value y = builder.add("y", pad(1, 2, 0), input(1, 8, 8, 16));
    assertThat(after(y)).extracting(Node::op).containsExactly(pad(1, 2, 0));
  }

  @Test
  void anOrderOfRowsIsACopyOfRows() {
    Value y = builder.add("y", new Op.Transpose(List.of(0, 2, 1, 3)), input(1, 8, 8, 16));
    assertThat(after(y)).extracting(Node::op).containsExactly(new Op.Runs(16, y.shape()));
  }

  @Test
  void singleElementsAreLeftToTheirKernels() {
    Value x = input(1, 8, 8, 16);
    Value y = builder.add("t", new Op.Transpose(List.of(0, 3, 1, 2)), rolled(x, 3));
    assertThat(after(y).getLast().op()).isInstanceOf(Op.Transpose.class);
  }

  private List<Node> after(Value output) {
    builder.output("y", output);
    Graph after = Rewriter.apply(new ComposeMoves(), builder.build(), Operators::evaluate);
    return after.nodes().stream().filter(n -> !(n.op() instanceof Op.Reshape)).toList();
  }

  private Value input(Integer... dims) {
    return builder.input("x", TensorType.floats(Shape.of(dims)));
  }

  /** Up and left, the rows that leave come in at the other end. */
  private Value rolled(Value x, int by) {
    Value y = x;
    for (int axis = 1; axis <= 2; axis++) {
      int size = y.shape().dim(axis);
      List<Value> parts = List.of(slice(y, axis, by, size), slice(y, axis, 0, by));
      y = builder.addAll("roll", new Op.Concat(axis), parts).getFirst();
    }
    return y;
  }

  private Value windows(Value x, int window) {
    int down = x.shape().dim(1) / window;
    int across = x.shape().dim(2) / window;
    int c = x.shape().last();
    Shape apart = Shape.of(1, down, window, across, window, c);
    Value y = builder.add("apart", new Op.Reshape(apart), x);
    y = builder.add("turn", new Op.Transpose(List.of(0, 1, 3, 2, 4, 5)), y);
    return builder.add("w", new Op.Reshape(Shape.of(down * across, window * window, c)), y);
  }

  private Value slice(Value x, int axis, int from, int to) {
    List<Integer> starts = new ArrayList<>(Collections.nCopies(x.shape().rank(), 0));
    List<Integer> sizes = new ArrayList<>(x.shape().dims());
    starts.set(axis, from);
    sizes.set(axis, to - from);
    List<Integer> steps = Collections.nCopies(x.shape().rank(), 1);
    return builder.add("slice", new Op.Slice(starts, steps, new Shape(sizes)), x);
  }

  private static Op pad(int axis, int before, int after) {
    List<Integer> first = new ArrayList<>(Collections.nCopies(4, 0));
    List<Integer> last = new ArrayList<>(Collections.nCopies(4, 0));
    first.set(axis, before);
    last.set(axis, after);
    return new Op.Pad(Op.PadMode.CONSTANT, first, last, 0);
  }

  /** Random moves of one input, some of which are read twice. */
  private static final class Chain {
    private final Random random;
    private final GraphBuilder graph = new GraphBuilder(Operators::evaluate);
    private final Tensor input;
    private Value at;

    Chain(Random random) {
      this.random = random;
      Shape shape = Shape.of(1 + random.nextInt(2), size(), size(), 6);
      float[] values = new float[(int) shape.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = i + 1;
      }
      input = Tensor.of(shape, values);
      at = graph.input("x", input.type());
    }

    private int size() {
      return 2 + random.nextInt(4);
    }

    Graph graph(int steps) {
      for (int i = 0; i < steps; i++) {
        Value next = step("v" + i);
        if (next.shape().elements() < 20_000) {
          at = next;
        }
        if (random.nextInt(4) == 0) {
          graph.output("o" + i, graph.add("n" + i, new Op.Unary(Op.UnaryFunction.NEG), at));
        }
      }
      graph.output("y", at);
      return graph.build();
    }

    private Value step(String name) {
      Shape s = at.shape();
      int rank = s.rank();
      int axis = random.nextInt(rank);
      int size = s.dim(axis);
      List<Integer> zeros = Collections.nCopies(rank, 0);
      return switch (random.nextInt(8)) {
        case 0 -> {
          List<Integer> perm = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
          Collections.shuffle(perm.subList(0, rank - random.nextInt(2)), random);
          yield graph.add(name, new Op.Transpose(perm), at);
        }
        case 1 -> {
          int cut = random.nextInt(size);
          yield cut == 0 ? at : joined(name, axis, cut);
        }
        case 2 -> {
          Op.PadMode mode = any(List.of(Op.PadMode.values()));
          int most = mode == Op.PadMode.REFLECT ? Math.min(1, size - 1) : 2;
          yield graph.add(
              name,
              new Op.Pad(mode, with(zeros, axis, most), with(zeros, axis, Math.min(1, most)), 0),
              at);
        }
        case 3 -> {
          int step = size > 1 && random.nextBoolean() ? 2 : 1;
          int start = random.nextInt(size);
          boolean back = random.nextInt(4) == 0;
          int count = back ? start + 1 : Math.ceilDiv(size - start, step);
          Op slice =
              new Op.Slice(
                  with(zeros, axis, start),
                  with(Collections.nCopies(rank, 1), axis, back ? -1 : step),
                  new Shape(with(s.dims(), axis, count)));
          yield graph.add(name, slice, at);
        }
        case 4 -> {
          long[] index = random.longs(1 + random.nextInt(5), -size, size).toArray();
          Value indices = graph.constant(name + "i", Tensor.of(Shape.of(index.length), index));
          yield graph.add(name, new Op.Gather(axis), at, indices);
        }
        case 5 -> {
          List<Double> scales = new ArrayList<>(Collections.nCopies(rank, 1.0));
          scales.set(axis, 2.0);
          Op nearest =
              new Op.Resize(
                  Op.Interpolation.NEAREST,
                  any(List.of(Op.CoordinateTransform.values())),
                  any(List.of(Op.NearestMode.values())),
                  -0.75,
                  scales,
                  new Shape(with(s.dims(), axis, 2 * size)));
          yield graph.add(name, nearest, at);
        }
        default -> {
          List<Integer> dims = new ArrayList<>(s.dims());
          if (rank > 2 && random.nextBoolean()) {
            int first = random.nextInt(rank - 1);
            int next = dims.get(first + 1);
            dims.subList(first + 1, first + 2).clear();
            dims.set(first, dims.get(first) * next);
          } else if (size % 2 == 0 && rank < 6) {
            dims.set(axis, size / 2);
            dims.add(axis, 2);
          }
          yield graph.add(name, new Op.Reshape(new Shape(dims)), at);
        }
      };
    }

    /** Rolled, or two copies, or a part and the whole. */
    private Value joined(String name, int axis, int cut) {
      Value late = part(name + "l", axis, cut, at.shape().dim(axis));
      Value early = random.nextBoolean() ? at : part(name + "e", axis, 0, cut);
      return graph.addAll(name, new Op.Concat(axis), List.of(late, early)).getFirst();
    }

    private Value part(String name, int axis, int from, int to) {
      int rank = at.shape().rank();
      Op slice =
          new Op.Slice(
              with(Collections.nCopies(rank, 0), axis, from),
              Collections.nCopies(rank, 1),
              new Shape(with(at.shape().dims(), axis, to - from)));
      return graph.add(name, slice, at);
    }

    private static List<Integer> with(List<Integer> dims, int axis, int size) {
      List<Integer> changed = new ArrayList<>(dims);
      changed.set(axis, size);
      return changed;
    }

    private <T> T any(List<T> of) {
      return of.get(random.nextInt(of.size()));
    }
  }
}
