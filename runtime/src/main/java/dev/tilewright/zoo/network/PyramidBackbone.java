package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.block.FeaturePyramid;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * The maps of a feature pyramid over the stages of a residual network (Lin et al. 2017, arXiv
 * 1612.03144), whose normalisations are not trained any more.
 */
public record PyramidBackbone(ResNet body, FeaturePyramid pyramid) implements Block {
  @Override
  public List<Feature> apply(Layers n, List<Feature> images) {
    require(images.size() == 1, "a backbone takes images as one value, not %d", images.size());
    List<Feature> stages = body.stages(n.in("body").frozen(), images.getFirst());
    return n.block("fpn", pyramid, stages);
  }
}
