package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.block.PatchEmbed;
import dev.tilewright.zoo.block.ShiftMlp.Order;
import dev.tilewright.zoo.block.TokenizedMlp;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * UNeXt (Valanarasu and Patel 2022, arXiv 2203.04967), which labels the pixels of medical images:
 * three stages of convolutions and two of shifted MLPs, each of half the size, and the same back,
 * where each stage is added to the one of its size. Weights have the names of the released code.
 *
 * @param widths channels of the five stages
 */
public record UNeXt(List<Integer> widths, Order order, int classes) implements Block.Single {
  private static final int STAGES = 5;

  public UNeXt {
    require(widths.size() == STAGES, "UNeXt: there are five stages, not %d", widths.size());
  }

  /** As released, where the first two stages have half the channels of the paper's text. */
  public static UNeXt released() {
    return new UNeXt(List.of(16, 32, 128, 160, 256), Order.CODE, 1);
  }

  /** UNeXt-S. */
  public static UNeXt small() {
    return new UNeXt(List.of(8, 16, 32, 64, 128), Order.CODE, 1);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int least = 1 << STAGES;
    require(
        x.height() % least == 0 && x.width() % least == 0,
        "UNeXt: height and width are multiples of %d, not %dx%d",
        least,
        x.height(),
        x.width());
    List<Feature> stages = new ArrayList<>();
    Feature y = x;
    for (int i = 1; i <= 3; i++) {
      y = n.bn("ebn" + i, n.conv("encoder" + i, y, conv(widths.get(i - 1))));
      y = n.relu(n.maxPool(y, PoolSpec.of(2)));
      stages.add(y);
    }
    for (int i = 4; i <= STAGES; i++) {
      int height = y.height() / 2;
      int width = y.width() / 2;
      y = n.block("patch_embed" + (i - 1), PatchEmbed.overlapping(widths.get(i - 1)), y);
      y = mixed(n, "block" + (i - 3), "norm" + (i - 1), y, height, width);
      stages.add(y);
    }
    for (int i = 1; i < STAGES; i++) {
      Feature skip = stages.get(STAGES - 1 - i);
      y = n.bn("dbn" + i, n.conv("decoder" + i, y, conv(skip.channels())));
      y = n.add(enlarged(n, y), skip);
      if (i <= 2) {
        Feature tokens = PatchEmbed.tokens(n, y);
        y = mixed(n, "dblock" + i, "dnorm" + (i + 2), tokens, y.height(), y.width());
      }
    }
    y = enlarged(n, n.conv("decoder5", y, conv(y.channels())));
    return n.conv("final", y, ConvSpec.of(classes, 1).bias(true));
  }

  private static ConvSpec conv(int channels) {
    return ConvSpec.of(channels, 3).bias(true);
  }

  private static Feature enlarged(Layers n, Feature x) {
    return n.relu(n.bilinear(x, 2 * x.height(), 2 * x.width(), false));
  }

  /** Tokens, mixed and normalised, as an image. */
  private Feature mixed(
      Layers n, String block, String norm, Feature tokens, int height, int width) {
    Feature y = n.block(block + ".0", new TokenizedMlp(height, width, order), tokens);
    y = n.layerNorm(norm, y, Layers.EPSILON);
    return n.transpose(n.reshape(y, y.batch(), height, width, y.dim(2)), 0, 3, 1, 2);
  }
}
