package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Multi-head self-attention (Vaswani et al. 2017, arXiv 1706.03762) of tokens [N, T, C]: softmax(Q
 * K^T / sqrt d) V in each head of d = C / heads channels.
 *
 * @param scores what happens to Q K^T / sqrt d [N, heads, T, T] before the softmax
 */
public record SelfAttention(int heads, Scores scores) implements Block.Single {
  /** Changes scores, such as by the relative position of tokens. */
  public interface Scores {
    Feature apply(Layers n, Feature scores);
  }

  public SelfAttention {
    require(heads > 0, "attention has at least one head, not %d", heads);
  }

  /** With scores as they are. */
  public SelfAttention(int heads) {
    this(heads, (n, scores) -> scores);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int tokens = x.dim(1);
    int width = x.dim(2);
    require(width % heads == 0, "attention: heads (%d) divide the channels (%d)", heads, width);
    int d = width / heads;
    Feature all = n.reshape(n.linear("qkv", x, 3 * width), x.batch(), tokens, 3, heads, d);
    all = n.transpose(all, 2, 0, 3, 1, 4);
    Feature q = n.mul(part(n, all, 0), n.constant((float) (1 / Math.sqrt(d))));
    Feature k = n.transpose(part(n, all, 1), 0, 1, 3, 2);
    Feature weights = n.softmax(scores.apply(n, n.matmul(q, k)), -1);
    Feature y = n.transpose(n.matmul(weights, part(n, all, 2)), 0, 2, 1, 3);
    return n.linear("proj", n.reshape(y, x.batch(), tokens, width), width);
  }

  /** Queries, keys or values, [N, heads, T, d]. */
  private static Feature part(Layers n, Feature all, int which) {
    Feature one = n.slice(all, 0, which, which + 1);
    return n.reshape(one, all.dim(1), all.dim(2), all.dim(3), all.dim(4));
  }
}
