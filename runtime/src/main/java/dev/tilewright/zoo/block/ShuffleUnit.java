package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * ShuffleNet v2's unit (Ma et al. 2018, arXiv 1807.11164): half of the channels pass, the others go
 * through 1x1, depthwise 3x3, 1x1; then the channels of both alternate. With a stride, all channels
 * go both ways, the first without the first 1x1.
 */
public record ShuffleUnit(int cout, int stride) implements Block.Single {
  public ShuffleUnit {
    require(cout % 2 == 0, "both halves have the same number of channels, not of %d", cout);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    require(
        stride > 1 || x.channels() == cout,
        "a unit without a stride keeps its channels: %d, not %d",
        x.channels(),
        cout);
    Feature passed;
    Feature changed;
    if (stride > 1) {
      Layers first = n.in("branch1");
      passed = pointwise(first, 2, depthwise(first, 0, x));
      changed = x;
    } else {
      List<Feature> halves = n.chunk(x, 1, 2);
      passed = halves.get(0);
      changed = halves.get(1);
    }
    Layers second = n.in("branch2");
    changed = pointwise(second, 5, depthwise(second, 3, pointwise(second, 0, changed)));
    return alternating(n, n.concat(1, List.of(passed, changed)));
  }

  private Feature pointwise(Layers n, int place, Feature x) {
    return n.relu(normalised(n, place, x, ConvSpec.of(cout / 2, 1)));
  }

  private Feature depthwise(Layers n, int place, Feature x) {
    return normalised(
        n, place, x, ConvSpec.of(x.channels(), 3).stride(stride).groups(x.channels()));
  }

  /** By place among the layers of a branch, as torchvision names them. */
  private static Feature normalised(Layers n, int place, Feature x, ConvSpec spec) {
    return n.bn(String.valueOf(place + 1), n.conv(String.valueOf(place), x, spec));
  }

  /** The first channel of each half, the second of each, and so on. */
  public static Feature alternating(Layers n, Feature x) {
    int half = x.channels() / 2;
    Feature y = n.reshape(x, x.batch(), 2, half, x.height(), x.width());
    y = n.transpose(y, 0, 2, 1, 3, 4);
    return n.reshape(y, x.batch(), x.channels(), x.height(), x.width());
  }
}
