package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.function.Function;

/**
 * Residual blocks (He et al. 2015, arXiv 1512.03385): ReLU(F(x) + x), where x is projected by a 1x1
 * if the shape changes.
 *
 * @param inside F, with a last normalisation and no activation behind it
 * @param cout channels of F
 * @param stride of F
 */
public record Residual(Block.Single inside, int cout, int stride) implements Block.Single {
  /** The bottleneck's last 1x1 has four times the channels of its 3x3. */
  public static final int EXPANSION = 4;

  /** Stands for the 3x3 in the middle of a bottleneck and its normalisation, conv2 and bn2. */
  public interface Middle {
    Feature apply(Layers n, Feature x, ConvSpec conv);

    /** Another convolution, with the same normalisation behind it. */
    static Middle of(Function<ConvSpec, Block.Single> variant) {
      return (n, x, conv) -> n.bn("bn2", n.block("conv2", variant.apply(conv), x));
    }
  }

  /** Two 3x3, the first with the stride. */
  public static Residual basic(int planes, int stride) {
    Block.Single inside =
        (n, x) -> {
          Feature y = n.convBnRelu("1", x, ConvSpec.of(planes, 3).stride(stride));
          return n.lastBn("bn2", n.conv("conv2", y, ConvSpec.of(planes, 3)));
        };
    return new Residual(inside, planes, stride);
  }

  /** 1x1, 3x3 with the stride, 1x1. */
  public static Residual bottleneck(int planes, int stride) {
    return bottleneck(ConvSpec.of(planes, 3).stride(stride), EXPANSION * planes, plain());
  }

  /** ResNeXt's (Xie et al. 2017, arXiv 1611.05431): the 3x3 in groups. */
  public static Residual grouped(int planes, int cout, int stride, int groups) {
    return bottleneck(ConvSpec.of(planes, 3).stride(stride).groups(groups), cout, plain());
  }

  /** With another layer for the 3x3. */
  public static Residual bottleneck(ConvSpec conv, int cout, Middle middle) {
    Block.Single inside =
        (n, x) -> {
          Feature y = n.convBnRelu("1", x, ConvSpec.of(conv.cout(), 1));
          y = n.relu(middle.apply(n, y, conv));
          return n.lastBn("bn3", n.conv("conv3", y, ConvSpec.of(cout, 1)));
        };
    return new Residual(inside, cout, conv.stride());
  }

  private static Middle plain() {
    return (n, x, conv) -> n.convBn("2", x, conv);
  }

  /** The same with another block behind F, such as an attention. */
  public Residual then(String name, Block.Single last) {
    return new Residual((n, x) -> n.block(name, last, inside.apply(n, x)), cout, stride);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = inside.apply(n, x);
    boolean same = stride == 1 && cout == x.channels();
    Feature shortcut =
        same ? x : n.convThenBn("downsample", x, ConvSpec.of(cout, 1).stride(stride));
    return n.relu(n.add(y, shortcut));
  }
}
