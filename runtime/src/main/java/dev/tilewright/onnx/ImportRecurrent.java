package dev.tilewright.onnx;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * RNN, GRU and LSTM over sequences of a known length, written out step by step. What the input
 * contributes to the gates is one matrix product for all steps; each step adds that of the state.
 */
final class ImportRecurrent {
  /** The next states of a cell, the visible one first, all [N, H]. */
  private interface Cell {
    /**
     * One step.
     *
     * @param gates of the input, with its bias, [N, gates * H]
     */
    List<Value> next(Direction d, Value gates, List<Value> states);
  }

  /**
   * One way through the sequence.
   *
   * @param weights of the state, [H, gates * H]
   * @param bias of the state, [gates * H]
   * @param functions of the cell in the order of the format
   */
  private record Direction(
      boolean backwards, Value weights, Value bias, List<Activation> functions) {}

  private final NodeScope n;
  private final int hidden;

  private ImportRecurrent(NodeScope n) {
    this.n = n;
    this.hidden = n.shape(2).last();
  }

  static @Nullable String refusal(OnnxNode node) {
    List<String> functions = node.texts("activations");
    if (functions != null) {
      for (String function : functions) {
        if (!List.of("sigmoid", "tanh", "relu").contains(function.toLowerCase(Locale.ROOT))) {
          return "activation " + function;
        }
      }
    }
    if (node.has("clip")) {
      return "clip";
    }
    boolean peepholes = node.inputs().size() > 7 && !node.inputs().get(7).isEmpty();
    return node.integer("input_forget", 0) != 0 ? "input_forget" : peepholes ? "peepholes" : null;
  }

  static List<Value> rnn(NodeScope n) {
    ImportRecurrent r = new ImportRecurrent(n);
    Cell cell =
        (d, gates, states) ->
            List.of(
                r.apply(
                    d, 0, n.binary(BinaryFunction.ADD, gates, r.times(states.get(0), d.weights))));
    return r.run(1, 1, false, cell, "tanh");
  }

  /** Gates in the order update, reset, hidden (Cho et al. 2014). */
  static List<Value> gru(NodeScope n) {
    ImportRecurrent r = new ImportRecurrent(n);
    boolean linear = n.node().integer("linear_before_reset", 0) != 0;
    Cell cell = (d, gates, states) -> List.of(r.gruStep(d, gates, states.get(0), linear));
    return r.run(3, 1, linear, cell, "sigmoid", "tanh");
  }

  /** Gates in the order input, output, forget, cell (Hochreiter & Schmidhuber 1997). */
  static List<Value> lstm(NodeScope n) {
    ImportRecurrent r = new ImportRecurrent(n);
    return r.run(4, 2, false, r::lstmStep, "sigmoid", "tanh", "tanh");
  }

  private Value gruStep(Direction d, Value gates, Value state, boolean linear) {
    int h = hidden;
    Value open;
    Value past;
    if (linear) {
      Value own = n.binary(BinaryFunction.ADD, times(state, d.weights), d.bias);
      open = opened(d, gates, columns(own, 0, 2 * h));
      past = n.binary(BinaryFunction.MUL, columns(open, h, h), columns(own, 2 * h, h));
    } else {
      open = opened(d, gates, times(state, columns(d.weights, 0, 2 * h)));
      Value kept = n.binary(BinaryFunction.MUL, columns(open, h, h), state);
      past = times(kept, columns(d.weights, 2 * h, h));
    }
    Value fresh = apply(d, 1, n.binary(BinaryFunction.ADD, columns(gates, 2 * h, h), past));
    // (1 - update) * fresh + update * state
    Value change = n.binary(BinaryFunction.SUB, state, fresh);
    Value kept = n.binary(BinaryFunction.MUL, columns(open, 0, h), change);
    return n.binary(BinaryFunction.ADD, fresh, kept);
  }

  /** The update and reset gates. */
  private Value opened(Direction d, Value gates, Value own) {
    return apply(d, 0, n.binary(BinaryFunction.ADD, columns(gates, 0, 2 * hidden), own));
  }

  private List<Value> lstmStep(Direction d, Value gates, List<Value> states) {
    int h = hidden;
    Value sum = n.binary(BinaryFunction.ADD, gates, times(states.get(0), d.weights));
    Value open = apply(d, 0, columns(sum, 0, 3 * h));
    Value fresh = apply(d, 1, columns(sum, 3 * h, h));
    Value kept = n.binary(BinaryFunction.MUL, columns(open, 2 * h, h), states.get(1));
    Value added = n.binary(BinaryFunction.MUL, columns(open, 0, h), fresh);
    Value memory = n.binary(BinaryFunction.ADD, kept, added);
    Value seen = n.binary(BinaryFunction.MUL, columns(open, h, h), apply(d, 2, memory));
    return List.of(seen, memory);
  }

  private Value times(Value state, Value weights) {
    return n.add(new Op.MatMul(), state, weights);
  }

  private Value apply(Direction d, int function, Value x) {
    return n.add(new Op.Activate(d.functions.get(function)), x);
  }

