package dev.tilewright.zoo;

import dev.tilewright.zoo.block.Branches;
import dev.tilewright.zoo.block.ConvUnit;
import dev.tilewright.zoo.block.DenseLayer;
import dev.tilewright.zoo.block.DenseTransition;
import dev.tilewright.zoo.block.FactorizedInception;
import dev.tilewright.zoo.block.InceptionModule;
import dev.tilewright.zoo.block.InceptionModule.Wide;
import dev.tilewright.zoo.block.InceptionResidual;
import dev.tilewright.zoo.block.InceptionV4Blocks;
import dev.tilewright.zoo.block.Residual;
import dev.tilewright.zoo.block.Sequence;
import dev.tilewright.zoo.block.SqueezeExcitation;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.network.AlexNet;
import dev.tilewright.zoo.network.DenseNet;
import dev.tilewright.zoo.network.GoogLeNet;
import dev.tilewright.zoo.network.InceptionV3;
import dev.tilewright.zoo.network.InceptionV4;
import dev.tilewright.zoo.network.ResNet;
import dev.tilewright.zoo.network.Vgg;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Classifiers since AlexNet, and the blocks they are made of. */
final class ClassicCases {
  static final Map<String, Function<FixtureCase, Block>> BUILDERS =
      Map.ofEntries(
          Map.entry("block/residual_block", ClassicCases::residual),
          Map.entry("block/inception_v1_module", c -> module(Wide.FIVE, true)),
          Map.entry("block/inception_v2_fig5", c -> module(Wide.TWO_THREES, false)),
          Map.entry("block/inception_v2_fig6", c -> FactorizedInception.figure6(7, 7, 7)),
          Map.entry("block/inception_v2_fig7", c -> FactorizedInception.figure7(7, 7, 7, 7)),
          Map.entry("block/dense_layer", ClassicCases::dense),
          Map.entry("block/inception_v4_stem", c -> new InceptionV4Blocks(1 / 16.0).stem()),
          Map.entry("block/inception_resnet_block", c -> new InceptionResidual(branches(), 0.1)),
          Map.entry("network/alexnet_lrn", c -> new AlexNet(1 / 8.0, List.of(), 10)),
          Map.entry(
              "network/vgg16",
              c -> new Vgg(List.of(2, 2, 3, 3, 3), 4, false, Layers::conv, 48, 10)),
          Map.entry("network/inception_v1", c -> new GoogLeNet(GoogLeNet.Form.V1, 1 / 8.0, 10)),
          Map.entry("network/inception_v2", c -> new GoogLeNet(GoogLeNet.Form.V2, 1 / 8.0, 10)),
          Map.entry(
              "network/inception_v3",
              c ->
                  new InceptionV3(
                      1 / 8.0, List.of(32, 64), List.of(128, 160), 1, Layers.EPSILON, 10)),
          Map.entry("network/inception_v4", c -> new InceptionV4(1 / 8.0, false, 1, 2, 1, 10)),
          Map.entry(
              "network/inception_resnet_v2", c -> new InceptionV4(1 / 8.0, true, 1, 2, 1, 10)),
          Map.entry(
              "network/resnet34", c -> new ResNet(List.of(3, 4, 6, 3), 8, Residual::basic, 10)),
          Map.entry(
              "network/resnet50",
              c -> new ResNet(List.of(3, 4, 6, 3), 8, Residual::bottleneck, 10)),
          Map.entry("network/resnext", c -> new ResNet(List.of(1, 1, 1), 8, next(), 10)),
          Map.entry("network/densenet", c -> new DenseNet(16, 8, List.of(2, 2, 2, 2), 10)));

  private ClassicCases() {}

  private static Block residual(FixtureCase c) {
    int stride = c.integer("stride", 1);
    int cout = c.size("outputs", 0, 1);
    return switch (c.name().substring(0, c.name().indexOf('_'))) {
      case "basic" -> Residual.basic(cout, stride);
      case "bottleneck" -> Residual.bottleneck(cout / 4, stride);
      case "resnext" -> Residual.grouped(cout / 4, cout, stride, c.integer("groups"));
      case "se" ->
          Residual.bottleneck(cout / 4, stride).then("se", new SqueezeExcitation(cout / 8));
      default -> throw new AssertionError(c.name());
    };
  }

  private static InceptionModule module(Wide wide, boolean bias) {
    return new InceptionModule(8, 6, 10, 4, 6, 5, wide, bias);
  }

  private static Branches branches() {
    return Branches.of(
        ConvUnit.of(6, 1),
        Sequence.of(ConvUnit.of(4, 1), ConvUnit.of(5, 1, 7), ConvUnit.of(6, 7, 1)));
  }

  private static Block dense(FixtureCase c) {
    DenseLayer layer = new DenseLayer(c.integer("growth"));
    return Sequence.of(layer, layer, new DenseTransition());
  }

  /** Stages of 16, 32 and 48 channels in four groups. */
  private static ResNet.Unit next() {
    Map<Integer, Integer> widths = Map.of(8, 16, 16, 32, 32, 48);
    return (planes, stride) ->
        Residual.grouped(widths.get(planes), 2 * widths.get(planes), stride, 4);
  }
}
