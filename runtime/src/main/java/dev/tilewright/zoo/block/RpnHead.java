package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * What a region proposal network (Ren et al. 2015, arXiv 1506.01497) says about the anchors at each
 * place of its maps, with the same weights for all maps: a 3x3, then for each anchor by 1x1 a logit
 * for an object, and the four numbers of its box. The logits of all maps come first.
 *
 * @param anchors at each place
 */
public record RpnHead(int anchors) implements Block {
  public RpnHead {
    require(anchors > 0, "RPN: there is at least one anchor at a place, not %d", anchors);
  }

  @Override
  public List<Feature> apply(Layers n, List<Feature> maps) {
    Layers same = n.shared();
    ConvSpec each = ConvSpec.of(anchors, 1).bias(true);
    List<Feature> logits = new ArrayList<>();
    List<Feature> boxes = new ArrayList<>();
    for (Feature map : maps) {
      ConvSpec wide = ConvSpec.of(map.channels(), 3).bias(true);
      Feature y = same.relu(same.conv("conv.0.0", map, wide));
      logits.add(same.conv("cls_logits", y, each));
      boxes.add(same.conv("bbox_pred", y, each.to(4 * anchors)));
    }
    logits.addAll(boxes);
    return logits;
  }
}
