package dev.tilewright.zoo.network;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * The context module of Yu and Koltun (2015, arXiv 1511.07122), in its basic form: 3x3 filters with
 * ReLU of growing dilation, that keep size and channels, then a 1x1.
 */
public record DilatedContext(List<Integer> rates) implements Block.Single {
  public DilatedContext {
    rates = List.copyOf(rates);
  }

  /** The paper's rates: a receptive field of 67x67. */
  public DilatedContext() {
    this(List.of(1, 1, 2, 4, 8, 16, 1));
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = x;
    for (int i = 0; i < rates.size(); i++) {
      ConvSpec conv = ConvSpec.of(x.channels(), 3).dilation(rates.get(i)).bias(true);
      y = n.relu(n.conv("layer" + (i + 1), y, conv));
    }
    return n.conv("final", y, ConvSpec.of(x.channels(), 1).bias(true));
  }
}
