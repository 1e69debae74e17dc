package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.block.MixerBlock;
import dev.tilewright.zoo.block.PatchEmbed;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * MLP-Mixer (Tolstikhin et al. 2021, arXiv 2105.01601): patches as tokens, mixer blocks, a
 * classifier of the tokens' mean.
 *
 * @param dim width of the tokens
 * @param tokenHidden D_S of the paper
 * @param channelHidden D_C of the paper
 */
public record MlpMixer(
    int patch, int dim, int depth, int tokenHidden, int channelHidden, Stem stem, int classes)
    implements Block.Single {
  /** What makes tokens; the same but for the order of the weights. */
  public enum Stem {
    /** A convolution. */
    CONV,
    /** A matrix, for the pixels of a patch one after the other, each with its channels. */
    LINEAR
  }

  /** Mixer-S/16 for the thousand classes of ImageNet. */
  public static MlpMixer small() {
    return new MlpMixer(16, 512, 8, 256, 2048, Stem.CONV, 1000);
  }

  /** Mixer-B/16 for the thousand classes of ImageNet. */
  public static MlpMixer base() {
    return new MlpMixer(16, 768, 12, 384, 3072, Stem.CONV, 1000);
  }

  /** Mixer-L/16 for the thousand classes of ImageNet. */
  public static MlpMixer large() {
    return new MlpMixer(16, 1024, 24, 512, 4096, Stem.CONV, 1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y =
        stem == Stem.CONV ? n.block("stem", PatchEmbed.of(patch, dim, false), x) : patches(n, x);
    for (int i = 0; i < depth; i++) {
      y = n.block("blocks." + i, new MixerBlock(tokenHidden, channelHidden), y);
    }
    y = n.mean(n.layerNorm("norm", y, Layers.EPSILON), 1);
    return n.linear("head", n.reshape(y, x.batch(), dim), classes);
  }

  private Feature patches(Layers n, Feature x) {
    require(
        x.height() % patch == 0 && x.width() % patch == 0,
        "MLP-Mixer: the patch (%d) divides the image (%dx%d)",
        patch,
        x.height(),
        x.width());
    int down = x.height() / patch;
    int across = x.width() / patch;
    Feature y = n.reshape(x, x.batch(), x.channels(), down, patch, across, patch);
    y = n.transpose(y, 0, 2, 4, 3, 5, 1);
    y = n.reshape(y, x.batch(), down * across, patch * patch * x.channels());
    return n.linear("stem.proj", y, dim);
  }
}
