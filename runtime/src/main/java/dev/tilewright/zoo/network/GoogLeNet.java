package dev.tilewright.zoo.network;

import dev.tilewright.zoo.algorithm.Widths;
import dev.tilewright.zoo.block.ConvUnit;
import dev.tilewright.zoo.block.InceptionModule;
import dev.tilewright.zoo.block.InceptionModule.Wide;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.List;

/**
 * GoogLeNet, or Inception v1 (Szegedy et al. 2015, arXiv 1409.4842), without the classifiers that
 * help in training.
 *
 * @param width multiplier of all channels
 */
public record GoogLeNet(Form form, double width, int classes) implements Block.Single {
  /** What it has become. */
  public enum Form {
    /** As published: biases, response normalisation in the stem. */
    V1(Wide.FIVE, true, true, 3),
    /** Batch normalisation in the modules, 3x3 twice for 5x5. */
    V2(Wide.TWO_THREES, true, false, 3),
    /** torchvision's: batch normalisation everywhere, a 3x3 for the 5x5. */
    NORMALISED(Wide.THREE, false, false, 2);

    private final Wide wide;
    private final boolean biasedStem;
    private final boolean biasedModules;
    private final int lastPool;

    Form(Wide wide, boolean biasedStem, boolean biasedModules, int lastPool) {
      this.wide = wide;
      this.biasedStem = biasedStem;
      this.biasedModules = biasedModules;
      this.lastPool = lastPool;
    }
  }

  /** Table 1 of the paper: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection. */
  private static final List<int[][]> STAGES =
      List.of(
          new int[][] {{64, 96, 128, 16, 32, 32}, {128, 128, 192, 32, 96, 64}},
          new int[][] {
            {192, 96, 208, 16, 48, 64},
            {160, 112, 224, 24, 64, 64},
            {128, 128, 256, 24, 64, 64},
            {112, 144, 288, 32, 64, 64},
            {256, 160, 320, 32, 128, 128},
          },
          new int[][] {{256, 160, 320, 32, 128, 128}, {384, 192, 384, 48, 128, 128}});

  /** With the classes of ImageNet. */
  public GoogLeNet(Form form) {
    this(form, 1, 1000);
  }

  @Override
  public Feature apply(Layers network, Feature x) {
    Layers n = network.epsilon(form == Form.NORMALISED ? MobileNet.WIDE_EPSILON : Layers.EPSILON);
    Feature y = n.block("conv1", stem(ConvSpec.of(scaled(64), 7).stride(2)), x);
    y = normalised(n, halved(n, y, 3));
    y = n.block("conv2", stem(ConvSpec.of(scaled(64), 1)), y);
    y = normalised(n, n.block("conv3", stem(ConvSpec.of(scaled(192), 3)), y));
    y = halved(n, y, 3);
    for (int stage = 0; stage < STAGES.size(); stage++) {
      if (stage > 0) {
        y = halved(n, y, stage == 2 ? form.lastPool : 3);
      }
      int[][] modules = STAGES.get(stage);
      for (int i = 0; i < modules.length; i++) {
        y = n.block("inception" + (stage + 3) + (char) ('a' + i), module(modules[i]), y);
      }
    }
    return n.linear("fc", n.flatten(n.globalAveragePool(y)), classes);
  }

  private Block.Single stem(ConvSpec spec) {
    return new ConvUnit(spec.bias(form.biasedStem));
  }

  private Feature normalised(Layers n, Feature x) {
    return form.biasedStem ? n.lrn(x, 5, 1e-4f, 0.75f, 1) : x;
  }

  private static Feature halved(Layers n, Feature x, int window) {
    return n.maxPool(x, PoolSpec.of(window).stride(2).ceiling());
  }

  private InceptionModule module(int[] c) {
    return new InceptionModule(
        scaled(c[0]),
        scaled(c[1]),
        scaled(c[2]),
        scaled(c[3]),
        scaled(c[4]),
        scaled(c[5]),
        form.wide,
        form.biasedModules);
  }

  private int scaled(int channels) {
    return Widths.scaled(channels, width);
  }
}
