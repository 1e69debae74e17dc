package dev.tilewright.zoo.network;

import dev.tilewright.zoo.block.PatchEmbed;
import dev.tilewright.zoo.block.TransformerBlock;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;
import java.util.List;

/**
 * Vision transformer (Dosovitskiy et al. 2021, arXiv 2010.11929): patches as tokens with learned
 * positions, encoder blocks, a classifier of one token.
 *
 * @param dim width of the tokens
 * @param mlp width between the layers of the MLP
 * @param classToken whether a learned token before the others is classified, else the mean of all
 */
public record VisionTransformer(
    int patch, int dim, int depth, int heads, int mlp, boolean classToken, int classes)
    implements Block.Single {
  /** ViT-Ti of DeiT (Touvron et al. 2021, arXiv 2012.12877) for the classes of ImageNet. */
  public static VisionTransformer tiny(int patch) {
    return new VisionTransformer(patch, 192, 12, 3, 768, true, 1000);
  }

  /** ViT-B for the thousand classes of ImageNet. */
  public static VisionTransformer base(int patch) {
    return new VisionTransformer(patch, 768, 12, 12, 3072, true, 1000);
  }

  /** ViT-L for the thousand classes of ImageNet. */
  public static VisionTransformer large(int patch) {
    return new VisionTransformer(patch, 1024, 24, 16, 4096, true, 1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.block("patch_embed", PatchEmbed.of(patch, dim, false), x);
    if (classToken) {
      Feature first = n.parameter("cls_token", Role.TABLE, 1, 1, dim);
      y = n.concat(1, List.of(n.expand(first, x.batch(), 1, dim), y));
    }
    y = n.add(y, n.parameter("pos_embed", Role.TABLE, 1, y.dim(1), dim));
    for (int i = 0; i < depth; i++) {
      y = n.block("blocks." + i, new TransformerBlock(heads, mlp), y);
    }
    // Tokens are normalised one by one: of the others none is needed.
    y = n.layerNorm("norm", classToken ? n.slice(y, 1, 0, 1) : y, TransformerBlock.EPSILON);
    y = classToken ? y : n.mean(y, 1);
    return n.linear("head", n.reshape(y, x.batch(), dim), classes);
  }
}
