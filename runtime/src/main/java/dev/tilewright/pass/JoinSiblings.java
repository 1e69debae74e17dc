package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Convolutions of the same image through the same window, whose results are concatenated, are one
 * with more filters; so are sums of such. Layers that compute each output channel in a way of its
 * own are exported as hundreds of these (HetConv, Singh et al. 2019).
 */
final class JoinSiblings implements Pass {
  /** Parts of fewer channels are worth a copy of the result, to bring its channels into order. */
  private static final int NARROW = 8;

  /** Sums of sums of so many layers are followed. */
  private static final int DEEPEST = 64;

  /** How a part is computed, but for its weights. */
  private sealed interface Form {
    record Filtered(Value image, Op.Window window) implements Form {}

    record Added(Form a, Form b) implements Form {}
  }

  /**
   * What parts to join have in common.
   *
   * @param form null for a part that stays alone
   * @param run parts with the same number may be joined
   */
  private record Key(@Nullable Form form, int run) {}

  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Conv;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Shape shape = at.node().output().shape();
    if (at.op() instanceof Op.Concat(int axis) && axis == 3 && shape.rank() == 4) {
      Map<Key, List<Integer>> groups = groups(at, shape.last());
      if (groups.size() < at.node().inputs().size()) {
        at.replace(joined(at, groups));
        return;
      }
    }
    at.keep();
  }

  /** The node's inputs by what they have in common. */
  private static Map<Key, List<Integer>> groups(Rewriter.At at, int channels) {
    int parts = at.node().inputs().size();
    boolean narrow = channels < NARROW * parts;
    Map<Key, List<Integer>> groups = new LinkedHashMap<>();
    Form last = null;
    int run = 0;
    for (int i = 0; i < parts; i++) {
      Form form = form(at, at.in(i), DEEPEST);
      run += form == null || (!narrow && !form.equals(last)) ? 1 : 0;
      groups
          .computeIfAbsent(new Key(form, form == null || !narrow ? run : 0), k -> new ArrayList<>())
          .add(i);
      last = form;
    }
    return groups;
  }

  private static @Nullable Form form(Rewriter.At at, Value value, int deepest) {
    Node node = deepest == 0 ? null : at.soleProducer(value);
    if (node == null) {
      return null;
    }
    return switch (node.op()) {
      case Op.Conv conv
          when conv.groups() == 1
              && conv.epilogue().activation() instanceof Activation.None
              && !conv.epilogue().residual()
              && node.inputs().stream().skip(1).allMatch(v -> at.constant(v) != null) ->
          new Form.Filtered(node.input(0), conv.window());
      case Op.Binary(BinaryFunction f)
          when f == BinaryFunction.ADD && node.input(0).shape().equals(node.input(1).shape()) -> {
        Form a = form(at, node.input(0), deepest - 1);
        Form b = a == null ? null : form(at, node.input(1), deepest - 1);
        yield a == null || b == null ? null : new Form.Added(a, b);
      }
      default -> null;
    };
  }

  private static Value joined(Rewriter.At at, Map<Key, List<Integer>> groups) {
    List<Value> results = new ArrayList<>();
    List<Integer> order = new ArrayList<>(); // of the channels, group after group
    int[] first = new int[at.node().inputs().size() + 1];
    for (int i = 0; i + 1 < first.length; i++) {
      first[i + 1] = first[i] + at.in(i).shape().last();
    }
    groups.forEach((key, members) -> {
      members.forEach(i -> IntStream.range(first[i], first[i + 1]).forEach(order::add));
      results.add(join(at, key.form, members.stream().map(at::in).toList()));
    });
    Value all =
        results.size() == 1
            ? results.getFirst()
            : at.emit(at.node().name(), new Op.Concat(3), results);
    return at.inOrder(all, 3, new Permutation(order).inverse().order());
  }

  private static Value join(Rewriter.At at, @Nullable Form form, List<Value> parts) {
    if (form == null || parts.size() == 1) {
      return parts.getFirst();
    }
    List<Node> nodes = parts.stream().map(at::made).toList();
    return switch (form) {
      case Form.Added(Form a, Form b) ->
          at.emit(
              new Op.Binary(BinaryFunction.ADD),
              join(at, a, nodes.stream().map(n -> n.input(0)).toList()),
              join(at, b, nodes.stream().map(n -> n.input(1)).toList()));
      case Form.Filtered(Value image, Op.Window window) -> {
        List<Value> in = new ArrayList<>(List.of(image));
        in.add(stacked(at, nodes.stream().map(n -> n.input(1)).toList()));
        boolean biased = nodes.stream().anyMatch(n -> n.inputs().size() > 2);
        if (biased) {
          in.add(stacked(at, nodes.stream().map(n -> bias(at, n)).toList()));
        }
        Op conv = new Op.Conv(window, 1, new Epilogue(biased, false, Activation.none()));
        yield at.emit(nodes.getFirst().name(), conv, in);
      }
    };
  }

  private static Value stacked(Rewriter.At at, List<Value> weights) {
    return at.emit(at.node().name(), new Op.Concat(0), weights);
  }

  private static Value bias(Rewriter.At at, Node conv) {
    return conv.inputs().size() > 2
        ? conv.input(2)
        : at.emit(new Op.Expand(Shape.of(conv.output().shape().last())), at.number(0));
  }
}
