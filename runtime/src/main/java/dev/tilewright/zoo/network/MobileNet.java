package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.algorithm.Widths;
import dev.tilewright.zoo.block.DepthwiseSeparable;
import dev.tilewright.zoo.block.InvertedResidual;
import dev.tilewright.zoo.block.SqueezeExcitation;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * Networks for small devices: a 3x3 stem of half the size, depthwise blocks one after the other, a
 * last 1x1, a classifier.
 *
 * @param stem channels of the stem
 * @param blocks in order
 * @param head channels of the last 1x1; 0 if there is none
 * @param hidden outputs of a layer before the classifier; 0 if there is none
 * @param activation of stem, head and hidden layer
 * @param epsilon of batch normalisations
 */
public record MobileNet(
    int stem,
    List<? extends Block.Single> blocks,
    int head,
    int hidden,
    Block.Single activation,
    float epsilon,
    int classes)
    implements Block.Single {
  /** Of TensorFlow's layers, which some papers took over. */
  static final float WIDE_EPSILON = 1e-3f;

  /** The last 1x1 of several networks, at any width up to 1. */
  static final int HEAD = 1280;

  /**
   * Howard et al. 2017, arXiv 1704.04861; gives probabilities.
   *
   * @param width multiplier of all channels
   */
  public static Block.Single v1(double width, int classes) {
    MobileNet network = v1Logits(width, classes);
    return (n, x) -> n.softmax(network.apply(n, x), 1);
  }

  /** The same without the softmax. */
  public static MobileNet v1Logits(double width, int classes) {
    int[] cout = {64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024};
    List<Block.Single> blocks = new ArrayList<>();
    for (int i = 0; i < cout.length; i++) {
      boolean twice = i == 1 || i == 3 || i == 5 || i == 11;
      blocks.add(new DepthwiseSeparable(scaled(cout[i], width), twice ? 2 : 1));
    }
    return new MobileNet(scaled(32, width), blocks, 0, 0, Layers::relu, Layers.EPSILON, classes);
  }

  /**
   * Sandler et al. 2018, arXiv 1801.04381.
   *
   * @param width multiplier of all channels; the head only grows
   */
  public static MobileNet v2(double width, int classes) {
    int[][] stages = { // t, c, n, s: table 2 of the paper
      {1, 16, 1, 1},
      {6, 24, 2, 2},
      {6, 32, 3, 2},
      {6, 64, 4, 2},
      {6, 96, 3, 1},
      {6, 160, 3, 2},
      {6, 320, 1, 1},
    };
    int stem = scaled(32, width);
    List<Block.Single> blocks = new ArrayList<>();
    int cin = stem;
    for (int[] stage : stages) {
      int cout = scaled(stage[1], width);
      for (int i = 0; i < stage[2]; i++) {
        blocks.add(InvertedResidual.mobile(cin, cout, i == 0 ? stage[3] : 1, stage[0]));
        cin = cout;
      }
    }
    int head = Widths.divisible(HEAD * Math.max(1, width));
    return new MobileNet(stem, blocks, head, 0, Layers::relu6, Layers.EPSILON, classes);
  }

  /** Howard et al. 2019, arXiv 1905.02244, the large one. */
  public static MobileNet v3Large() {
    int[][] rows = { // filter, expanded, cout, attention, hard swish, stride: table 1 of the paper
      {3, 16, 16, 0, 0, 1}, {3, 64, 24, 0, 0, 2}, {3, 72, 24, 0, 0, 1}, {5, 72, 40, 1, 0, 2},
      {5, 120, 40, 1, 0, 1}, {5, 120, 40, 1, 0, 1}, {3, 240, 80, 0, 1, 2}, {3, 200, 80, 0, 1, 1},
      {3, 184, 80, 0, 1, 1}, {3, 184, 80, 0, 1, 1}, {3, 480, 112, 1, 1, 1}, {3, 672, 112, 1, 1, 1},
      {5, 672, 160, 1, 1, 2}, {5, 960, 160, 1, 1, 1}, {5, 960, 160, 1, 1, 1},
    };
    return v3(rows, HEAD);
  }

  /** Howard et al. 2019, arXiv 1905.02244, the small one. */
  public static MobileNet v3Small() {
    int[][] rows = { // as above: table 2 of the paper
      {3, 16, 16, 1, 0, 2}, {3, 72, 24, 0, 0, 2}, {3, 88, 24, 0, 0, 1}, {5, 96, 40, 1, 1, 2},
      {5, 240, 40, 1, 1, 1}, {5, 240, 40, 1, 1, 1}, {5, 120, 48, 1, 1, 1}, {5, 144, 48, 1, 1, 1},
      {5, 288, 96, 1, 1, 2}, {5, 576, 96, 1, 1, 1}, {5, 576, 96, 1, 1, 1},
    };
    return v3(rows, 1024);
  }

  private static MobileNet v3(int[][] rows, int hidden) {
    List<Block.Single> blocks = new ArrayList<>();
    for (int[] row : rows) {
      int expanded = row[1];
      int squeezed = Widths.divisible(expanded / 4.0);
      Block.Single attention =
          row[3] == 1
              ? new SqueezeExcitation(squeezed, true, Layers::relu, Layers::hardSigmoid)
              : InvertedResidual.NONE;
      Block.Single activation = row[4] == 1 ? Layers::hardSwish : Layers::relu;
      blocks.add(new InvertedResidual(expanded, row[2], row[0], row[5], activation, attention));
    }
    int head = 6 * rows[rows.length - 1][2];
    return new MobileNet(16, blocks, head, hidden, Layers::hardSwish, WIDE_EPSILON, 1000);
  }

  /**
   * MnasNet (Tan et al. 2019, arXiv 1807.11626), of the plain blocks.
   *
   * @param depth multiplier of all channels but the head's
   */
  public static MobileNet mnasnet(double depth) {
    int[][] stages = { // t, c, n, s, filter
      {1, 16, 1, 1, 3},
      {3, 24, 3, 2, 3},
      {3, 40, 3, 2, 5},
      {6, 80, 3, 2, 5},
      {6, 96, 2, 1, 3},
      {6, 192, 4, 2, 5},
      {6, 320, 1, 1, 3},
    };
    int stem = scaled(32, depth);
    List<Block.Single> blocks = new ArrayList<>();
    int cin = stem;
    for (int[] stage : stages) {
      int cout = scaled(stage[1], depth);
      for (int i = 0; i < stage[2]; i++) {
        int stride = i == 0 ? stage[3] : 1;
        blocks.add(
            new InvertedResidual(
                stage[0] * cin, cout, stage[4], stride, Layers::relu, InvertedResidual.NONE));
        cin = cout;
      }
    }
    return new MobileNet(stem, blocks, HEAD, 0, Layers::relu, Layers.EPSILON, 1000);
  }

  /** The same with an attention behind some blocks, which are counted from 0. */
  public MobileNet with(Block.Single attention, int... behind) {
    List<Block.Single> attended = new ArrayList<>(blocks);
    for (int i : behind) {
      require(
          0 <= i && i < blocks.size(), "there are blocks 0 to %d, not %d", blocks.size() - 1, i);
      Block.Single block = blocks.get(i);
      attended.set(i, (n, x) -> n.block("attention", attention, block.apply(n, x)));
    }
    return new MobileNet(stem, attended, head, hidden, activation, epsilon, classes);
  }

  private static int scaled(int channels, double width) {
    return Widths.divisible(channels * Widths.multiplier(width));
  }

  @Override
  public Feature apply(Layers network, Feature x) {
    Layers n = network.epsilon(epsilon);
    Feature y = unit(n, 0, x, ConvSpec.of(stem, 3).stride(2));
    for (int i = 0; i < blocks.size(); i++) {
      y = n.block("features." + (i + 1), blocks.get(i), y);
    }
    if (head > 0) {
      y = unit(n, blocks.size() + 1, y, ConvSpec.of(head, 1));
    }
    y = n.flatten(n.globalAveragePool(y));
    if (hidden > 0) {
      y = activation.apply(n, n.linear("classifier.0", y, hidden));
    }
    return n.linear(hidden > 0 ? "classifier.3" : "classifier.1", y, classes);
  }

  private Feature unit(Layers n, int place, Feature x, ConvSpec spec) {
    return activation.apply(n, n.convThenBn("features." + place, x, spec));
  }
}
