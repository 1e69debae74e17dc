package dev.tilewright.zoo.network;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.List;

/**
 * AlexNet (Krizhevsky et al. 2012), which two processors computed, so that some layers have two
 * groups; with local response normalisation.
 *
 * @param width multiplier of the channels of convolutions
 * @param hidden outputs of the fully connected layers before the classifier
 */
public record AlexNet(double width, List<Integer> hidden, int classes) implements Block.Single {
  /** As published. */
  public AlexNet() {
    this(1, List.of(4096, 4096), 1000);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = conv(n, 1, x, ConvSpec.of(c(96), 11).padding(2).stride(4));
    y = halved(n, normalised(n, y));
    y = conv(n, 2, y, ConvSpec.of(c(256), 5).groups(2));
    y = halved(n, normalised(n, y));
    y = conv(n, 3, y, ConvSpec.of(c(384), 3));
    y = conv(n, 4, y, ConvSpec.of(c(384), 3).groups(2));
    y = conv(n, 5, y, ConvSpec.of(c(256), 3).groups(2));
    y = n.flatten(halved(n, y));
    for (int i = 0; i < hidden.size(); i++) {
      y = n.relu(n.linear("fc" + (i + 6), y, hidden.get(i)));
    }
    return n.linear("fc" + (hidden.size() + 6), y, classes);
  }

  private static Feature conv(Layers n, int number, Feature x, ConvSpec spec) {
    return n.relu(n.conv("conv" + number, x, spec.bias(true)));
  }

  private static Feature normalised(Layers n, Feature x) {
    return n.lrn(x, 5, 1e-4f, 0.75f, 2);
  }

  private static Feature halved(Layers n, Feature x) {
    return n.maxPool(x, PoolSpec.of(3).stride(2));
  }

  private int c(int channels) {
    return (int) (channels * width);
  }
}
