package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Double attention (Chen et al. 2018, A2-Nets, arXiv 1810.11579): features A are gathered from all
 * places by n attention maps B into n descriptors, and every place takes the mixture of descriptors
 * that its V says. (A B^T) V costs 2 m n H W multiply-adds, A (B^T V) would cost those of (H W)^2.
 *
 * @param cm channels of the features
 * @param cn descriptors
 * @param reconstruct whether a 1x1 brings the result back to the channels of the input
 * @param residual whether the input is added
 */
public record DoubleAttention(int cm, int cn, boolean reconstruct, boolean residual, Form form)
    implements Block.Single {
  /** Over what V is a softmax; B is one over places. */
  public enum Form {
    /** Over the descriptors, so that each place mixes them. */
    PAPER,
    /** Over places, as ports have it. */
    PORT
  }

  public DoubleAttention {
    require(cm > 0 && cn > 0, "A2: c_m and c_n are at least 1, not %d and %d", cm, cn);
    require(reconstruct || !residual, "A2: what is added to the input is reconstructed first");
  }

  /** As the paper adds it to a network. */
  public DoubleAttention(int cm, int cn) {
    this(cm, cn, true, true, Form.PAPER);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature a = rows(n, "A", x, cm);
    Feature b = n.softmax(rows(n, "B", x, cn), 2);
    Feature v = n.softmax(rows(n, "V", x, cn), form == Form.PAPER ? 1 : 2);
    Feature descriptors = n.matmul(a, n.transpose(b, 0, 2, 1));
    Feature z = n.reshape(n.matmul(descriptors, v), x.batch(), cm, x.height(), x.width());
    if (!reconstruct) {
      return z;
    }
    Feature y = n.conv("R", z, ConvSpec.of(x.channels(), 1).bias(true));
    return residual ? n.add(x, y) : y;
  }

  /** A 1x1: [N, channels, H * W]. */
  private static Feature rows(Layers n, String name, Feature x, int channels) {
    Feature y = n.conv(name, x, ConvSpec.of(channels, 1).bias(true));
    return n.reshape(y, x.batch(), channels, x.height() * x.width());
  }
}
