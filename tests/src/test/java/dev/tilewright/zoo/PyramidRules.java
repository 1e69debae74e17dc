package dev.tilewright.zoo;

import static dev.tilewright.zoo.Mistake.broken;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.block.FeaturePyramid;
import dev.tilewright.zoo.block.HighResolutionModule;
import dev.tilewright.zoo.block.ShiftMlp;
import dev.tilewright.zoo.network.HighResolutionNet;
import dev.tilewright.zoo.network.UNeXt;
import java.util.List;

/** Rules of networks on several resolutions. */
final class PyramidRules {
  private static final Shape SIX = Shape.of(1, 6, 8, 8);

  static final List<Mistake> ALL =
      List.of(
          broken("number of shifts is odd", () -> new ShiftMlp(3, 3, 6, 4, ShiftMlp.Order.CODE)),
          broken("five stages, not 2", () -> new UNeXt(List.of(8, 16), ShiftMlp.Order.CODE, 1)),
          broken("UNeXt: height and width are multiples of 32, not 8x8", UNeXt::released, SIX),
          broken(
              "HRNet: height and width are multiples of 32", () -> HighResolutionNet.small(2), SIX),
          broken(
              "at least one module, not [0]",
              () -> new HighResolutionNet(8, 1, 4, List.of(0), 1, 2)),
          broken(
              "a branch has half the size of the one before",
              () -> new HighResolutionModule(1, HighResolutionModule.Enlarge.NEAREST),
              SIX,
              SIX),
          broken(
              "maps are given from fine to coarse",
              FeaturePyramid::new,
              SIX,
              Shape.of(1, 6, 16, 16)),
          broken("there is at least one map", FeaturePyramid::new));

  private PyramidRules() {}
}
