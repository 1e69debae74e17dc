package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

record GivenWeights(Map<String, Tensor> tensors) implements WeightSource {
  GivenWeights {
    tensors = Map.copyOf(tensors);
  }

  @Override
  public Map<String, Tensor> weights(List<Parameter> parameters) {
    Map<String, Tensor> chosen = new LinkedHashMap<>();
    Set<String> missing = new TreeSet<>();
    for (Parameter parameter : parameters) {
      Tensor tensor = tensors.get(parameter.name());
      if (tensor == null) {
        missing.add(parameter.name());
        continue;
      }
      require(
          tensor.shape().equals(parameter.shape()) && tensor.dtype() == DType.FLOAT32,
          "%s is float32 %s, given is %s",
          parameter.name(),
          parameter.shape(),
          tensor.type());
      chosen.put(parameter.name(), tensor);
    }
    require(missing.isEmpty(), "weights that are not given: %s", missing);
    Set<String> unknown = new TreeSet<>(tensors.keySet());
    unknown.removeAll(chosen.keySet());
    require(unknown.isEmpty(), "weights that the network does not have: %s", unknown);
    return chosen;
  }
}
