package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * Module of HRNet (Wang et al. 2020, arXiv 1908.07919): residual blocks at each resolution, then
 * each resolution gets the sum of all: from coarser ones by a 1x1 and enlarging, from finer ones by
 * 3x3 with stride 2.
 *
 * @param blocks at each resolution
 */
public record HighResolutionModule(int blocks, Enlarge enlarge) implements Block {
  /** How coarser maps are enlarged. */
  public enum Enlarge {
    NEAREST,
    /** As in HRNetV2. */
    BILINEAR
  }

  @Override
  public List<Feature> apply(Layers n, List<Feature> maps) {
    for (int i = 1; i < maps.size(); i++) {
      require(
          maps.get(i - 1).height() == 2 * maps.get(i).height()
              && maps.get(i - 1).width() == 2 * maps.get(i).width(),
          "HRNet: a branch has half the size of the one before, not %s after %s",
          maps.get(i).shape(),
          maps.get(i - 1).shape());
    }
    List<Feature> branches = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      Feature y = maps.get(i);
      for (int j = 0; j < blocks; j++) {
        y = n.block("branches." + i + "." + j, Residual.basic(y.channels(), 1), y);
      }
      branches.add(y);
    }
    List<Feature> fused = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      List<Feature> terms = new ArrayList<>();
      for (int j = 0; j < maps.size(); j++) {
        terms.add(term(n, branches, j, i));
      }
      fused.add(n.relu(n.sum(terms)));
    }
    return fused;
  }

  /** A branch with the size and the channels of another one. */
  private Feature term(Layers n, List<Feature> branches, int from, int to) {
    Feature y = branches.get(from);
    Feature like = branches.get(to);
    String name = "fuse_layers." + to + "." + from;
    if (from > to) {
      y = n.convThenBn(name, y, ConvSpec.of(like.channels(), 1));
      return enlarge == Enlarge.NEAREST
          ? n.nearest(y, like.height(), like.width())
          : n.bilinear(y, like.height(), like.width(), false);
    }
    for (int step = 0; step < to - from; step++) {
      boolean last = step == to - from - 1;
      ConvSpec half = ConvSpec.of(last ? like.channels() : y.channels(), 3).stride(2);
      y = n.convThenBn(name + "." + step, y, half);
      y = last ? y : n.relu(y);
    }
    return y;
  }
}
