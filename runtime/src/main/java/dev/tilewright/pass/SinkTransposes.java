package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Moves every Transpose as far towards the outputs as it goes. The importer wraps each image
 * operator in a pair of them (model files mean [N, C, H, W], we compute on [N, H, W, C]); on the
 * way down they meet their inverses and vanish.
 *
 * <p>A value is represented by another one, its carrier, and the permutation that is still owed. An
 * operator that does not care about the order of dimensions works on the carrier with its axes
 * renamed; one that does pays the debt first.
 */
final class SinkTransposes implements Pass {
  /** value = transpose(carrier, owed). */
  private record Debt(Value carrier, Permutation owed) {}

  private static final int LONGEST_VECTOR = 16;

  /** A factor that is smaller than the other by this is the one to transpose. */
  private static final int MUCH_SMALLER = 4;

  private final Map<Value, Debt> debts = new HashMap<>(); // by value of the new graph
  private final Map<Debt, Value> paid = new HashMap<>();

  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Transpose;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Node node = at.node();
    switch (at.op()) {
      case Op.Transpose(List<Integer> perm) -> {
        Debt debt = debt(at.in(0));
        owe(at, debt.carrier, debt.owed.then(new Permutation(perm)));
      }
      case Op.Activate a -> unary(at);
      case Op.Unary u -> unary(at);
      case Op.Cast c -> unary(at);
      case Op.Binary b -> elementwise(at);
      case Op.Where w -> elementwise(at);
      case Op.Elementwise e -> elementwise(at);
      case Op.Quantize q -> elementwise(at);
      case Op.Dequantize q -> elementwise(at);
      case Op.Softmax(int axis) when leavesRows(debt(at.in(0)), axis) -> keep(at);
      case Op.Softmax(int axis) -> {
        Debt d = debt(at.in(0));
        owe(at, at.emit(new Op.Softmax(d.owed.order().get(axis)), d.carrier), d.owed);
      }
      case Op.Top(int axis, int k, boolean largest, boolean last) -> {
        Debt d = debt(at.in(0));
        Op moved = new Op.Top(d.owed.order().get(axis), k, largest, last);
        owe(at, at.emit(moved, d.carrier), d.owed);
      }
      case Op.CumulativeSum(int axis, boolean exclusive, boolean reverse) -> {
        Debt d = debt(at.in(0));
        Op moved = new Op.CumulativeSum(d.owed.order().get(axis), exclusive, reverse);
        owe(at, at.emit(moved, d.carrier), d.owed);
      }
      case Op.LocalNorm n when keepsLast(debt(at.in(0)).owed) -> unary(at);
      case Op.LayerNorm n when keepsLast(debt(at.in(0)).owed) -> {
        Debt d = debt(at.in(0));
        owe(at, at.emit(n, d.carrier, pay(at, at.in(1)), pay(at, at.in(2))), d.owed);
      }
      case Op.Reduce(Op.ReduceKind kind, List<Integer> axes, boolean keep) -> {
        Debt d = debt(at.in(0));
        List<Integer> moved = axes.stream().map(a -> d.owed.order().get(a)).sorted().toList();
        Value out = at.emit(new Op.Reduce(kind, moved, keep), d.carrier);
        owe(at, out, keep ? d.owed : d.owed.without(moved));
      }
      case Op.Concat(int axis) -> {
        Permutation owed = common(at, node.output().shape().rank());
        Value[] in = carriers(at, owed);
        owe(at, at.emit(new Op.Concat(owed.order().get(axis)), in), owed);
      }
      case Op.Slice(List<Integer> starts, List<Integer> steps, Shape sizes) -> {
        Debt d = debt(at.in(0));
        Permutation back = d.owed.inverse();
        Op moved = new Op.Slice(back.apply(starts), back.apply(steps), back.apply(sizes));
        owe(at, at.emit(moved, d.carrier), d.owed);
      }
      case Op.Pad p when cutsRows(debt(at.in(0)).owed, i -> isPadded(p, i)) -> keep(at);
      case Op.Pad(Op.PadMode mode, List<Integer> before, List<Integer> after, double value) -> {
        Debt d = debt(at.in(0));
        Permutation back = d.owed.inverse();
        Op moved = new Op.Pad(mode, back.apply(before), back.apply(after), value);
        owe(at, at.emit(moved, d.carrier), d.owed);
      }
      case Op.Resize r when cutsRows(debt(at.in(0)).owed, i -> r.scales().get(i) != 1) -> keep(at);
      case Op.Resize r -> {
        Debt d = debt(at.in(0));
        Permutation back = d.owed.inverse();
        Op moved =
            new Op.Resize(
                r.interpolation(),
                r.transform(),
                r.nearest(),
                r.cubicA(),
                back.apply(r.scales()),
                back.apply(r.sizes()));
        owe(at, at.emit(moved, d.carrier), d.owed);
      }
      case Op.Gather(int axis) when at.in(1).shape().rank() == 1 -> {
        Debt d = debt(at.in(0));
        Value out = at.emit(new Op.Gather(d.owed.order().get(axis)), d.carrier, pay(at, at.in(1)));
        owe(at, out, d.owed);
      }
      case Op.Reshape(Shape to) when to.elements() > 0 -> reshape(at, to);
      case Op.Conv c -> keep(at);
      case Op.ConvTranspose c -> keep(at);
      case Op.Pool p -> keep(at);
      case Op.MatMul m -> product(at);
      case Op.Attention a -> keep(at);
      case Op.IntegerConv c -> keep(at);
      case Op.IntegerMatMul m -> keep(at);
      case Op.Expand e -> keep(at);
      case Op.Gather g -> keep(at);
      case Op.LayerNorm n -> keep(at);
      case Op.GridSample g -> keep(at);
      case Op.RoiAlign r -> keep(at);
      case Op.MaxPositions p -> keep(at);
      case Op.LocalNorm n -> keep(at);
      case Op.GatherElements g -> keep(at);
      case Op.GatherParts g -> keep(at);
      case Op.Scatter s -> keep(at);
      case Op.ScatterElements s -> keep(at);
      case Op.Reshape r -> keep(at);
      case Op.Runs r -> keep(at);
      case Op.Reductions r -> throw new IllegalStateException("only plans have " + r);
    }
    if (at.isOutput()) {
      at.replaceOutput(pay(at, at.out()));
    }
  }

  private static boolean keepsLast(Permutation p) {
    return p.order().getLast() == p.rank() - 1;
  }

  /**
   * Whether a sum along rows of memory would become one across rows shorter than a vector, which no
   * backend has a fast kernel for: 10 times the time of moving the values.
   */
  private static boolean leavesRows(Debt debt, int axis) {
    int moved = debt.owed.order().get(axis);
    Shape carrier = debt.carrier.shape();
    return axis == debt.owed.rank() - 1
        && moved != axis
        && carrier.product(moved + 1, carrier.rank()) < LONGEST_VECTOR;
  }

  /**
   * Whether an operator that leaves rows of memory whole would change their length: pixels that are
   * no longer moved as a whole take 20 to 400 times as long.
   */
  private static boolean cutsRows(Permutation owed, IntPredicate changes) {
    int last = owed.rank() - 1;
    return !changes.test(last) && changes.test(owed.order().indexOf(last));
  }

  private static boolean isPadded(Op.Pad pad, int axis) {
    return pad.before().get(axis) != 0 || pad.after().get(axis) != 0;
  }

  private Debt debt(Value value) {
    return debts.getOrDefault(value, new Debt(value, Permutation.identity(value.shape().rank())));
  }

  /** Lets {@code transpose(carrier, owed)} stand for the node's output, without emitting it. */
  private void owe(Rewriter.At at, Value carrier, Permutation owed) {
    if (owed.isIdentity()) {
      at.replace(carrier);
    } else {
      // A placeholder of the right type: never computed, only looked up in the map of debts.
      Value promise = new Value(at.node().output().name() + "^T", at.node().output().type());
      debts.put(promise, new Debt(carrier, owed));
      at.replace(promise);
    }
  }

  /** The value itself, transposed if a permutation is owed. */
  private Value pay(Rewriter.At at, Value value) {
    Debt debt = debt(value);
    return debt.owed.isIdentity()
        ? debt.carrier
        : paid.computeIfAbsent(debt, d -> transpose(at, d.carrier, d.owed));
  }

  private static Value transpose(Rewriter.At at, Value x, Permutation p) {
    if (p.isIdentity()) {
      return x;
    }
    if (p.movesOnlyUnitDims(x.shape())) {
      return at.emit(new Op.Reshape(p.apply(x.shape())), x);
    }
    Value once = movedOnce(at, x, p);
    return once == null ? at.emit(new Op.Transpose(p.order()), x) : once;
  }

  /**
   * If the value is a reshape of what was just moved, and the blocks of the reshape stay together,
   * both moves as one before it: so pixels become channels, and images channels last, in one copy.
   */
  private static @Nullable Value movedOnce(Rewriter.At at, Value x, Permutation p) {
    Node reshape = at.producer(x);
    if (reshape == null || !(reshape.op() instanceof Op.Reshape)) {
      return null;
    }
    Value moved = reshape.input(0);
    Node move = at.producer(moved);
    if (move == null || !(move.op() instanceof Op.Transpose(List<Integer> perm))) {
      return null;
    }
    List<Integer> order = p.order().stream().filter(i -> x.shape().dim(i) != 1).toList();
    List<ReshapeBlock> blocks = new ArrayList<>();
    for (ReshapeBlock block : ReshapeBlock.of(moved.shape(), x.shape())) {
      blocks.add(block.without(i -> x.shape().dim(i) == 1));
    }
    blocks.sort(
        Comparator.comparingInt(b -> b.to().isEmpty() ? 0 : order.indexOf(b.to().getFirst())));
    if (!ReshapeBlock.allTo(blocks).equals(order)) {
      return null;
    }
    Permutation both = new Permutation(perm).then(new Permutation(ReshapeBlock.allFrom(blocks)));
    return at.emit(new Op.Reshape(p.apply(x.shape())), transpose(at, move.input(0), both));
  }

  private void keep(Rewriter.At at) {
    Value[] in = new Value[at.node().inputs().size()];
    for (int i = 0; i < in.length; i++) {
      in[i] = pay(at, at.in(i));
    }
    at.replace(at.emit(at.op(), in));
  }

  private void unary(Rewriter.At at) {
    Debt d = debt(at.in(0));
    owe(at, at.emit(at.op(), d.carrier), d.owed);
  }

  /**
   * (A B)^T = B^T A^T. If only one factor owes its transpose, the other is transposed in its stead
   * if that costs next to nothing: a filter, or much the smaller.
   */
  private void product(Rewriter.At at) {
    Value a = at.in(0);
    Value b = at.in(1);
    Permutation swap = swap(b.shape().rank());
    boolean owesA = debt(a).owed.equals(swap);
    boolean owesB = debt(b).owed.equals(swap);
    boolean cheapA = debt(a).owed.isIdentity() && (at.constant(a) != null || isMuchSmaller(a, b));
    // A filter on the right makes a convolution of the product: it stays there.
    boolean cheapB = debt(b).owed.isIdentity() && at.constant(b) == null && isMuchSmaller(b, a);
    if (a.shape().rank() == b.shape().rank()
        && b.shape().rank() >= 2
        && ((owesA && (owesB || cheapB)) || (owesB && cheapA))) {
      owe(at, at.emit(at.op(), transposed(at, b, swap), transposed(at, a, swap)), swap);
    } else {
      keep(at);
    }
  }

  private static boolean isMuchSmaller(Value a, Value b) {
    return MUCH_SMALLER * a.shape().elements() <= b.shape().elements();
  }

  /** Of the last two dimensions. */
  private static Permutation swap(int rank) {
    List<Integer> order = new ArrayList<>(Permutation.identity(rank).order());
    if (rank >= 2) {
      Collections.swap(order, rank - 1, rank - 2);
    }
    return new Permutation(order);
  }

  /** Moved once, if at all, whatever is owed. */
  private Value transposed(Rewriter.At at, Value value, Permutation p) {
    Debt d = debt(value);
    return transpose(at, d.carrier, d.owed.then(p));
  }

  private void elementwise(Rewriter.At at) {
    Permutation owed = common(at, at.node().output().shape().rank());
    owe(at, at.emit(at.op(), carriers(at, owed)), owed);
  }

  /**
   * The permutation that the node's inputs shall owe together: that of the largest input that owes
   * one, for the other inputs must be transposed to match. None if all debts can be paid without
   * moving a value, such as those of factors for the channels of an image, and the image owes none.
   */
  private Permutation common(Rewriter.At at, int rank) {
    Permutation best = largest(at, rank);
    boolean free = true;
    boolean moves = false;
    for (int i = 0; i < at.node().inputs().size(); i++) {
      Value v = at.in(i);
      Debt d = debt(v);
      if (!d.owed.isIdentity()) {
        free &= d.owed.movesOnlyUnitDims(d.carrier.shape());
      } else if (v.shape().rank() == rank && at.constant(v) == null) {
        moves |= !best.inverse().movesOnlyUnitDims(v.shape());
      }
    }
    return free && moves ? Permutation.identity(rank) : best;
  }

  private Permutation largest(Rewriter.At at, int rank) {
    Permutation best = Permutation.identity(rank);
    long most = 1;
    for (int i = 0; i < at.node().inputs().size(); i++) {
      Value v = at.in(i);
      if (v.shape().rank() == rank
          && !debt(v).owed.isIdentity()
          && at.constant(v) == null
          && v.shape().elements() > most) {
        best = debt(v).owed;
        most = v.shape().elements();
      }
    }
    return best;
  }

  /** Every input as a carrier that owes {@code owed}; shorter shapes count as broadcast. */
  private Value[] carriers(Rewriter.At at, Permutation owed) {
    Value[] in = new Value[at.node().inputs().size()];
    for (int i = 0; i < in.length; i++) {
      Value v = at.in(i);
      Debt d = debt(v);
      if (d.owed.equals(owed)) {
        in[i] = d.carrier;
      } else if (owed.isIdentity()) {
        in[i] = pay(at, v);
      } else if (v.shape().rank() == owed.rank()) {
        in[i] = transposed(at, v, owed.inverse());
      } else {
        List<Integer> dims = new ArrayList<>(v.shape().dims());
        while (dims.size() < owed.rank()) {
          dims.addFirst(1);
        }
        Value x = pay(at, v);
        Shape full = new Shape(dims);
        in[i] = transpose(at, at.emit(new Op.Reshape(full), x), owed.inverse());
      }
    }
    return in;
  }

  /**
   * Reshape splits into blocks of neighbouring dimensions that are merged or split among
   * themselves. If the dimensions of every block lie together and in order in the carrier, it can
   * be reshaped there, blocks in the carrier's order: so [N, C, H, W] to [N, C, H*W] costs nothing
   * on a channels-last carrier. Otherwise something must move, and then all of the debt is paid: to
   * move a part now and the rest later would be to move twice.
   */
  private void reshape(Rewriter.At at, Shape to) {
    Debt d = debt(at.in(0));
    if (d.owed.isIdentity()) {
      at.replace(at.emit(at.op(), d.carrier));
      return;
    }
    List<ReshapeBlock> inOrder = new ArrayList<>(ReshapeBlock.of(at.in(0).shape(), to));
    inOrder.sort(
        Comparator.comparingInt(b ->
            b.from().stream()
                .filter(i -> at.in(0).shape().dim(i) != 1)
                .mapToInt(i -> d.owed.order().get(i))
                .min()
                .orElse(0)));
    // Dimensions of the old shape in the order of the wanted carrier.
    List<Integer> order = ReshapeBlock.allFrom(inOrder);
    Permutation fix = new Permutation(order.stream().map(i -> d.owed.order().get(i)).toList());
    if (!fix.movesOnlyUnitDims(d.carrier.shape())) {
      at.replace(at.emit(at.op(), pay(at, at.in(0))));
      return;
    }
    Value carrier = transpose(at, d.carrier, fix);
    List<Integer> newOrder = ReshapeBlock.allTo(inOrder);
    Shape shape = new Shape(newOrder.stream().map(to::dim).toList());
    Value out = at.emit(new Op.Reshape(shape), carrier);
    owe(at, out, new Permutation(newOrder).inverse());
  }
}
