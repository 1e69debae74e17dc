package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.block.PatchEmbed;
import dev.tilewright.zoo.block.PatchMerging;
import dev.tilewright.zoo.block.SwinBlock;
import dev.tilewright.zoo.block.SwinMlpBlock;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * Swin transformer (Liu et al. 2021, arXiv 2103.14030): stages of blocks, each but the first on a
 * map of half the size and twice the width; every second block shifts its windows by half.
 *
 * @param patch pixels of a token's side
 * @param dim width of the tokens of the first stage
 * @param depths blocks in each stage
 * @param heads of the blocks of each stage
 * @param window M, tokens of a window's side
 */
public record SwinTransformer(
    int patch,
    int dim,
    List<Integer> depths,
    List<Integer> heads,
    int window,
    Unit unit,
    int classes)
    implements Block.Single {
  /** Makes one block. */
  public interface Unit {
    Block.Single block(int height, int width, int heads, int window, int shift);
  }

  public SwinTransformer {
    depths = Stages.of("Swin", depths);
    require(
        depths.size() == heads.size(),
        "Swin: a stage has depth and heads; there are %s and %s",
        depths,
        heads);
  }

  private static SwinTransformer of(int dim, int depth, int heads) {
    return new SwinTransformer(
        4,
        dim,
        List.of(2, 2, depth, 2),
        List.of(heads, 2 * heads, 4 * heads, 8 * heads),
        7,
        SwinBlock::new,
        1000);
  }

  /** Swin-T. */
  public static SwinTransformer tiny() {
    return of(96, 6, 3);
  }

  /** Swin-S. */
  public static SwinTransformer small() {
    return of(96, 18, 3);
  }

  /** Swin-B. */
  public static SwinTransformer base() {
    return of(128, 18, 4);
  }

  /** Swin-L. */
  public static SwinTransformer large() {
    return of(192, 18, 6);
  }

  /** Swin-MLP of the size of Swin-T, heads 12 channels wide, for images of 256x256. */
  public static SwinTransformer mlp() {
    return new SwinTransformer(
        4, 96, List.of(2, 2, 6, 2), List.of(8, 16, 32, 64), 8, SwinMlpBlock::new, 1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.block("patch_embed", PatchEmbed.of(patch, dim, true), x);
    int height = x.height() / patch;
    int width = x.width() / patch;
    for (int stage = 0; stage < depths.size(); stage++) {
      Layers layer = n.in("layers." + stage);
      for (int i = 0; i < depths.get(stage); i++) {
        int shift = i % 2 == 0 ? 0 : window / 2;
        Block.Single block = unit.block(height, width, heads.get(stage), window, shift);
        y = layer.block("blocks." + i, block, y);
      }
      if (stage + 1 < depths.size()) {
        y = layer.block("downsample", new PatchMerging(height, width), y);
        height /= 2;
        width /= 2;
      }
    }
    y = n.mean(n.layerNorm("norm", y, Layers.EPSILON), 1);
    return n.linear("head", n.reshape(y, x.batch(), y.dim(2)), classes);
  }
}
