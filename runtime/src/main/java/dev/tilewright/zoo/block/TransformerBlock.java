package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Encoder block of vision transformers (Dosovitskiy et al. 2021, arXiv 2010.11929), normalised
 * before each part: x + MSA(LN(x)), then x + MLP(LN(x)).
 *
 * @param mlp width between the layers of the MLP
 */
public record TransformerBlock(int heads, int mlp) implements Block.Single {
  /** Of its layer normalisations. */
  public static final float EPSILON = 1e-6f;

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature normal = n.layerNorm("norm1", x, EPSILON);
    Feature y = n.add(x, n.block("attn", new SelfAttention(heads), normal));
    return n.add(y, n.block("mlp", new Mlp(mlp), n.layerNorm("norm2", y, EPSILON)));
  }
}
