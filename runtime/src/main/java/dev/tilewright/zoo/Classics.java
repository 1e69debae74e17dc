package dev.tilewright.zoo;

import static dev.tilewright.zoo.Zoo.line;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.Zoo.Entry;
import dev.tilewright.zoo.block.Residual;
import dev.tilewright.zoo.network.ResNet;
import java.util.List;

/** Classifiers since AlexNet, and the blocks they are made of. */
final class Classics {
  private static final Shape IMAGENET = Shape.of(1, 3, 224, 224);

  static final List<Entry> BLOCKS =
      List.of(
          line("bottleneck", Shape.of(1, 128, 28, 28), () -> Residual.bottleneck(32, 1))
              .from("1512.03385", "residual 1x1, 3x3, 1x1"));

  static final List<Entry> NETWORKS =
      List.of(
          line("resnet18", IMAGENET, () -> ResNet.basic(2, 2, 2, 2))
              .from("1512.03385", "residual network"),
          line("resnet34", IMAGENET, () -> ResNet.basic(3, 4, 6, 3))
              .from("1512.03385", "residual network"),
          line("resnet50", IMAGENET, () -> ResNet.bottleneck(3, 4, 6, 3))
              .from("1512.03385", "residual network of bottlenecks"),
          line("resnet101", IMAGENET, () -> ResNet.bottleneck(3, 4, 23, 3))
              .from("1512.03385", "residual network of bottlenecks"),
          line("resnet152", IMAGENET, () -> ResNet.bottleneck(3, 8, 36, 3))
              .from("1512.03385", "residual network of bottlenecks"));

  private Classics() {}
}
