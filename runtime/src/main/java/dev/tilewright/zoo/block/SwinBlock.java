package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.algorithm.SwinWindows;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.Optional;

/**
 * Block of Swin transformers (Liu et al. 2021, arXiv 2103.14030) for the tokens of a map: attention
 * inside windows, then an MLP, each normalised before and added. A shifted one rolls the map up and
 * left before and back after, and keeps apart what is not near each other. A window that would be
 * larger than the map is the map, and is not shifted.
 *
 * @param height of the map in tokens
 * @param window M
 * @param shift tokens, less than M
 * @param mlpRatio width between the layers of the MLP, in widths of the tokens
 */
public record SwinBlock(int height, int width, int heads, int window, int shift, int mlpRatio)
    implements Block.Single {
  public SwinBlock {
    require(
        0 <= shift && shift < window,
        "Swin: the shift (%d) is less than the window (%d), and not negative",
        shift,
        window);
    if (Math.min(height, width) <= window) {
      window = Math.min(height, width);
      shift = 0;
    }
    Windows.check(height, width, window);
  }

  /** With an MLP four times as wide as the tokens. */
  public SwinBlock(int height, int width, int heads, int window, int shift) {
    this(height, width, heads, window, shift, 4);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature map = Windows.map(n, n.layerNorm("norm1", x, Layers.EPSILON), height, width);
    Feature windows = Windows.split(n, rolled(n, map, -shift), window);
    Optional<Tensor> mask =
        shift == 0 ? Optional.empty() : Optional.of(SwinWindows.mask(height, width, window, shift));
    windows = n.block("attn", new WindowAttention(heads, window, mask), windows);
    Feature y = rolled(n, Windows.join(n, windows, window, height, width), shift);
    y = n.add(x, n.reshape(y, x.batch(), height * width, x.dim(2)));
    Feature normal = n.layerNorm("norm2", y, Layers.EPSILON);
    return n.add(y, n.block("mlp", new Mlp(mlpRatio * x.dim(2)), normal));
  }

  private static Feature rolled(Layers n, Feature map, int by) {
    return n.roll(n.roll(map, 1, by), 2, by);
  }
}
