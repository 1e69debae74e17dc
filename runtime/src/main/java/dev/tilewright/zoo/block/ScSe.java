package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Concurrent spatial and channel squeeze and excitation (Roy et al. 2018, arXiv 1803.02579): an
 * image scaled by a number for each channel, from the means of all channels, and by a number for
 * each place, from a 1x1 to one channel.
 *
 * @param r by which the first layer over channels reduces them
 */
public record ScSe(int r, Form form) implements Block.Single {
  /** What of it there is. */
  public enum Form {
    /** cSE: channels alone. */
    CHANNELS,
    /** sSE: places alone. */
    PLACES,
    /** The sum of both, as in the paper. */
    SUM,
    /** The larger of both. */
    MAX
  }

  public ScSe {
    require(r > 0, "scSE: the reduction r is at least 1, not %d", r);
  }

  /** The sum of both, channels reduced to a half. */
  public ScSe() {
    this(2, Form.SUM);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    return switch (form) {
      case CHANNELS -> n.mul(x, channels(n, x));
      case PLACES -> n.mul(x, places(n, x));
      case SUM -> n.mul(x, n.add(channels(n, x), places(n, x)));
      case MAX -> n.max(n.mul(x, channels(n, x)), n.mul(x, places(n, x)));
    };
  }

  private Feature channels(Layers n, Feature x) {
    int c = x.channels();
    require(c >= r, "scSE: the reduction r (%d) is no more than the channels (%d)", r, c);
    return new SqueezeExcitation(c / r, false, Layers::relu, Layers::sigmoid).factors(n, x);
  }

  private static Feature places(Layers n, Feature x) {
    return n.sigmoid(n.conv("conv", x, ConvSpec.of(1, 1)));
  }
}
