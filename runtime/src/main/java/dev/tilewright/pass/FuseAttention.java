package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * softmax(q k^T * scale + bias) v becomes one operator, so that scores are never in memory as a
 * whole. Heads must be parts of the columns that transposes have taken apart; these go.
 */
final class FuseAttention implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Softmax;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Value simple =
        switch (at.op()) {
          case Op.MatMul m -> attention(at);
          case Op.Transpose(List<Integer> perm) -> transposed(at, new Permutation(perm));
          default -> null;
        };
    at.replaceOrKeep(simple);
  }

  /** The transpose that puts heads side by side again meets the one that attention left. */
  private static @Nullable Value transposed(Rewriter.At at, Permutation perm) {
    return at.producer(at.in(0)) instanceof Node node
            && node.op() instanceof Op.Transpose(List<Integer> before)
            && new Permutation(before).then(perm).isIdentity()
        ? node.input(0)
        : null;
  }

  /** What is under the softmax, from the softmax up. */
  private record Scores(Node product, double scale, List<Bias> added) {}

  /**
   * @param to shape of the scores where it is added
   */
  private record Bias(Value value, Shape to) {}

  private static @Nullable Value attention(Rewriter.At at) {
    Node softmax = at.soleProducer(0);
    Scores scores =
        softmax != null
                && softmax.op() instanceof Op.Softmax(int axis)
                && axis == softmax.output().shape().rank() - 1
            ? scores(at, softmax.input(0))
            : null;
    if (softmax == null || scores == null) {
      return null;
    }
    Value q = scores.product.input(0);
    Value k = scores.product.input(1);
    Value v = at.in(1);
    if (!softmax.output().shape().equals(scores.product.output().shape()) || !sameBatch(q, k, v)) {
      return null;
    }
    return switch (q.shape().rank()) {
      case 4 -> attention(at, scores, Heads.of(at, q, k, v, List.of(0, 2, 1, 3), 1));
      case 3 -> {
        Value one = attention(at, scores, Heads.of(at, q, k, v, List.of(0, 1, 2), -1));
        yield one != null ? one : attention(at, scores, Heads.of(at, q, k, v, List.of(1, 0, 2), 0));
      }
      default -> null;
    };
  }

  private static boolean sameBatch(Value q, Value k, Value v) {
    int batch = q.shape().rank() - 2;
    return k.shape().rank() == batch + 2
        && v.shape().rank() == batch + 2
        && q.shape().elements() > 0
        && v.shape().elements() > 0
        && q.shape().dims().subList(0, batch).equals(k.shape().dims().subList(0, batch))
        && q.shape().dims().subList(0, batch).equals(v.shape().dims().subList(0, batch));
  }

  private static @Nullable Value attention(Rewriter.At at, Scores scores, @Nullable Heads heads) {
    if (heads == null) {
      return null;
    }
    Value bias = null;
    for (Bias one : scores.added) {
      AttentionBias form = AttentionBias.of(one.value, one.to, heads.images(), heads.count());
      if (form == null || (bias != null && !form.joins(at, bias))) {
        return null;
      }
      Value turned = form.turned(at);
      bias = bias == null ? turned : at.emit(new Op.Binary(BinaryFunction.ADD), bias, turned);
    }
    float scale = (float) (scores.scale * heads.scale());
    List<Value> in = new ArrayList<>(heads.columns(at));
    if (bias != null) {
      in.add(bias);
    }
    Op op = new Op.Attention(heads.count(), scale, bias != null);
    return heads.apart(at, at.emit(op, in.toArray(Value[]::new)), at.node().output().shape());
  }

  private static @Nullable Scores scores(Rewriter.At at, Value softmaxed) {
    double scale = 1;
    List<Bias> added = new ArrayList<>();
    Value x = softmaxed;
    for (Node node = at.soleProducer(x); node != null; node = at.soleProducer(x)) {
      Scaled scaled = Scaled.by(at, node);
      if (scaled != null) {
        scale *= scaled.factor();
        x = scaled.value();
      } else if (node.op() instanceof Op.MatMul) {
        return new Scores(node, scale, added);
      } else if (node.op() instanceof Op.Reshape) {
        x = node.input(0);
      } else if (node.op() instanceof Op.Binary(BinaryFunction f)
          && f == BinaryFunction.ADD
          && scale == 1) {
        Shape to = node.output().shape();
        int side = leadsToProduct(at, node.input(0)) && node.input(0).shape().equals(to) ? 0 : 1;
        if (!node.input(side).shape().equals(to)) {
          return null;
        }
        added.add(new Bias(node.input(1 - side), to));
        x = node.input(side);
      } else {
        return null;
      }
    }
    return null;
  }

  /** Tells scores from what is added to them. */
  private static boolean leadsToProduct(Rewriter.At at, Value value) {
    Value x = value;
    for (Node node = at.producer(x); node != null; node = at.producer(x)) {
      Scaled scaled = Scaled.by(at, node);
      if (node.op() instanceof Op.MatMul) {
        return true;
      } else if (scaled != null) {
        x = scaled.value();
      } else if (node.op() instanceof Op.Reshape || node.op() instanceof Op.Binary) {
        x =
            at.constant(node.input(0)) == null
                ? node.input(0)
                : node.input(node.inputs().size() - 1);
      } else {
        return false;
      }
    }
    return false;
  }
}
