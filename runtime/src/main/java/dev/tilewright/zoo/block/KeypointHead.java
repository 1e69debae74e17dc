package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Mask R-CNN's for keypoints (He et al. 2017, arXiv 1703.06870, section 5): eight 3x3 with ReLU, a
 * transposed 4x4 and an interpolation that double the size each, to a map for each keypoint, whose
 * largest logit is where it is.
 *
 * @param channels of the 3x3
 */
public record KeypointHead(int keypoints, int channels) implements Block.Single {
  private static final int LAYERS = 8;

  public KeypointHead {
    require(
        keypoints > 0 && channels > 0,
        "keypoint head: keypoints and channels are at least 1: %d, %d",
        keypoints,
        channels);
  }

  /** The 17 of people. */
  public KeypointHead() {
    this(17, 512);
  }

  @Override
  public Feature apply(Layers n, Feature crops) {
    Feature y = crops;
    for (int i = 0; i < LAYERS; i++) {
      ConvSpec conv = ConvSpec.of(channels, 3).bias(true);
      y = n.relu(n.conv("keypoint_head." + 2 * i, y, conv));
    }
    y = n.convTranspose("keypoint_predictor.kps_score_lowres", y, keypoints, 4, 2, 1);
    return n.bilinear(y, 2 * y.height(), 2 * y.width(), false);
  }
}
