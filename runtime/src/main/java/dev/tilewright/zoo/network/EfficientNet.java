package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.algorithm.Widths;
import dev.tilewright.zoo.block.InvertedResidual;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * EfficientNet (Tan and Le 2019, arXiv 1905.11946): the stages of B0 with width, depth and image
 * scaled together. The paper scales by 1.1^phi, 1.2^phi and 1.15^phi, which doubles the work with
 * each step of phi; B1 to B7 are rounded, as published.
 *
 * @param width multiplier of channels
 * @param depth multiplier of the blocks of a stage
 * @param resolution height and width of the image it is trained on
 */
public record EfficientNet(double width, double depth, int resolution) {
  private static final EfficientNet[] PUBLISHED = {
    new EfficientNet(1.0, 1.0, 224),
    new EfficientNet(1.0, 1.1, 240),
    new EfficientNet(1.1, 1.2, 260),
    new EfficientNet(1.2, 1.4, 300),
    new EfficientNet(1.4, 1.8, 380),
    new EfficientNet(1.6, 2.2, 456),
    new EfficientNet(1.8, 2.6, 528),
    new EfficientNet(2.0, 3.1, 600),
  };

  public EfficientNet {
    require(width > 0 && depth > 0, "multipliers are above 0, not %s and %s", width, depth);
  }

  /** B0 to B7. */
  public static EfficientNet b(int variant) {
    require(variant >= 0 && variant < PUBLISHED.length, "there are B0 to B7, no B%d", variant);
    return PUBLISHED[variant];
  }

  /** The network for so many classes. */
  public MobileNet network(int classes) {
    int[][] stages = { // t, c, n, s, filter: table 1 of the paper
      {1, 16, 1, 1, 3},
      {6, 24, 2, 2, 3},
      {6, 40, 2, 2, 5},
      {6, 80, 3, 2, 3},
      {6, 112, 3, 1, 5},
      {6, 192, 4, 2, 5},
      {6, 320, 1, 1, 3},
    };
    int stem = Widths.divisible(32 * width);
    List<Block.Single> blocks = new ArrayList<>();
    int cin = stem;
    for (int[] stage : stages) {
      int cout = Widths.divisible(stage[1] * width);
      int repeats = (int) Math.ceil(stage[2] * depth);
      for (int i = 0; i < repeats; i++) {
        int stride = i == 0 ? stage[3] : 1;
        blocks.add(InvertedResidual.mbconv(cin, cout, stage[4], stride, stage[0]));
        cin = cout;
      }
    }
    return new MobileNet(stem, blocks, 4 * cin, 0, Layers::silu, Layers.EPSILON, classes);
  }
}
