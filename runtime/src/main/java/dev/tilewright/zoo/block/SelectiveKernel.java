package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * Selective kernel convolution (Li et al. 2019, arXiv 1903.06586): branches with filters of
 * different reach, summed with weights that depend on the means of their channels. The weights of a
 * channel are a softmax over the branches.
 *
 * @param m branches
 * @param g groups of their convolutions
 * @param r by which the means are reduced
 * @param l to how many they are reduced at least
 */
public record SelectiveKernel(int cout, int stride, int m, int g, int r, int l, Form form)
    implements Block.Single {
  /** Two definitions. */
  public enum Form {
    /** Branch i is a 3x3 of dilation 1 + i; the means are reduced, normalised and rectified. */
    PAPER,
    /** A port's: branch i is a (3 + 2i)x(3 + 2i), the means are reduced only; all with biases. */
    PORT
  }

  public SelectiveKernel {
    require(m > 0, "SK: there is at least one branch, M is not %d", m);
    require(r > 0 && l > 0, "SK: r and L are at least 1, not %d and %d", r, l);
  }

  /** The paper's: two branches of 32 groups, r = 16, L = 32. */
  public SelectiveKernel(int cout, int stride) {
    this(cout, stride, 2, 32, 16, 32, Form.PAPER);
  }

  /** SKNet's: 1x1, selective kernel twice as wide as a ResNet's 3x3, 1x1. */
  public static Residual bottleneck(int planes, int stride) {
    int cout = Residual.EXPANSION * planes;
    return bottleneck(new SelectiveKernel(2 * planes, stride), cout);
  }

  /** A bottleneck of this for its 3x3, which has its normalisation and activation inside. */
  public static Residual bottleneck(SelectiveKernel middle, int cout) {
    Block.Single inside =
        (n, x) -> {
          Feature y = n.convBnRelu("1", x, ConvSpec.of(middle.cout, 1));
          return n.convBn("3", n.block("conv2", middle, y), ConvSpec.of(cout, 1));
        };
    return new Residual(inside, cout, middle.stride);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    List<Feature> branches = new ArrayList<>();
    for (int i = 0; i < m; i++) {
      Feature u = n.conv("convs." + i + ".0", x, branch(i));
      branches.add(n.relu(n.bn("convs." + i + ".1", u)));
    }
    Feature z = reduced(n, n.globalAveragePool(n.sum(branches)));
    List<Feature> logits = new ArrayList<>();
    for (int i = 0; i < m; i++) {
      logits.add(n.conv("fcs." + i, z, ConvSpec.of(cout, 1).bias(true)));
    }
    Feature weights = n.softmax(n.reshape(n.concat(1, logits), x.batch(), m, cout), 1);
    List<Feature> each = n.chunk(n.reshape(weights, x.batch(), m * cout, 1, 1), 1, m);
    List<Feature> weighted = new ArrayList<>();
    for (int i = 0; i < m; i++) {
      weighted.add(n.mul(branches.get(i), each.get(i)));
    }
    return n.sum(weighted);
  }

  private ConvSpec branch(int i) {
    return form == Form.PAPER
        ? ConvSpec.of(cout, 3).stride(stride).groups(g).dilation(1 + i)
        : ConvSpec.of(cout, 3 + 2 * i).stride(stride).groups(g).bias(true);
  }

  private Feature reduced(Layers n, Feature means) {
    ConvSpec reduction = ConvSpec.of(Math.max(cout / r, l), 1);
    return form == Form.PAPER
        ? n.relu(n.bn("fc.1", n.conv("fc.0", means, reduction)))
        : n.conv("fc", means, reduction.bias(true));
  }
}
