package dev.tilewright.zoo;

import static dev.tilewright.zoo.Mistake.broken;
import static java.lang.Double.NaN;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.block.Branches;
import dev.tilewright.zoo.block.ConvUnit;
import dev.tilewright.zoo.block.InceptionModule;
import dev.tilewright.zoo.block.InceptionResidual;
import dev.tilewright.zoo.block.InvertedResidual;
import dev.tilewright.zoo.block.RegNetBlock;
import dev.tilewright.zoo.block.ShuffleUnit;
import dev.tilewright.zoo.block.SqueezeExcitation;
import dev.tilewright.zoo.block.Ulsam;
import dev.tilewright.zoo.network.AnyNet;
import dev.tilewright.zoo.network.AnyNet.Stage;
import dev.tilewright.zoo.network.EfficientNet;
import dev.tilewright.zoo.network.InceptionV4;
import dev.tilewright.zoo.network.MobileNet;
import dev.tilewright.zoo.network.RegNet;
import dev.tilewright.zoo.network.RepVgg;
import dev.tilewright.zoo.network.ResNet;
import dev.tilewright.zoo.network.ShuffleNetV2;
import java.util.List;

/** Rules of classifiers and their blocks. */
final class ClassifierRules {
  private static final Shape SIX = Shape.of(1, 6, 8, 8);

  static final List<Mistake> ALL =
      List.of(
          broken("ResNet: each stage has at least one block, not []", () -> ResNet.basic()),
          broken(
              "ShuffleNet: each stage has a width",
              () -> new ShuffleNetV2(8, List.of(1), List.of(), 8, 9)),
          broken(
              "Inception: there are modules of each size: 4, 0, 3",
              () -> new InceptionV4(1, false, 4, 0, 3, 10)),
          broken("channels are squeezed to at least one, not 0", () -> new SqueezeExcitation(0)),
          broken("the expansion t is at least 1, not 0", () -> InvertedResidual.mobile(6, 6, 1, 0)),
          broken("the filter's size is odd, not 4", () -> InvertedResidual.mbconv(6, 6, 4, 1, 6)),
          broken(
              "the group width (4) divides the channels of the 3x3 (6)",
              () -> new RegNetBlock(6, 1, 4, 1, 0)),
          broken("the squeeze ratio is 0 to 1, not NaN", () -> new RegNetBlock(8, 1, 4, 1, NaN)),
          broken(
              "w0 a multiple of 8, not wa 36.0, wm 2.5, w0 20",
              () -> new RegNet(13, 20, 36, 2.5, 8).x()),
          broken("wm > 1", () -> new RegNet(13, 24, 36, 1, 8).x()),
          broken(
              "a stage has at least one block, not 0",
              () -> new AnyNet(8, List.of(new Stage(0, 8, 4, 1)), 0, 10)),
          broken(
              "the width multiplier is above 0, and at most 64.0, not NaN",
              () -> MobileNet.v2(NaN, 10)),
          broken("there are B0 to B7, no B8", () -> EfficientNet.b(8).network(10)),
          broken("both halves have the same number of channels", () -> new ShuffleUnit(7, 1)),
          broken(
              "a unit without a stride keeps its channels: 6, not 8",
              () -> new ShuffleUnit(8, 1),
              SIX),
          broken(
              "each branch of an inception module has channels: 4, 0-4, 4-4, 4",
              () -> new InceptionModule(4, 0, 4, 4, 4, 4, InceptionModule.Wide.FIVE, true)),
          broken(
              "residuals are scaled by 0 to 1, not 1.5",
              () -> new InceptionResidual(Branches.of(ConvUnit.of(4, 1)), 1.5)),
          broken(
              "there are blocks 0 to 12, not 13",
              () -> MobileNet.v1Logits(0.25, 10).with(new Ulsam(), 13)),
          broken(
              "the depthwise filter has at least one channel, not 0",
              () -> InvertedResidual.mbconv(0, 6, 3, 1, 6)),
          broken(
              "multipliers are above 0, not NaN and 1.0",
              () -> new EfficientNet(NaN, 1, 224).network(10)),
          broken(
              "a group has at least one channel, not 0", () -> new RegNet(13, 24, 36, 2.5, 0).x()),
          broken(
              "there are widths for the stem and each stage",
              () -> new RepVgg(List.of(1, 1), List.of(8), 1, 10)));

  private ClassifierRules() {}
}
