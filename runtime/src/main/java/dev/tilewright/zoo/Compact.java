package dev.tilewright.zoo;

import static dev.tilewright.zoo.Zoo.line;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.Zoo.Entry;
import dev.tilewright.zoo.block.Fire;
import dev.tilewright.zoo.block.InvertedResidual;
import dev.tilewright.zoo.block.RegNetBlock;
import dev.tilewright.zoo.block.ShuffleUnit;
import dev.tilewright.zoo.block.SqueezeExcitation;
import dev.tilewright.zoo.network.EfficientNet;
import dev.tilewright.zoo.network.MobileNet;
import dev.tilewright.zoo.network.RegNet;
import dev.tilewright.zoo.network.ShuffleNetV2;
import dev.tilewright.zoo.network.SqueezeNet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Classifiers made to be small, or found in a space of such; names as in {@link Classics}. */
final class Compact {
  private static final Shape IMAGENET = Shape.of(1, 3, 224, 224);

  static final List<Entry> BLOCKS =
      List.of(
          line("fire", image(128, 28), () -> new Fire(32, 128))
              .from("1602.07360", "SqueezeNet's 1x1, then 1x1 beside 3x3", Target.work()),
          line("inverted-residual", image(32, 28), () -> InvertedResidual.mobile(32, 32, 1, 6))
              .from("1801.04381", "MobileNetV2's 1x1, depthwise 3x3, 1x1", Target.work()),
          line("squeeze-excitation", image(128, 28), () -> new SqueezeExcitation(8))
              .from(
                  "1709.01507",
                  "channels scaled by what all their means say",
                  Target.copy().recorded(0.060)),
          line("mbconv", image(40, 28), () -> InvertedResidual.mbconv(40, 40, 5, 1, 6))
              .from("1905.11946", "EfficientNet's, with squeeze and excitation", Target.work()),
          line("regnet-x-block", image(168, 28), () -> new RegNetBlock(168, 1, 24, 1, 0))
              .from("2003.13678", "residual 1x1, grouped 3x3, 1x1", Target.work()),
          line("regnet-y-block", image(104, 28), () -> new RegNetBlock(104, 1, 8, 1, 0.25))
              .from("2003.13678", "the same with squeeze and excitation", Target.work()),
          line("shuffle-unit", image(116, 28), () -> new ShuffleUnit(116, 1))
              .from(
                  "1807.11164", "half of the channels convolved, then alternating", Target.work()));

  static final List<Entry> NETWORKS =
      Stream.of(mobile(), efficient(), regular()).flatMap(List::stream).toList();

  private Compact() {}

  private static Shape image(int channels, int size) {
    return Shape.of(1, channels, size, size);
  }

  private static List<Entry> mobile() {
    return List.of(
        line("squeezenet1-0", IMAGENET, SqueezeNet::v10).from("1602.07360", "fire modules"),
        line("squeezenet1-1", IMAGENET, SqueezeNet::v11).from("1602.07360", "fire modules"),
        line("mobilenet-v1", IMAGENET, () -> MobileNet.v1(1, 1000))
            .from("1704.04861", "depthwise separable convolutions"),
        line("mobilenet-v2", IMAGENET, () -> MobileNet.v2(1, 1000))
            .from("1801.04381", "inverted residuals"),
        line("mobilenet-v3-small", IMAGENET, MobileNet::v3Small)
            .from("1905.02244", "inverted residuals that were searched for"),
        line("mobilenet-v3-large", IMAGENET, MobileNet::v3Large)
            .from("1905.02244", "inverted residuals that were searched for"),
        line("mnasnet0-5", IMAGENET, () -> MobileNet.mnasnet(0.5))
            .from("1807.11626", "inverted residuals that were searched for"),
        line("mnasnet1-0", IMAGENET, () -> MobileNet.mnasnet(1))
            .from("1807.11626", "inverted residuals that were searched for"),
        line("shufflenet-v2-x0-5", IMAGENET, () -> ShuffleNetV2.of(48, 96, 192, 1024))
            .from("1807.11164", "halves of channels that alternate"),
        line("shufflenet-v2-x1-0", IMAGENET, () -> ShuffleNetV2.of(116, 232, 464, 1024))
            .from("1807.11164", "halves of channels that alternate"),
        line("shufflenet-v2-x2-0", IMAGENET, () -> ShuffleNetV2.of(244, 488, 976, 2048))
            .from("1807.11164", "halves of channels that alternate"));
  }

  private static List<Entry> efficient() {
    return IntStream.range(0, 8)
        .mapToObj(i -> {
          EfficientNet net = EfficientNet.b(i);
          Shape image = image(3, net.resolution());
          return line("efficientnet-b" + i, image, () -> net.network(1000))
              .from("1905.11946", "MBConv, scaled in width, depth and size");
        })
        .toList();
  }

  private static List<Entry> regular() {
    return List.of(
        x("400mf", new RegNet(22, 24, 24.48, 2.54, 16)),
        x("800mf", new RegNet(16, 56, 35.73, 2.28, 16)),
        x("1-6gf", new RegNet(18, 80, 34.01, 2.25, 24)),
        x("3-2gf", new RegNet(25, 88, 26.31, 2.25, 48)),
        x("8gf", new RegNet(23, 80, 49.56, 2.88, 120)),
        y("400mf", new RegNet(16, 48, 27.89, 2.09, 8)),
        y("800mf", new RegNet(14, 56, 38.84, 2.4, 16)),
        y("1-6gf", new RegNet(27, 48, 20.71, 2.65, 24)),
        y("3-2gf", new RegNet(21, 80, 42.63, 2.66, 24)),
        y("8gf", new RegNet(17, 192, 76.82, 2.19, 56)));
  }

  private static Entry x(String work, RegNet net) {
    return line("regnet-x-" + work, IMAGENET, net::x)
        .from("2003.13678", "widths that grow linearly");
  }

  private static Entry y(String work, RegNet net) {
    return line("regnet-y-" + work, IMAGENET, net::y)
        .from("2003.13678", "the same with squeeze and excitation");
  }
}
