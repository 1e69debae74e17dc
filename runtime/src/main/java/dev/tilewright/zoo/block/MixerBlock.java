package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Block of MLP-Mixer (Tolstikhin et al. 2021, arXiv 2105.01601) for tokens [N, T, C]: an MLP over
 * the tokens of each channel, then one over the channels of each token, each normalised before and
 * added. The one over tokens is two 1x1 convolutions whose channels are the tokens: nothing has to
 * be transposed.
 *
 * @param tokenHidden D_S of the paper
 * @param channelHidden D_C of the paper
 */
public record MixerBlock(int tokenHidden, int channelHidden) implements Block.Single {
  @Override
  public Feature apply(Layers n, Feature x) {
    int tokens = x.dim(1);
    Feature y = n.layerNorm("norm1", x, Layers.EPSILON);
    Layers mix = n.in("mlp_tokens");
    Feature map = n.reshape(y, x.batch(), tokens, x.dim(2), 1);
    map = n.gelu(mix.conv("fc1", map, ConvSpec.of(tokenHidden, 1).bias(true)));
    map = mix.conv("fc2", map, ConvSpec.of(tokens, 1).bias(true));
    y = n.add(x, n.reshape(map, x.batch(), tokens, x.dim(2)));
    Feature normal = n.layerNorm("norm2", y, Layers.EPSILON);
    return n.add(y, n.block("mlp_channels", new Mlp(channelHidden), normal));
  }
}
