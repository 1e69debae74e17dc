package dev.tilewright.zoo;

import dev.tilewright.zoo.block.Residual;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.network.ResNet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Classifiers since AlexNet, and the blocks they are made of. */
final class ClassicCases {
  static final Map<String, Function<FixtureCase, Block>> BUILDERS =
      Map.ofEntries(
          Map.entry(
              "network/resnet34", c -> new ResNet(List.of(3, 4, 6, 3), 8, Residual::basic, 10)),
          Map.entry(
              "network/resnet50",
              c -> new ResNet(List.of(3, 4, 6, 3), 8, Residual::bottleneck, 10)));

  private ClassicCases() {}
}
