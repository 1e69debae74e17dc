package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Ultra-lightweight subspace attention (Saini et al. 2020, arXiv 2006.15102): in each of g groups
 * of channels F, a depthwise 1x1, a 3x3 maximum and a 1x1 to one channel give one map, whose
 * softmax over places A scales the group: A F + F.
 *
 * <p>The layers of a group have weights of their own, such as {@code dw.2.weight}; all groups are
 * computed at once, by grouped layers.
 */
public record Ulsam(int g, Form form) implements Block.Single {
  /** Three definitions. */
  public enum Form {
    /** The formula: no normalisation. */
    PAPER,
    /** The authors' code: normalisation and ReLU behind both 1x1. */
    CODE,
    /** Their code as it was first: the maximum is that of the input, the depthwise 1x1 is lost. */
    FIRST_CODE
  }

  public Ulsam {
    require(g > 0, "ULSAM: there is at least one subspace, g is not %d", g);
  }

  /** The paper's formula in four subspaces. */
  public Ulsam() {
    this(4, Form.PAPER);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int c = x.channels();
    int h = x.height();
    int w = x.width();
    require(c % g == 0, "ULSAM: subspaces (%d) divide the channels (%d)", g, c);
    Feature y = x;
    if (form != Form.FIRST_CODE) {
      y = pointwise(n, "dw", y, ConvSpec.of(c, 1).groups(c));
      y = form == Form.CODE ? n.relu(normalised(n, "bd", y)) : y;
    }
    y = n.maxPool(y, PoolSpec.of(3).stride(1).padding(1));
    y = pointwise(n, "pw", y, ConvSpec.of(g, 1).groups(g));
    y = form == Form.PAPER ? y : n.relu(normalised(n, "bp", y));
    Feature a = n.softmax(n.reshape(y, x.batch(), g, h * w), 2);
    Feature f = n.reshape(x, x.batch(), g, c / g, h * w);
    Feature scaled = n.mul(f, n.reshape(a, x.batch(), g, 1, h * w));
    return n.reshape(n.add(scaled, f), x.batch(), c, h, w);
  }

  private Feature pointwise(Layers n, String name, Feature x, ConvSpec conv) {
    int filters = conv.cout() / g;
    Feature filter =
        joined(n, name, "weight", Role.WEIGHT, filters, x.channels() / conv.groups(), 1, 1);
    return n.conv(x, filter, joined(n, name, "bias", Role.BIAS, filters), conv);
  }

  /** Batch normalisation, whose parameters are parts. */
  private Feature normalised(Layers n, String name, Feature x) {
    int c = x.channels();
    Feature variance = joined(n, name, "running_var", Role.VARIANCE, c / g);
    Feature deviation = n.sqrt(n.add(variance, n.constant(Layers.EPSILON)));
    Feature scale = n.div(joined(n, name, "weight", Role.SCALE, c / g), deviation);
    Feature mean = joined(n, name, "running_mean", Role.MEAN, c / g);
    Feature shift = n.sub(joined(n, name, "bias", Role.BIAS, c / g), n.mul(mean, scale));
    return n.add(n.mul(x, n.reshape(scale, 1, c, 1, 1)), n.reshape(shift, 1, c, 1, 1));
  }

  /** The parameters of all groups, one behind the other. */
  private Feature joined(Layers n, String layer, String name, Role role, int... dims) {
    List<Feature> parts = new ArrayList<>();
    for (int i = 0; i < g; i++) {
      parts.add(n.parameter(layer + "." + i + "." + name, role, dims));
    }
    return n.concat(0, parts);
  }
}
