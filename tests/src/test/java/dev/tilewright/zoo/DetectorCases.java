package dev.tilewright.zoo;

import dev.tilewright.zoo.block.BoxHead;
import dev.tilewright.zoo.block.KeypointHead;
import dev.tilewright.zoo.block.MaskHead;
import dev.tilewright.zoo.block.RpnHead;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.network.RegionCnn;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Networks that find objects, and their heads. */
final class DetectorCases {
  static final Map<String, Function<FixtureCase, Block>> BUILDERS =
      Map.ofEntries(
          Map.entry("detect/rpn_head", c -> new RpnHead(c.integer("anchors"))),
          Map.entry("detect/box_head", c -> new BoxHead(32, c.integer("classes"))),
          Map.entry("detect/mask_head", c -> new MaskHead(c.integer("classes"))),
          Map.entry("detect/keypoint_head", c -> new KeypointHead(17, 8)),
          Map.entry("network/faster_rcnn", c -> detector(c, Optional.empty())),
          Map.entry(
              "network/mask_rcnn",
              c -> detector(c, Optional.of(RegionCnn.masks(c.integer("classes"))))));

  private DetectorCases() {}

  /** The fixtures have one image without a batch. */
  private static Block detector(FixtureCase c, Optional<RegionCnn.More> more) {
    RegionCnn network = TinyDetector.of(c.integer("classes"), more);
    return (n, inputs) -> {
      Feature x = inputs.getFirst();
      return network.apply(n, List.of(n.reshape(x, 1, x.dim(0), x.dim(1), x.dim(2))));
    };
  }
}
