package dev.tilewright.zoo;

import dev.tilewright.zoo.algorithm.Anchors;
import dev.tilewright.zoo.block.BoxHead;
import dev.tilewright.zoo.block.Detections;
import dev.tilewright.zoo.block.FeaturePyramid;
import dev.tilewright.zoo.block.RegionProposals;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.network.RegionCnn;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** An R-CNN of a few channels, as the fixtures have it: normalisations are in its filters. */
public final class TinyDetector {
  private static final int[] WIDTHS = {8, 12, 16, 24};

  private TinyDetector() {}

  /** What the fixtures leave of boxes; nothing else decides about them. */
  public static RegionCnn of(int classes, Optional<RegionCnn.More> more) {
    return of(classes, new Detections(0.1f, 0.5, 8), more);
  }

  public static RegionCnn of(int classes, Detections detections, Optional<RegionCnn.More> more) {
    Anchors anchors = new Anchors(List.of(16, 32, 64, 128, 256), List.of(0.5, 1.0, 2.0));
    return new RegionCnn(
        TinyDetector::backbone,
        new RegionProposals(anchors, 60, 30, 0.7),
        new BoxHead(48, classes),
        detections,
        more);
  }

  private static List<Feature> backbone(Layers n, List<Feature> images) {
    ConvSpec stem = ConvSpec.of(WIDTHS[0], 3).stride(2).bias(true);
    Feature y = n.relu(n.conv("stem.0", images.getFirst(), stem));
    y = n.relu(n.conv("stem.1", y, stem));
    List<Feature> maps = new ArrayList<>();
    for (int i = 0; i < WIDTHS.length; i++) {
      y = stage(n.in("l." + i), y, WIDTHS[i], i == 0 ? 1 : 2);
      maps.add(y);
    }
    return n.block("fpn", new FeaturePyramid(16), maps);
  }

  private static Feature stage(Layers n, Feature x, int channels, int stride) {
    ConvSpec conv = ConvSpec.of(channels, 3).bias(true);
    Feature y = n.conv("b", n.relu(n.conv("a", x, conv.stride(stride))), conv);
    Feature shortcut = stride == 1 ? x : n.conv("down", x, conv.kernel(1, 1).stride(stride));
    return n.relu(n.add(y, shortcut));
  }
}
