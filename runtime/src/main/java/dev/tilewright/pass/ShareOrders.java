package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Grouped convolutions of one image that are added, each with an order of channels of its own
 * (PSConv, Li et al. 2020), share one: channels that all of them have in the same groups lie
 * together. Where every group is then a run of channels, it is a slice, which needs no copy, and
 * its results are another. A convolution whose groups come in one order on both sides stays one;
 * another becomes one for each group.
 */
final class ShareOrders implements Pass {
  /** Slices of fewer channels do not fill vectors. */
  private static final int NARROWEST = 16;

  /** Each group may become a step. */
  private static final int MOST_GROUPS = 8;

  /** Sums of sums of so many layers are followed. */
  private static final int DEEPEST = 64;

  /**
   * A summand.
   *
   * @param channels of the image, in the order of the convolution's
   * @param outputs the sum's channel for each of the convolution's
   */
  private record Term(
      Node node, Op.Conv conv, Value image, List<Integer> channels, List<Integer> outputs) {
    int groups() {
      return conv.groups();
    }

    int width() {
      return channels.size() / groups();
    }

    int height() {
      return outputs.size() / groups();
    }
  }

  /** A value as another whose channels come in this order. */
  private record Moved(Value carrier, List<Integer> order) {}

  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Gather;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    if (isAddition(at.op()) && !(at.soleReader() instanceof Node n && isAddition(n.op()))) {
      List<Term> terms = new ArrayList<>();
      if (find(at, at.in(0), DEEPEST, terms) && find(at, at.in(1), DEEPEST, terms)) {
        Value shared = shared(at, terms);
        if (shared != null) {
          at.replace(shared);
          return;
        }
      }
    }
    at.keep();
  }

  private static boolean isAddition(Op op) {
    return op instanceof Op.Binary(BinaryFunction f) && f == BinaryFunction.ADD;
  }

  /** Whether the value is nothing but a sum of terms. */
  private static boolean find(Rewriter.At at, Value value, int deepest, List<Term> terms) {
    Node node = deepest == 0 || value.shape().rank() != 4 ? null : at.soleProducer(value);
    if (node == null) {
      return false;
    }
    if (isAddition(node.op())) {
      return node.input(0).shape().equals(node.input(1).shape())
          && find(at, node.input(0), deepest - 1, terms)
          && find(at, node.input(1), deepest - 1, terms);
    }
    Moved result = moved(at, value);
    if (!(at.soleProducer(result.carrier) instanceof Node made)
        || !(made.op() instanceof Op.Conv conv)
        || !(conv.epilogue().activation() instanceof Activation.None)
        || conv.epilogue().residual()
        || made.inputs().stream().skip(1).anyMatch(v -> at.constant(v) == null)) {
      return false;
    }
    Moved source = moved(at, made.input(0));
    List<Integer> outputs = new Permutation(result.order).inverse().order();
    return terms.add(new Term(made, conv, source.carrier, source.order, outputs));
  }

  /** What a Gather of all channels brings into another order; another value as it is. */
  private static Moved moved(Rewriter.At at, Value value) {
    Node node = at.producer(value);
    int channels = value.shape().last();
    if (node != null
        && node.op() instanceof Op.Gather(int axis)
        && axis == 3
        && node.input(0).shape().last() == channels
        && at.constant(node.input(1)) instanceof Tensor indices
        && indices.shape().rank() == 1) {
      List<Integer> order = new ArrayList<>();
      for (long index : indices.toLongs()) {
        order.add((int) index);
      }
      if (order.stream().filter(i -> i >= 0 && i < channels).distinct().count() == channels) {
        return new Moved(node.input(0), order);
      }
    }
    return new Moved(value, Permutation.identity(channels).order());
  }

  private static @Nullable Value shared(Rewriter.At at, List<Term> terms) {
    Value image = terms.getFirst().image;
    boolean useful =
        terms.stream().map(Term::channels).distinct().count() > 1
            || terms.stream().map(Term::outputs).distinct().count() > 1;
    boolean possible =
        terms.stream()
            .allMatch(t ->
                t.image.equals(image)
                    && t.groups() <= MOST_GROUPS
                    && Math.min(t.width(), t.height()) >= NARROWEST);
    if (!useful || !possible) {
      return null;
    }
    List<Integer> in = order(terms.stream().map(t -> groupOf(t.channels, t.groups())).toList());
    List<Integer> out = order(terms.stream().map(t -> groupOf(t.outputs, t.groups())).toList());
    if (!terms.stream()
        .allMatch(t -> areRuns(in, t.channels, t.width()) && areRuns(out, t.outputs, t.height()))) {
      return null;
    }
    Value sum = sum(at, at.inOrder(image, 3, in), in, out, terms);
    return at.inOrder(sum, 3, new Permutation(out).inverse().order());
  }

  /** The group of each channel of the image or the sum. */
  private static int[] groupOf(List<Integer> channels, int groups) {
    int[] group = new int[channels.size()];
    for (int i = 0; i < group.length; i++) {
      group[channels.get(i)] = i / (group.length / groups);
    }
    return group;
  }

  /** Channels of the largest groups together, among them those of the next, and so on. */
  private static List<Integer> order(List<int[]> groups) {
    Comparator<Integer> by =
        groups.stream()
            .sorted(Comparator.comparingInt(g -> IntStream.of(g).max().orElse(0)))
            .map(g -> Comparator.<Integer>comparingInt(c -> g[c]))
            .reduce((c1, c2) -> c1.thenComparing(c2))
            .orElseThrow();
    return IntStream.range(0, groups.getFirst().length).boxed().sorted(by).toList();
  }

  /** Whether each group's channels lie together in the order. */
  private static boolean areRuns(List<Integer> order, List<Integer> channels, int width) {
    int[] group = groupOf(channels, channels.size() / width);
    return IntStream.range(0, order.size())
        .allMatch(i -> group[order.get(i)] == group[order.get(i - i % width)]);
  }

  /** Convolutions of one group are added before their results are put side by side. */
  private static Value sum(
      Rewriter.At at, Value image, List<Integer> in, List<Integer> out, List<Term> terms) {
    List<Value> whole = new ArrayList<>();
    Map<Integer, Map<Integer, Value>> parts = new TreeMap<>(); // by channels, by the first
    for (Term t : terms) {
      List<Integer> sources = runs(in, t.channels, t.width());
      List<Integer> results = runs(out, t.outputs, t.height());
      if (sources.equals(results)) {
        whole.add(convolution(at, image, t, sources, in, out));
        continue;
      }
      Map<Integer, Value> sums = parts.computeIfAbsent(t.height(), h -> new TreeMap<>());
      for (int i = 0; i < sources.size(); i++) {
        Value slice = slice(at, image, 3, i * t.width(), t.width());
        Value part = convolution(at, slice, t, List.of(sources.get(i)), in, out);
        sums.merge(results.indexOf(sources.get(i)), part, (a, b) -> add(at, b, a));
      }
    }
    Value sum = null;
    for (Map<Integer, Value> sums : parts.values()) {
      Value all = at.emit(at.node().name(), new Op.Concat(3), List.copyOf(sums.values()));
      sum = sum == null ? all : add(at, all, sum);
    }
    for (Value value : whole) {
      sum = sum == null ? value : add(at, value, sum);
    }
    return Objects.requireNonNull(sum);
  }

  private static Value add(Rewriter.At at, Value a, Value b) {
    return at.emit(new Op.Binary(BinaryFunction.ADD), a, b);
  }

  /** The groups in the order in which their channels lie. */
  private static List<Integer> runs(List<Integer> order, List<Integer> channels, int width) {
    int[] group = groupOf(channels, channels.size() / width);
    return IntStream.range(0, channels.size() / width)
        .mapToObj(i -> group[order.get(i * width)])
        .toList();
  }

  /** Some groups of a convolution, for channels in the new orders. */
  private static Value convolution(
      Rewriter.At at,
      Value image,
      Term t,
      List<Integer> groups,
      List<Integer> in,
      List<Integer> out) {
    List<Value> filters = new ArrayList<>();
    List<Value> biases = new ArrayList<>();
    for (int g : groups) {
      List<Integer> rows = within(out, t.outputs, g * t.height(), t.height());
      List<Integer> columns = within(in, t.channels, g * t.width(), t.width());
      Value filter = slice(at, t.node.input(1), 0, g * t.height(), t.height());
      filters.add(at.inOrder(at.inOrder(filter, 0, rows), 1, columns));
      if (t.conv.epilogue().bias()) {
        Value bias = slice(at, t.node.input(2), 0, g * t.height(), t.height());
        biases.add(at.inOrder(bias, 0, rows));
      }
    }
    List<Value> inputs = new ArrayList<>(List.of(image));
    inputs.add(at.emit(t.node.name(), new Op.Concat(0), filters));
    if (!biases.isEmpty()) {
      inputs.add(at.emit(t.node.name(), new Op.Concat(0), biases));
    }
    Epilogue epilogue = t.conv.epilogue();
    return at.emit(t.node.name(), new Op.Conv(t.conv.window(), groups.size(), epilogue), inputs);
  }

  /** The channels of one group, counted from its first, in the order in which they lie now. */
  private static List<Integer> within(
      List<Integer> order, List<Integer> channels, int first, int count) {
    List<Integer> place = new Permutation(order).inverse().order();
    return IntStream.range(0, count)
        .boxed()
        .sorted(Comparator.comparingInt(i -> place.get(channels.get(first + i))))
        .toList();
  }

  private static Value slice(Rewriter.At at, Value value, int axis, int first, int count) {
    Shape shape = value.shape();
    List<Integer> starts = new ArrayList<>();
    List<Integer> steps = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < shape.rank(); i++) {
      starts.add(i == axis ? first : 0);
      steps.add(1);
      sizes.add(i == axis ? count : shape.dim(i));
    }
    return at.emit(new Op.Slice(starts, steps, new Shape(sizes)), value);
  }
}
