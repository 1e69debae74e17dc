package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.algorithm.DilationRule;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/**
 * Dilated convolutions one after the other, each with batch normalisation and ReLU.
 *
 * @param kernel odd, so that taps lie around a pixel
 */
public record DilatedStack(List<Integer> rates, int channels, int kernel) implements Block.Single {
  public DilatedStack {
    rates = new DilationRule(rates, kernel).rates();
  }

  /**
   * A stack that follows the rule of hybrid dilated convolution.
   *
   * @throws dev.tilewright.zoo.build.RuleException if it does not
   */
  public static DilatedStack hybrid(List<Integer> rates, int channels, int kernel) {
    String broken = new DilationRule(rates, kernel).broken();
    require(broken.isEmpty(), "HDC: rates %s with %dx%d: %s", rates, kernel, kernel, broken);
    return new DilatedStack(rates, channels, kernel);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = x;
    for (int i = 0; i < rates.size(); i++) {
      ConvSpec conv = ConvSpec.of(channels, kernel).dilation(rates.get(i));
      y = n.convBnRelu(String.valueOf(i), y, conv);
    }
    return y;
  }
}
