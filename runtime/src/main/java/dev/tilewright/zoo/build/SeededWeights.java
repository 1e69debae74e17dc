package dev.tilewright.zoo.build;

import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.build.Parameter.Role;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Filters and matrices are drawn with the variance 2 / fan-in of He et al. (2015, arXiv
 * 1502.01852), under which a rectifier keeps the second moment; normalisations are near, but not
 * at, the identity, so that a result tells whether they took part. What is added to its own input
 * is small (Goyal et al. 2017, arXiv 1706.02677, begin with zero), or the sums of a deep network
 * would grow to where a sigmoid behind them is a step and no two runtimes agree.
 */
record SeededWeights(long seed) implements WeightSource {
  @Override
  public Map<String, Tensor> weights(List<Parameter> parameters) {
    Map<String, Tensor> drawn = new LinkedHashMap<>();
    parameters.forEach(parameter -> drawn.put(parameter.name(), draw(parameter)));
    return drawn;
  }

  private Tensor draw(Parameter parameter) {
    // By name, so that a layer more leaves the others as they are.
    RandomGenerator random = new SplittableRandom(seed * 31 + parameter.name().hashCode());
    float[] values = new float[Math.toIntExact(parameter.shape().elements())];
    long outputs = parameter.shape().product(0, parameter.role() == Role.EXPERTS ? 2 : 1);
    double deviation = Math.sqrt(2.0 * outputs / values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] =
          (float)
              switch (parameter.role()) {
                case WEIGHT, EXPERTS -> deviation * random.nextGaussian();
                case BIAS, MEAN -> 0.1 * random.nextGaussian();
                case TABLE -> 0.02 * random.nextGaussian();
                case GAIN -> 0.1 + 0.2 * random.nextDouble();
                case SCALE, VARIANCE -> 0.75 + 0.5 * random.nextDouble();
              };
    }
    return Tensor.of(parameter.shape(), values);
  }
}
