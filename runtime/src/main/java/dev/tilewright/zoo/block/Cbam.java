package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;
import java.util.List;

/**
 * Convolutional block attention (Woo et al. 2018, arXiv 1807.06521): channels are scaled by what
 * two layers make of their means plus what the same layers make of their maxima; then places are
 * scaled by a convolution of the mean and the maximum over channels. Without biases or
 * normalisation, as in the paper.
 *
 * @param ratio by which the first layer reduces the channels
 * @param kernel of the convolution over places: 7 or 3 in the paper
 */
public record Cbam(int ratio, int kernel) implements Block.Single {
  public Cbam {
    require(ratio > 0, "CBAM: the reduction ratio is at least 1, not %d", ratio);
    require(kernel % 2 == 1, "CBAM: the filter over places is of odd size, not %d", kernel);
  }

  /** Channels reduced to a sixteenth, 7x7 over places. */
  public Cbam() {
    this(16, 7);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = n.mul(x, channels(n, x));
    Feature summary = n.concat(1, List.of(n.mean(y, 1), n.largest(y, 1)));
    return n.mul(y, n.sigmoid(n.conv("conv", summary, ConvSpec.of(1, kernel))));
  }

  private Feature channels(Layers n, Feature x) {
    int c = x.channels();
    require(
        c >= ratio, "CBAM: the reduction ratio (%d) is no more than the channels (%d)", ratio, c);
    Feature fc1 = n.parameter("fc1.weight", Role.WEIGHT, c / ratio, c, 1, 1);
    Feature fc2 = n.parameter("fc2.weight", Role.WEIGHT, c, c / ratio, 1, 1);
    Feature mean = layers(n, n.globalAveragePool(x), fc1, fc2);
    return n.sigmoid(n.add(mean, layers(n, n.globalMaxPool(x), fc1, fc2)));
  }

  private static Feature layers(Layers n, Feature x, Feature fc1, Feature fc2) {
    Feature squeezed = n.relu(n.conv(x, fc1, ConvSpec.of(fc1.dim(0), 1)));
    return n.conv(squeezed, fc2, ConvSpec.of(fc2.dim(0), 1));
  }
}
