package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Mask R-CNN's (He et al. 2017, arXiv 1703.06870): four 3x3, a transposed 2x2 that doubles the
 * size, each with ReLU, then for each class the probability that a pixel belongs to the object.
 *
 * @param classes with the background, which is the first
 */
public record MaskHead(int classes) implements Block.Single {
  private static final int LAYERS = 4;

  public MaskHead {
    require(classes > 1, "mask head: there is a class beside the background, not %d", classes);
  }

  @Override
  public Feature apply(Layers n, Feature crops) {
    Feature y = crops;
    for (int i = 0; i < LAYERS; i++) {
      ConvSpec conv = ConvSpec.of(y.channels(), 3).bias(true);
      y = n.relu(n.conv("mask_head." + i + ".0", y, conv));
    }
    y = n.relu(n.convTranspose("mask_predictor.conv5_mask", y, y.channels(), 2, 2, 0));
    ConvSpec each = ConvSpec.of(classes, 1).bias(true);
    return n.sigmoid(n.conv("mask_predictor.mask_fcn_logits", y, each));
  }
}
