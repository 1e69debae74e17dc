package dev.tilewright.zoo.build;

import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** Where a network's weights come from. */
public interface WeightSource {
  /**
   * One float32 tensor for each parameter, by its name.
   *
   * @throws RuleException if these are not the weights of the network
   */
  Map<String, Tensor> weights(List<Parameter> parameters);

  /** Weights that somebody has trained, all of them and no others. */
  static WeightSource given(Map<String, Tensor> tensors) {
    return new GivenWeights(tensors);
  }

  /** Random ones that keep signals in range; the same for the same name, shape and seed. */
  static WeightSource seeded(long seed) {
    return new SeededWeights(seed);
  }
}
