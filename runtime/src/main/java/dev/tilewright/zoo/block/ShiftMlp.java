package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * Shifted MLP of UNeXt (Valanarasu and Patel 2022, arXiv 2203.04967) for the tokens of a map: the
 * channels in as many parts as shifts, each moved by its own number of pixels along one axis, a
 * matrix, a depthwise 3x3, GELU, the same shifts along the other axis, a matrix back to the width
 * of x. Zeros move in.
 *
 * @param height of the map in tokens
 * @param hidden width between the matrices
 * @param shifts odd: pixels from -shifts/2 to shifts/2
 */
public record ShiftMlp(int height, int width, int hidden, int shifts, Order order)
    implements Block.Single {
  /** Along which axis channels are shifted first; text and released code differ. */
  public enum Order {
    /** As the authors' code: along the height, then along the width. */
    CODE,
    /** As the paper's text: along the width, then along the height. */
    PAPER
  }

  public ShiftMlp {
    require(
        shifts > 0 && shifts % 2 == 1,
        "UNeXt: the number of shifts is odd, to have a middle, not %d",
        shifts);
  }

  /** Five shifts, in the order of the released code. */
  public ShiftMlp(int height, int width, int hidden) {
    this(height, width, hidden, 5, Order.CODE);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int first = order == Order.CODE ? 2 : 3;
    Feature y = shifted(n, Windows.image(n, x, height, width), first);
    y = n.linear("fc1", PatchEmbed.tokens(n, y), hidden);
    ConvSpec depthwise = ConvSpec.of(hidden, 3).groups(hidden).bias(true);
    y = n.gelu(n.conv("dwconv.dwconv", Windows.image(n, y, height, width), depthwise));
    return n.linear("fc2", PatchEmbed.tokens(n, shifted(n, y, 5 - first)), x.dim(2));
  }

  /**
   * An image whose channels are shifted along an axis. Parts are as PyTorch's chunk makes them: the
   * last may be smaller, and some may be missing.
   */
  public Feature shifted(Layers n, Feature map, int axis) {
    int channels = map.channels();
    int part = Math.ceilDiv(channels, shifts);
    List<Feature> parts = new ArrayList<>();
    for (int from = 0; from < channels; from += part) {
      Feature one = n.slice(map, 1, from, Math.min(from + part, channels));
      parts.add(moved(n, one, axis, parts.size() - shifts / 2));
    }
    return n.concat(1, parts);
  }

  private static Feature moved(Layers n, Feature map, int axis, int by) {
    int size = map.dim(axis);
    if (by == 0) {
      return map;
    }
    int from = Math.max(-by, 0);
    return n.slice(n.pad(map, axis, Math.max(by, 0), from), axis, from, from + size);
  }
}