  /**
   * All steps in all directions.
   *
   * @param biased whether the cell adds the bias of the state, else it is in the input's gates
   * @param functions that a cell has if none are stated
   */
  private List<Value> run(int gates, int states, boolean biased, Cell cell, String... functions) {
    boolean batchFirst = n.node().integer("layout", 0) != 0;
    Value x = batchFirst ? n.transpose(n.floats(0), 1, 0, 2) : n.floats(0);
    List<Boolean> ways = ways();
    Shape shape = x.shape();
    int width = gates * hidden;
    if (!n.shape(1).equals(Shape.of(ways.size(), width, shape.last()))
        || !n.shape(2).equals(Shape.of(ways.size(), width, hidden))) {
      throw n.node().bad("weights " + n.in(1) + " and " + n.in(2) + " for " + x.type());
    }
    checkLengths(shape.dim(0));
    Value rows = n.reshape(x, List.of(shape.dim(0) * shape.dim(1), shape.last()));
    List<Value> sequences = new ArrayList<>();
    List<List<Value>> ends = new ArrayList<>();
    for (int i = 0; i < ways.size(); i++) {
      Value bias = n.maybe(3) == null ? zeros(List.of(2 * width)) : part(n.floats(3), i);
      Direction d =
          new Direction(
              ways.get(i),
              n.transpose(part(n.floats(2), i), 1, 0),
              slice(bias, 0, width, width),
              functions(i, functions));
      Value term = slice(bias, 0, 0, width);
      term = biased ? term : n.binary(BinaryFunction.ADD, term, d.bias);
      Value product = times(rows, n.transpose(part(n.floats(1), i), 1, 0));
      Value all = n.binary(BinaryFunction.ADD, product, term);
      List<Value> state = new ArrayList<>();
      for (int s = 0; s < states; s++) {
        state.add(start(5 + s, i, batchFirst, shape.dim(1)));
      }
      Value steps = n.reshape(all, List.of(shape.dim(0), shape.dim(1), width));
      sequences.add(sequence(d, steps, state, cell));
      ends.add(state);
    }
    List<Value> results = new ArrayList<>();
    Value y = joined(1, sequences);
    results.add(batchFirst ? n.transpose(y, 2, 0, 1, 3) : y);
    for (int s = 0; s < states; s++) {
      int which = s;
      Value end = joined(0, ends.stream().map(e -> above(e.get(which), 1)).toList());
      results.add(batchFirst ? n.transpose(end, 1, 0, 2) : end);
    }
    return results;
  }

  /** Visible states [T, 1, N, H]; leaves the last states in the list. */
  private Value sequence(Direction d, Value steps, List<Value> states, Cell cell) {
    int length = steps.shape().dim(0);
    Value[] seen = new Value[length];
    for (int i = 0; i < length; i++) {
      int t = d.backwards ? length - 1 - i : i;
      List<Value> next = cell.next(d, part(steps, t), states);
      for (int s = 0; s < states.size(); s++) {
        states.set(s, next.get(s));
      }
      seen[t] = above(next.getFirst(), 2);
    }
    return joined(0, Arrays.asList(seen));
  }

  private List<Boolean> ways() {
    return switch (n.node().text("direction", "forward")) {
      case "forward" -> List.of(false);
      case "reverse" -> List.of(true);
      case "bidirectional" -> List.of(false, true);
      case String other -> throw n.node().bad("direction " + other);
    };
  }

  private void checkLengths(int length) {
    if (length < 1 || length > Limits.STEPS) {
      throw n.unsupported("a sequence of " + length + " steps");
    }
    if (n.maybe(4) != null && n.integers(4).stream().anyMatch(l -> l != length)) {
      throw n.unsupported("sequences of different lengths");
    }
  }

  private List<Activation> functions(int direction, String... otherwise) {
    List<String> stated = n.node().texts("activations");
    int count = otherwise.length;
    List<String> names =
        stated == null || stated.isEmpty()
            ? List.of(otherwise)
            : stated.subList(direction * count, (direction + 1) * count);
    return names.stream()
        .map(name ->
            switch (name.toLowerCase(Locale.ROOT)) {
              case "sigmoid" -> new Activation.Sigmoid();
              case "relu" -> Activation.relu();
              default -> new Activation.Tanh();
            })
        .toList();
  }

  private Value start(int input, int direction, boolean batchFirst, int batch) {
    if (n.maybe(input) == null) {
      return zeros(List.of(batch, hidden));
    }
    Value given = n.floats(input);
    return part(batchFirst ? n.transpose(given, 1, 0, 2) : given, direction);
  }

  private Value zeros(List<Integer> dims) {
    return n.add(new Op.Expand(new Shape(dims)), n.scalarLike(n.in(0), 0));
  }

  private Value columns(Value x, int from, int count) {
    return slice(x, x.shape().rank() - 1, from, count);
  }

  private Value slice(Value x, int axis, int from, int count) {
    int rank = x.shape().rank();
    List<Integer> starts = new ArrayList<>(Collections.nCopies(rank, 0));
    starts.set(axis, from);
    List<Integer> sizes = new ArrayList<>(x.shape().dims());
    sizes.set(axis, count);
    return n.add(new Op.Slice(starts, Collections.nCopies(rank, 1), new Shape(sizes)), x);
  }

  /** One of the first dimension, which goes. */
  private Value part(Value x, int i) {
    List<Integer> dims = x.shape().dims();
    return n.reshape(slice(x, 0, i, 1), dims.subList(1, dims.size()));
  }

  /** Under so many more dimensions of 1. */
  private Value above(Value x, int more) {
    List<Integer> dims = new ArrayList<>(Collections.nCopies(more, 1));
    dims.addAll(x.shape().dims());
    return n.reshape(x, dims);
  }

  private Value joined(int axis, List<Value> parts) {
    return parts.size() == 1
        ? parts.getFirst()
        : n.add(new Op.Concat(axis), parts.toArray(Value[]::new));
  }
}
