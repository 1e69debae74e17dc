package dev.tilewright.zoo;

import static dev.tilewright.zoo.Zoo.line;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.Zoo.Entry;
import dev.tilewright.zoo.block.ConvNeXtBlock;
import dev.tilewright.zoo.block.DenseLayer;
import dev.tilewright.zoo.block.FactorizedInception;
import dev.tilewright.zoo.block.InceptionModule;
import dev.tilewright.zoo.block.InceptionModule.Wide;
import dev.tilewright.zoo.block.InceptionV4Blocks;
import dev.tilewright.zoo.block.Residual;
import dev.tilewright.zoo.network.AlexNet;
import dev.tilewright.zoo.network.ConvNeXt;
import dev.tilewright.zoo.network.DenseNet;
import dev.tilewright.zoo.network.GoogLeNet;
import dev.tilewright.zoo.network.InceptionV3;
import dev.tilewright.zoo.network.InceptionV4;
import dev.tilewright.zoo.network.ResNet;
import dev.tilewright.zoo.network.Vgg;
import java.util.List;

/**
 * Classifiers since AlexNet, and the blocks they are made of. What torchvision has, has its name,
 * with hyphens, and its shapes.
 */
final class Classics {
  private static final Shape IMAGENET = Shape.of(1, 3, 224, 224);
  private static final Shape LARGE = Shape.of(1, 3, 299, 299);

  static final List<Entry> BLOCKS =
      List.of(
          line("bottleneck", image(128, 28), () -> Residual.bottleneck(32, 1))
              .from("1512.03385", "residual 1x1, 3x3, 1x1", Target.work()),
          line("inception-v1-module", image(192, 28), () -> module(Wide.FIVE, true))
              .from("1409.4842", "1x1, 3x3, 5x5 and a pool beside each other", Target.work()),
          line("inception-v2-fig5", image(192, 28), () -> module(Wide.TWO_THREES, false))
              .from("1512.00567", "the same with two 3x3 for the 5x5", Target.work()),
          line("inception-v2-fig6", image(768, 17), () -> FactorizedInception.figure6(128, 192, 7))
              .from("1512.00567", "1x7 and 7x1 for 7x7", Target.work()),
          line(
                  "inception-v2-fig7",
                  image(1280, 8),
                  () -> FactorizedInception.figure7(320, 448, 384, 192))
              .from("1512.00567", "1x3 beside 3x1", Target.work()),
          line("inception-v4-stem", LARGE, () -> new InceptionV4Blocks(1).stem())
              .from("1602.07261", "from 299x299 to 35x35", Target.work()),
          line(
                  "inception-resnet-block",
                  image(1152, 17),
                  () -> new InceptionV4Blocks(1).residualB())
              .from("1602.07261", "residual 1x1 beside 1x7 and 7x1", Target.work()),
          line("dense-layer", image(128, 28), () -> new DenseLayer(32))
              .from("1608.06993", "32 channels more, from all those before", Target.work()),
          line("convnext-block", image(96, 56), ConvNeXtBlock::new)
              .from(
                  "2201.03545",
                  "residual depthwise 7x7, two layers for each pixel",
                  Target.work()));

  static final List<Entry> NETWORKS =
      List.of(
          line("alexnet", IMAGENET, AlexNet::new)
              .from("NIPS 2012", "with response normalisation and two groups"),
          line("vgg11", IMAGENET, () -> Vgg.of(1, 1, 2, 2, 2)).from("1409.1556", "3x3 in stages"),
          line("vgg13", IMAGENET, () -> Vgg.of(2, 2, 2, 2, 2)).from("1409.1556", "3x3 in stages"),
          line("vgg16", IMAGENET, () -> Vgg.of(2, 2, 3, 3, 3)).from("1409.1556", "3x3 in stages"),
          line("vgg19", IMAGENET, () -> Vgg.of(2, 2, 4, 4, 4)).from("1409.1556", "3x3 in stages"),
          line("vgg16-bn", IMAGENET, () -> Vgg.of(2, 2, 3, 3, 3).withNormalisation())
              .from("1409.1556", "3x3 in stages, normalised"),
          line("googlenet", IMAGENET, () -> new GoogLeNet(GoogLeNet.Form.NORMALISED))
              .from("1409.4842", "Inception v1 as torchvision has it"),
          line("inception-v1", IMAGENET, () -> new GoogLeNet(GoogLeNet.Form.V1))
              .from("1409.4842", "GoogLeNet as published"),
          line("inception-v2", IMAGENET, () -> new GoogLeNet(GoogLeNet.Form.V2))
              .from("1512.00567", "normalised modules, two 3x3 for 5x5"),
          line("inception-v3", LARGE, InceptionV3::new)
              .from("1512.00567", "factorised filters, parallel reductions"),
          line("inception-v4", LARGE, InceptionV4::v4).from("1602.07261", "deeper, of few modules"),
          line("inception-resnet-v2", LARGE, InceptionV4::resnetV2)
              .from("1602.07261", "residual modules, as in the paper"),
          line("resnet18", IMAGENET, () -> ResNet.basic(2, 2, 2, 2))
              .from("1512.03385", "residual network"),
          line("resnet34", IMAGENET, () -> ResNet.basic(3, 4, 6, 3))
              .from("1512.03385", "residual network"),
          line("resnet50", IMAGENET, () -> ResNet.bottleneck(3, 4, 6, 3))
              .from("1512.03385", "residual network of bottlenecks"),
          line("resnet101", IMAGENET, () -> ResNet.bottleneck(3, 4, 23, 3))
              .from("1512.03385", "residual network of bottlenecks"),
          line("resnet152", IMAGENET, () -> ResNet.bottleneck(3, 8, 36, 3))
              .from("1512.03385", "residual network of bottlenecks"),
          line("resnext50-32x4d", IMAGENET, () -> ResNet.next(32, 4, 3, 4, 6, 3))
              .from("1611.05431", "residual network of grouped 3x3"),
          line("resnext101-32x8d", IMAGENET, () -> ResNet.next(32, 8, 3, 4, 23, 3))
              .from("1611.05431", "residual network of grouped 3x3"),
          line("densenet121", IMAGENET, () -> DenseNet.of(32, 6, 12, 24, 16))
              .from("1608.06993", "every layer sees all before it"),
          line("densenet161", IMAGENET, () -> DenseNet.of(48, 6, 12, 36, 24))
              .from("1608.06993", "every layer sees all before it"),
          line("densenet169", IMAGENET, () -> DenseNet.of(32, 6, 12, 32, 32))
              .from("1608.06993", "every layer sees all before it"),
          line("densenet201", IMAGENET, () -> DenseNet.of(32, 6, 12, 48, 32))
              .from("1608.06993", "every layer sees all before it"),
          line("convnext-tiny", IMAGENET, () -> ConvNeXt.of(96, 3, 3, 9, 3))
              .from("2201.03545", "residual network after transformers"),
          line("convnext-small", IMAGENET, () -> ConvNeXt.of(96, 3, 3, 27, 3))
              .from("2201.03545", "residual network after transformers"));

  private Classics() {}

  private static Shape image(int channels, int size) {
    return Shape.of(1, channels, size, size);
  }

  private static InceptionModule module(Wide wide, boolean bias) {
    return new InceptionModule(64, 96, 128, 16, 32, 32, wide, bias);
  }
}
