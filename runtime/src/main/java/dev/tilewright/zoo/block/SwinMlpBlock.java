package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Block of Swin-MLP (Liu et al. 2021, released with the Swin transformer, arXiv 2103.14030): the
 * tokens of a window are mixed by one matrix for each head, then comes an MLP, each normalised
 * before and added. A shifted one has a window more in each direction, over zeros around the map. A
 * window that would be larger than the map is the map, and is not shifted.
 *
 * @param height of the map in tokens
 * @param window M
 * @param shift tokens, less than M
 * @param mlpRatio width between the layers of the MLP, in widths of the tokens
 */
public record SwinMlpBlock(int height, int width, int heads, int window, int shift, int mlpRatio)
    implements Block.Single {
  public SwinMlpBlock {
    require(
        0 <= shift && shift < window,
        "Swin-MLP: the shift (%d) is less than the window (%d), and not negative",
        shift,
        window);
    require(heads > 0, "Swin-MLP: there is at least one head, not %d", heads);
    if (Math.min(height, width) <= window) {
      window = Math.min(height, width);
      shift = 0;
    }
    Windows.check(height, width, window);
  }

  /** With an MLP four times as wide as the tokens. */
  public SwinMlpBlock(int height, int width, int heads, int window, int shift) {
    this(height, width, heads, window, shift, 4);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int dim = x.dim(2);
    require(dim % heads == 0, "Swin-MLP: heads (%d) divide the channels (%d)", heads, dim);
    Feature map = Windows.map(n, n.layerNorm("norm1", x, Layers.EPSILON), height, width);
    Feature y = shift == 0 ? mixed(n, map) : shifted(n, map);
    y = n.add(x, n.reshape(y, x.batch(), height * width, dim));
    Feature normal = n.layerNorm("norm2", y, Layers.EPSILON);
    return n.add(y, n.block("mlp", new Mlp(mlpRatio * dim), normal));
  }

  private Feature shifted(Layers n, Feature map) {
    int before = window - shift;
    Feature wide = n.pad(n.pad(map, 1, before, shift), 2, before, shift);
    Feature y = n.slice(mixed(n, wide), 1, before, before + height);
    return n.slice(y, 2, before, before + width);
  }

  /** A 1x1 convolution in groups, whose channels are the tokens of a window for each head. */
  private Feature mixed(Layers n, Feature map) {
    Feature windows = Windows.split(n, map, window);
    int count = windows.batch();
    int tokens = window * window;
    int d = windows.dim(2) / heads;
    Feature y = n.transpose(n.reshape(windows, count, tokens, heads, d), 0, 2, 1, 3);
    ConvSpec mix = ConvSpec.of(heads * tokens, 1).groups(heads).bias(true);
    y = n.conv("spatial_mlp", n.reshape(y, count, heads * tokens, d, 1), mix);
    y = n.transpose(n.reshape(y, count, heads, tokens, d), 0, 2, 1, 3);
    y = n.reshape(y, count, tokens, heads * d);
    return Windows.join(n, y, window, map.dim(1), map.dim(2));
  }
}
