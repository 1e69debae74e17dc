package dev.tilewright.zoo;

import static dev.tilewright.zoo.Zoo.line;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.Zoo.Entry;
import dev.tilewright.zoo.block.PatchMerging;
import dev.tilewright.zoo.block.ShiftMlp;
import dev.tilewright.zoo.block.ShuffleUnit;
import dev.tilewright.zoo.block.Windows;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.List;
import java.util.function.Supplier;

/** What the systems are made of besides convolutions, each by itself; memory bounds nearly all. */
final class Parts {
  private static final int SIDE = 28;
  private static final int WINDOW = 7;
  private static final Shape IMAGE = Shape.of(1, 128, SIDE, SIDE);
  private static final Shape TOKENS = Shape.of(1, SIDE * SIDE, 128);
  private static final Shape WINDOWS = Shape.of(16, WINDOW * WINDOW, 128);
  private static final PoolSpec HALVES = PoolSpec.of(3).stride(2).padding(1);

  static final List<Entry> BLOCKS =
      List.of(
          image("max-pool", "NIPS 2012", "3x3, every second", (n, x) -> n.maxPool(x, HALVES)),
          image(
              "average-pool",
              "1512.00567",
              "3x3, without the padding",
              (n, x) -> n.averagePool(x, PoolSpec.of(3).stride(1).padding(1).withoutPadding())),
          image("global-average-pool", "1312.4400", "channels' means", Layers::globalAveragePool),
          image("channel-mean", "1807.06521", "places' means", (n, x) -> n.mean(x, 1)),
          image(
              "lrn",
              "NIPS 2012",
              "normalised by neighbouring channels",
              (n, x) -> n.lrn(x, 5, 1e-4f, 0.75f, 1)),
          image("batch-norm", "1502.03167", "channels normalised", (n, x) -> n.bn("bn", x)),
          image("gelu", "1606.08415", "x/2 (1 + erf(x / sqrt 2))", Layers::gelu),
          image("silu", "1606.08415", "x sigmoid(x)", Layers::silu),
          image(
              "resize-nearest",
              "1612.03144",
              "twice the size, pixels repeated",
              (n, x) -> n.nearest(x, 2 * SIDE, 2 * SIDE)),
          image(
              "resize-bilinear",
              "1908.07919",
              "twice the size, interpolated",
              (n, x) -> n.bilinear(x, 2 * SIDE, 2 * SIDE, false)),
          image(
              "pixel-shuffle",
              "1609.05158",
              "channels to 2x2 pixels",
              (n, x) -> n.pixelShuffle(x, 2)),
          image(
              "space-to-depth",
              "2105.01883",
              "2x2 pixels to channels",
              (n, x) -> n.spaceToDepth(x, 2)),
          image(
              "channel-shuffle",
              "1807.11164",
              "channels of two halves alternating",
              ShuffleUnit::alternating),
          image("pad", "2103.14030", "zeros around", (n, x) -> n.pad(x, 1, 1, 1, 1)),
          image(
              "shift",
              "2203.04967",
              "channels moved by their fifths",
              (n, x) -> new ShiftMlp(SIDE, SIDE, 128).shifted(n, x, 2)),
          tokens("roll", TOKENS, "a map moved up and left, around its sides", Parts::rolled),
          tokens(
              "window-partition",
              TOKENS,
              "a map in windows",
              (n, x) -> Windows.split(n, Windows.map(n, x, SIDE, SIDE), WINDOW)),
          tokens(
              "window-reverse",
              WINDOWS,
              "the map of windows",
              (n, x) -> Windows.join(n, x, WINDOW, SIDE, SIDE)),
          tokens(
              "patch-slice",
              TOKENS,
              "every second token, four times",
              (n, x) -> new PatchMerging(SIDE, SIDE).joined(n, x)),
          tokens(
              "layer-norm",
              TOKENS,
              "tokens normalised",
              (n, x) -> n.layerNorm("norm", x, Layers.EPSILON)),
          tokens("softmax", Shape.of(64, 49, 49), "scores of windows", (n, x) -> n.softmax(x, -1)),
          line("linear", TOKENS, of((n, x) -> n.linear("fc", x, 128)))
              .from("2010.11929", "a matrix for all tokens", Target.work()));

  private Parts() {}

  private static Supplier<Block> of(Block.Single block) {
    return () -> block;
  }

  private static Entry image(String name, String paper, String what, Block.Single block) {
    return line(name, IMAGE, of(block)).from(paper, what, Target.copy());
  }

  /** Of transformers in windows. */
  private static Entry tokens(String name, Shape input, String what, Block.Single block) {
    return line(name, input, of(block)).from("2103.14030", what, Target.copy());
  }

  private static Feature rolled(Layers n, Feature x) {
    int by = -WINDOW / 2;
    Feature map = Windows.map(n, x, SIDE, SIDE);
    return n.reshape(n.roll(n.roll(map, 1, by), 2, by), x.batch(), SIDE * SIDE, x.dim(2));
  }
}
