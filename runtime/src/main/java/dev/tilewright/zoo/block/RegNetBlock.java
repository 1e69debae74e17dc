package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * The X block of RegNet (Radosavovic et al. 2020, arXiv 2003.13678): a residual 1x1, grouped 3x3,
 * 1x1; the Y block has a squeeze and excitation behind the 3x3.
 *
 * @param groupWidth channels of a group, which the paper calls g
 * @param bottleneck channels of the 3x3 by those of the output: the paper's 1/b
 * @param squeeze channels of the excitation by those of the block's input; 0 for an X block
 */
public record RegNetBlock(int cout, int stride, int groupWidth, double bottleneck, double squeeze)
    implements Block.Single {
  public RegNetBlock {
    require(squeeze >= 0 && squeeze <= 1, "the squeeze ratio is 0 to 1, not %s", squeeze);
    int inner = inner(cout, bottleneck);
    require(
        groupWidth > 0 && inner > 0 && inner % groupWidth == 0,
        "the group width (%d) divides the channels of the 3x3 (%d)",
        groupWidth,
        inner);
  }

  private static int inner(int cout, double bottleneck) {
    return (int) Math.rint(cout * bottleneck);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    return new Residual(this::inside, cout, stride).apply(n, x);
  }

  private Feature inside(Layers n, Feature x) {
    int inner = inner(cout, bottleneck);
    Feature y = n.relu(n.convThenBn("f.a", x, ConvSpec.of(inner, 1)));
    ConvSpec grouped = ConvSpec.of(inner, 3).stride(stride).groups(inner / groupWidth);
    y = n.relu(n.convThenBn("f.b", y, grouped));
    if (squeeze > 0) {
      y = n.block("f.se", new SqueezeExcitation(squeezed(x.channels())), y);
    }
    return n.convThenBn("f.c", y, ConvSpec.of(cout, 1));
  }

  private int squeezed(int cin) {
    return (int) Math.rint(squeeze * cin);
  }
}
