package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Bringing channels into another order is a copy that nobody asked for. An order moves towards the
 * outputs: through what treats channels alike, and into the filter of the next dense convolution,
 * where it costs nothing; what a dense convolution computes is reordered in its own filter. Orders
 * of two summands become one, and the other summand's copy a residual.
 *
 * <p>A value is represented by another, its carrier, and the order that is still owed.
 */
final class SinkChannelOrder implements Pass {
  /** value = channels {@code order} of the carrier, each of them once. */
  private record Debt(Value carrier, List<Integer> order) {}

  private final Map<Value, Debt> debts = new HashMap<>(); // by value of the new graph
  private final Map<Debt, Value> paid = new LinkedHashMap<>();

  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Gather;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    switch (at.op()) {
      case Op.Gather(int axis) -> gather(at, axis);
      case Op.Activate a -> unary(at);
      case Op.Unary u -> unary(at);
      case Op.Pool p -> unary(at);
      case Op.Binary b -> binary(at);
      case Op.Concat(int axis) when axis == at.node().output().shape().rank() - 1 -> concat(at);
      case Op.Conv conv -> convolution(at, conv);
      default -> keep(at);
    }
    if (at.node().outputs().size() == 1 && at.isOutput()) {
      at.replaceOutput(pay(at, at.out()));
    }
  }

  private @Nullable Debt debt(Value value) {
    return debts.get(value);
  }

  private void owe(Rewriter.At at, Value carrier, List<Integer> order) {
    if (isIdentity(order)) {
      at.replace(carrier);
      return;
    }
    // A placeholder of the right type: never computed, only looked up in the map of debts.
    Value promise = new Value(at.node().output().name() + "^C", at.node().output().type());
    debts.put(promise, new Debt(carrier, order));
    at.replace(promise);
  }

  private static boolean isIdentity(List<Integer> order) {
    return order.equals(IntStream.range(0, order.size()).boxed().toList());
  }

  private Value pay(Rewriter.At at, Value value) {
    Debt debt = debt(value);
    return debt == null
        ? value
        : paid.computeIfAbsent(
            debt, d -> at.inOrder(d.carrier, d.carrier.shape().rank() - 1, d.order));
  }

  private void keep(Rewriter.At at) {
    List<Value> in = new ArrayList<>();
    for (int i = 0; i < at.node().inputs().size(); i++) {
      in.add(pay(at, at.in(i)));
    }
    at.keep(in);
  }

  private void unary(Rewriter.At at) {
    Debt debt = debt(at.in(0));
    if (debt == null) {
      at.keep();
    } else {
      owe(at, at.emit(at.op(), debt.carrier), debt.order);
    }
  }

  private void gather(Rewriter.At at, int axis) {
    Value x = at.in(0);
    List<Integer> order = axis == x.shape().rank() - 1 ? order(at, x.shape().last()) : null;
    if (order == null) {
      keep(at);
      return;
    }
    Debt before = debt(x);
    Value carrier = before == null ? x : before.carrier;
    List<Integer> all = before == null ? order : order.stream().map(before.order::get).toList();
    Value filtered = reordered(at, carrier, all);
    if (filtered != null) {
      at.replace(filtered);
    } else if (all.size() == carrier.shape().last()
        && all.stream().distinct().count() == all.size()) {
      owe(at, carrier, all);
    } else {
      at.replace(at.inOrder(carrier, axis, all));
    }
  }

  /** The known indices of a Gather; null if they are not known, or wrong. */
  private static @Nullable List<Integer> order(Rewriter.At at, int size) {
    Tensor indices = at.constant(at.in(1));
    if (indices == null || indices.shape().rank() != 1) {
      return null;
    }
    List<Integer> order = new ArrayList<>();
    for (long index : indices.toLongs()) {
      long place = index + (index < 0 ? size : 0);
      if (place < 0 || place >= size) {
        return null; // the kernel reports it
      }
      order.add((int) place);
    }
    return order;
  }

  /** The dense convolution that computes these channels, if it is nobody else's. */
  private static @Nullable Value reordered(Rewriter.At at, Value value, List<Integer> order) {
    Node node = at.soleProducer(value);
    if (node == null
        || !(node.op() instanceof Op.Conv conv)
        || conv.groups() != 1
        || conv.epilogue().residual()
        || node.inputs().stream().skip(1).anyMatch(v -> at.constant(v) == null)) {
      return null;
    }
    List<Value> in = new ArrayList<>(List.of(node.input(0)));
    node.inputs().stream().skip(1).forEach(v -> in.add(at.inOrder(v, 0, order)));
    return at.emit(node.name(), conv, in);
  }

  /** Orders of all summands, or of the only one that is an image, become one. */
  private void binary(Rewriter.At at) {
    Shape shape = at.node().output().shape();
    int chosen = -1;
    boolean all = true;
    for (int i = 0; i < 2; i++) {
      Debt debt = debt(at.in(i));
      boolean full = at.in(i).shape().equals(shape);
      if (debt != null && full && (chosen < 0 || takesResidual(at, debt))) {
        chosen = i;
      }
      all &= debt != null ? full : isFree(at, at.in(i));
    }
    if (chosen < 0 || !all) {
      keep(at);
      return;
    }
    List<Integer> order = Objects.requireNonNull(debt(at.in(chosen))).order;
    List<Integer> back = new Permutation(order).inverse().order();
    Value[] in = new Value[2];
    for (int i = 0; i < 2; i++) {
      in[i] = back(at, at.in(i), order, back);
    }
    owe(at, at.emit(at.op(), in), order);
  }

  private static boolean takesResidual(Rewriter.At at, Debt debt) {
    Node node = at.soleProducer(debt.carrier);
    return node != null
        && node.op() instanceof Op.Conv conv
        && !conv.epilogue().residual()
        && conv.epilogue().activation() instanceof Activation.None;
  }

  /** Whether reordering costs no run anything. */
  private static boolean isFree(Rewriter.At at, Value value) {
    return value.shape().rank() == 0 || value.shape().last() == 1 || at.constant(value) != null;
  }

  private Value back(Rewriter.At at, Value value, List<Integer> order, List<Integer> back) {
    Debt debt = debt(value);
    if (debt != null) {
      return debt.order.equals(order)
          ? debt.carrier
          : at.inOrder(
              debt.carrier, value.shape().rank() - 1, back.stream().map(debt.order::get).toList());
    }
    boolean alike = value.shape().rank() == 0 || value.shape().last() == 1;
    return alike ? value : at.inOrder(value, value.shape().rank() - 1, back);
  }

  /** If half of the channels at least would be copied anyway. */
  private void concat(Rewriter.At at) {
    int owed =
        IntStream.range(0, at.node().inputs().size())
            .filter(i -> debt(at.in(i)) != null)
            .map(i -> at.in(i).shape().last())
            .sum();
    if (2 * owed < at.node().output().shape().last()) {
      keep(at);
      return;
    }
    List<Value> carriers = new ArrayList<>();
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < at.node().inputs().size(); i++) {
      Value x = at.in(i);
      Debt debt = debt(x);
      int first = order.size();
      carriers.add(debt == null ? x : debt.carrier);
      List<Integer> own =
          debt == null ? IntStream.range(0, x.shape().last()).boxed().toList() : debt.order;
      own.forEach(c -> order.add(first + c));
    }
    owe(at, at.emit(at.node().name(), at.op(), carriers), order);
  }

  private void convolution(Rewriter.At at, Op.Conv conv) {
    Debt debt = debt(at.in(0));
    Epilogue epilogue = conv.epilogue();
    if (debt == null
        || conv.groups() != 1
        || at.constant(at.in(1)) == null
        || epilogue.residual()) {
      keep(at);
      return;
    }
    List<Value> in = new ArrayList<>();
    in.add(debt.carrier);
    in.add(at.inOrder(at.in(1), 1, new Permutation(debt.order).inverse().order()));
    for (int i = 2; i < at.node().inputs().size(); i++) {
      in.add(at.in(i));
    }
    at.replace(at.emit(at.node().name(), conv, in));
  }
}
