package dev.tilewright.zoo.network;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.Arrays;
import java.util.List;

/**
 * VGG (Simonyan and Zisserman 2015, arXiv 1409.1556): stages of 3x3 with a pool behind each, three
 * fully connected layers.
 *
 * @param depths convolutions in each stage
 * @param width channels of the first stage; they double up to eight times as many
 * @param normalised batch normalisation behind each convolution
 * @param variant of its convolutions
 * @param hidden outputs of the first two fully connected layers
 */
public record Vgg(
    List<Integer> depths, int width, boolean normalised, Variant variant, int hidden, int classes)
    implements Block.Single {
  /** What stands for a 3x3. */
  public interface Variant {
    Feature apply(Layers n, String name, Feature x, ConvSpec conv);
  }

  /** As published, for the thousand classes of ImageNet. */
  public static Vgg of(int... depths) {
    return new Vgg(Arrays.stream(depths).boxed().toList(), 64, false, Layers::conv, 4096, 1000);
  }

  /** The same with batch normalisation. */
  public Vgg withNormalisation() {
    return new Vgg(depths, width, true, variant, hidden, classes);
  }

  /** Another convolution with batch normalisation. */
  public Vgg with(Variant other) {
    return new Vgg(depths, width, true, other, hidden, classes);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = x;
    int place = 0; // of a layer among all, as torchvision names them
    for (int stage = 0; stage < depths.size(); stage++) {
      int channels = width << Math.min(stage, 3);
      for (int i = 0; i < depths.get(stage); i++) {
        ConvSpec conv = ConvSpec.of(channels, 3).bias(true);
        y = variant.apply(n, "features." + place, y, conv);
        y = n.relu(normalised ? n.bn("features." + (place + 1), y) : y);
        place += normalised ? 3 : 2;
      }
      y = n.maxPool(y, PoolSpec.of(2));
      place++;
    }
    y = n.relu(n.linear("classifier.0", n.flatten(y), hidden));
    y = n.relu(n.linear("classifier.3", y, hidden));
    return n.linear("classifier.6", y, classes);
  }
}
