package dev.tilewright.zoo;

import static dev.tilewright.zoo.Mistake.broken;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.List;
import java.util.function.Function;

/** Rules of layers and words. */
final class BuildRules {
  private static final Shape TOKENS = Shape.of(1, 9, 6);
  private static final Shape SIX = Shape.of(1, 6, 8, 8);

  static final List<Mistake> ALL =
      List.of(
          broken(
              "groups (4) divide the output channels (6)", () -> conv(ConvSpec.of(6, 3).groups(4))),
          broken(
              "groups (4) divide the input channels (6)",
              () -> conv(ConvSpec.of(8, 3).groups(4)),
              SIX),
          broken(
              "the window (9) is no larger than the map and its padding (8 + 2 * 0)",
              () -> conv(ConvSpec.of(8, 5).dilation(2).padding(0)),
              SIX),
          broken("stride is at least 1", () -> conv(ConvSpec.of(8, 3).stride(0))),
          broken(
              "padding (3) is less than the window (3)",
              () -> (Block.Single) (n, x) -> n.maxPool(x, PoolSpec.of(3).padding(3)),
              SIX),
          broken("takes one input, 2 are given", () -> conv(ConvSpec.of(8, 3)), SIX, SIX),
          broken("an image is [N, C, H, W], not [1x9x6]", () -> conv(ConvSpec.of(4, 3)), TOKENS),
          broken(
              "is not [1x6x8x8], but has a dimension 4",
              () -> word(x -> n -> n.mean(x, x.dim(4))),
              SIX),
          broken(
              "a convolution has at least one output channel, not 0",
              () -> conv(ConvSpec.of(0, 3))),
          broken("a filter is at least 1x1, not 0x3", () -> conv(ConvSpec.of(4, 0, 3))),
          broken("padding is at least 0, not -1x-1", () -> conv(ConvSpec.of(4, 3).padding(-1))),
          broken("the dilation is at least 1, not 0", () -> conv(ConvSpec.of(4, 3).dilation(0))),
          broken("there is at least one group, not 0", () -> conv(ConvSpec.of(4, 3).groups(0))),
          broken(
              "window and stride are at least 1: 0, 0",
              () -> word(x -> n -> n.maxPool(x, PoolSpec.of(0))),
              SIX),
          broken(
              "what is combined has one shape, not [1x6x8x8] and [1x5x8x8]",
              () -> word(x -> n -> n.add(x, n.slice(x, 1, 0, 5))),
              SIX),
          broken(
              "as many columns as the next has rows",
              () -> word(x -> n -> n.matmul(x, n.slice(x, 2, 0, 5))),
              SIX),
          broken(
              "the filter is [4, 6, 3, 3], not [4x6x1x1]",
              () ->
                  word(x ->
                      n ->
                          n.conv(
                              x,
                              n.constant(Tensor.of(Shape.of(4, 6, 1, 1), new float[24])),
                              ConvSpec.of(4, 3))),
              SIX),
          broken(
              "what is joined differs in one dimension only",
              () -> word(x -> n -> n.concat(1, List.of(x, n.slice(x, 2, 0, 5)))),
              SIX),
          broken(
              "a slice lies within its 6 elements, not from 2 to 7",
              () -> word(x -> n -> n.slice(x, 1, 2, 7)),
              SIX),
          broken(
              "the parts [2, 3] are all of 6",
              () -> word(x -> n -> n.concat(1, n.split(x, 1, 2, 3))),
              SIX),
          broken("4 parts divide 6", () -> word(x -> n -> n.concat(1, n.chunk(x, 1, 4))), SIX),
          broken(
              "[1x5] has the elements of [1x6x8x8]", () -> word(x -> n -> n.reshape(x, 1, 5)), SIX),
          broken(
              "a layer has at least one output, not 0",
              () -> word(x -> n -> n.linear("fc", x, 0)),
              SIX),
          broken(
              "layers that share c.weight are alike",
              () ->
                  word(x ->
                      n ->
                          n.shared()
                              .conv(
                                  "c",
                                  n.shared().conv("c", x, ConvSpec.of(4, 3)),
                                  ConvSpec.of(4, 3))),
              SIX),
          broken(
              "the square of the factor (2) divides the channels (6)",
              () -> word(x -> n -> n.pixelShuffle(x, 2)),
              SIX),
          broken(
              "the factor (3) divides height and width (8x8)",
              () -> word(x -> n -> n.spaceToDepth(x, 3)),
              SIX));

  private BuildRules() {}

  private static Block conv(ConvSpec spec) {
    return (Block.Single) (n, x) -> n.conv("conv", x, spec);
  }

  private static Block word(Function<Feature, Function<Layers, Feature>> word) {
    return (Block.Single) (n, x) -> word.apply(x).apply(n);
  }
}
