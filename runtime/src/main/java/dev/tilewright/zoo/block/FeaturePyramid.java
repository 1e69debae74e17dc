package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Feature pyramid network (Lin et al. 2017, arXiv 1612.03144): maps of a backbone, from fine to
 * coarse, by 1x1 to the same channels; from the coarsest on each is enlarged and added to the next
 * finer one; a 3x3 on each. A further output is every second pixel of the coarsest.
 *
 * @param channels of all outputs
 */
public record FeaturePyramid(int channels) implements Block {
  /** With 256 channels. */
  public FeaturePyramid() {
    this(256);
  }

  @Override
  public List<Feature> apply(Layers n, List<Feature> maps) {
    require(!maps.isEmpty(), "FPN: there is at least one map");
    for (int i = 1; i < maps.size(); i++) {
      require(
          maps.get(i - 1).height() >= maps.get(i).height()
              && maps.get(i - 1).width() >= maps.get(i).width(),
          "FPN: maps are given from fine to coarse, not %s after %s",
          maps.get(i).shape(),
          maps.get(i - 1).shape());
    }
    List<Feature> merged = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      ConvSpec lateral = ConvSpec.of(channels, 1).bias(true);
      merged.add(n.conv("inner_blocks." + i + ".0", maps.get(i), lateral));
    }
    for (int i = maps.size() - 2; i >= 0; i--) {
      Feature fine = merged.get(i);
      Feature coarse = n.nearest(merged.get(i + 1), fine.height(), fine.width());
      merged.set(i, n.add(fine, coarse));
    }
    List<Feature> outputs = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      ConvSpec smooth = ConvSpec.of(channels, 3).bias(true);
      outputs.add(n.conv("layer_blocks." + i + ".0", merged.get(i), smooth));
    }
    outputs.add(n.maxPool(outputs.getLast(), PoolSpec.of(1).stride(2)));
    return outputs;
  }
}
