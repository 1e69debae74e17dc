package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.block.HighResolutionModule;
import dev.tilewright.zoo.block.HighResolutionModule.Enlarge;
import dev.tilewright.zoo.block.Residual;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * HRNetV2 (Wang et al. 2020, arXiv 1908.07919), which labels pixels: a stem to a quarter of the
 * size, bottlenecks, then stages of two, three and four resolutions that exchange what they have; a
 * head over all of them. Scores are enlarged to the size of the image.
 *
 * @param stem channels of the stem, and of the bottlenecks' 3x3
 * @param bottlenecks how many
 * @param width channels of the highest resolution; each lower one has twice those of the one before
 * @param modules in each stage
 * @param blocks at each resolution of a module
 */
public record HighResolutionNet(
    int stem, int bottlenecks, int width, List<Integer> modules, int blocks, int classes)
    implements Block.Single {
  public HighResolutionNet {
    require(
        !modules.isEmpty() && modules.stream().allMatch(count -> count > 0),
        "HRNet: each stage has at least one module, not %s",
        modules);
  }

  /** W18-small (version 2), which refines boundaries in BPR (arXiv 2104.05239). */
  public static HighResolutionNet small(int classes) {
    return new HighResolutionNet(64, 2, 18, List.of(1, 3, 2), 2, classes);
  }

  /** As published with W18, W32 and W48. */
  public static HighResolutionNet of(int width, int classes) {
    return new HighResolutionNet(64, 4, width, List.of(1, 4, 3), 4, classes);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int least = 4 << modules.size();
    require(
        x.height() % least == 0 && x.width() % least == 0,
        "HRNet: height and width are multiples of %d, not %dx%d",
        least,
        x.height(),
        x.width());
    Feature y = n.convBnRelu("1", x, ConvSpec.of(stem, 3).stride(2));
    y = n.convBnRelu("2", y, ConvSpec.of(stem, 3).stride(2));
    for (int i = 0; i < bottlenecks; i++) {
      y = n.block("layer1." + i, Residual.bottleneck(stem, 1), y);
    }
    List<Feature> branches = List.of(y);
    for (int stage = 0; stage < modules.size(); stage++) {
      branches = transition(n.in("transition" + (stage + 1)), branches);
      for (int i = 0; i < modules.get(stage); i++) {
        HighResolutionModule module = new HighResolutionModule(blocks, Enlarge.BILINEAR);
        branches = n.block("stage" + (stage + 2) + "." + i, module, branches);
      }
    }
    Feature scores = head(n, branches);
    return n.bilinear(scores, x.height(), x.width(), false);
  }

  /** One resolution more: half of the lowest. What has its channels already stays as it is. */
  private List<Feature> transition(Layers n, List<Feature> branches) {
    List<Feature> wider = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      Feature y = branches.get(i);
      ConvSpec same = ConvSpec.of(width << i, 3);
      boolean fits = y.channels() == same.cout();
      wider.add(fits ? y : n.relu(n.convThenBn(String.valueOf(i), y, same)));
    }
    int last = branches.size();
    ConvSpec half = ConvSpec.of(width << last, 3).stride(2);
    wider.add(n.relu(n.convThenBn(last + ".0", branches.getLast(), half)));
    return wider;
  }

  private Feature head(Layers n, List<Feature> branches) {
    Feature first = branches.getFirst();
    List<Feature> all = new ArrayList<>(List.of(first));
    for (Feature branch : branches.subList(1, branches.size())) {
      all.add(n.bilinear(branch, first.height(), first.width(), false));
    }
    Feature y = n.concat(1, all);
    y = n.relu(n.convThenBn("last_layer", y, ConvSpec.of(y.channels(), 1).bias(true)));
    return n.conv("last_layer.3", y, ConvSpec.of(classes, 1).bias(true));
  }
}
