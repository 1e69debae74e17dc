package dev.tilewright.zoo;

import com.google.gson.JsonElement;
import dev.tilewright.Fixture;
import dev.tilewright.NumpyFile;
import dev.tilewright.onnx.Attribute;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.OnnxNode;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter;
import dev.tilewright.zoo.build.Parameter.Role;
import dev.tilewright.zoo.build.RuleException;
import dev.tilewright.zoo.build.WeightSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The weights of a fixture for a network of the zoo. Those of its weights.npz and the initializers
 * of its model go by name; exporters rename some, and reference code has names of its own, so the
 * rest is taken in the order in which the model uses them, the first unused of the shape wanted. A
 * wrong match cannot pass: results would differ, or something would be left over.
 */
final class FixtureWeights implements WeightSource {
  /** What the parameters of any layer are called. */
  private static final Set<String> LAYER = Set.of("weight", "bias", "running_mean", "running_var");

  /** Of batch normalisation, without its bias. */
  private static final Set<Role> NORMALISATION = Set.of(Role.SCALE, Role.MEAN, Role.VARIANCE);

  private record Weight(String name, Tensor tensor, boolean trained) {}

  private final String fixture;

  /** Whether the normalisations of the model are in its filters and biases already. */
  private final boolean folded;

  private final List<Weight> arrays = new ArrayList<>();
  private final List<Weight> inOrder = new ArrayList<>();

  FixtureWeights(Fixture fixture) throws IOException {
    this.fixture = fixture.name();
    JsonElement kept = fixture.meta().get("bn_kept_in_onnx");
    folded = kept != null && !kept.getAsBoolean();
    Path file = fixture.folder().resolve("weights.npz");
    if (Files.exists(file)) {
      NumpyFile.readAll(file)
          .forEach((name, tensor) -> arrays.add(new Weight(name, tensor, false)));
    }
    OnnxModel model = OnnxModel.read(MemorySegment.ofArray(fixture.model()));
    Map<String, Tensor> constants = new HashMap<>(model.initializers());
    for (OnnxNode node : model.nodes()) {
      if (node.opType().equals("Constant")
          && node.attributes().get("value") instanceof Attribute.Values(Tensor tensor)) {
        constants.put(node.outputs().getFirst(), tensor);
      } else if (node.opType().equals("Identity")
          && constants.containsKey(node.inputs().getFirst())) {
        constants.put(node.outputs().getFirst(), constants.get(node.inputs().getFirst()));
      } else {
        node.inputs().stream()
            .filter(constants::containsKey)
            .forEach(name -> add(node, name, constants.get(name)));
      }
    }
  }

  private void add(OnnxNode node, String name, Tensor tensor) {
    if (tensor.dtype() != DType.FLOAT32 || tensor.shape().rank() == 0) {
      return;
    }
    boolean asStored = node.opType().equals("Gemm") && node.attributes().containsKey("transB");
    boolean product = node.opType().equals("MatMul") || node.opType().equals("Gemm");
    boolean turned = product && tensor.shape().rank() == 2 && !asStored;
    boolean trained =
        product || List.of("Conv", "ConvTranspose", "BatchNormalization").contains(node.opType());
    inOrder.add(new Weight(name, turned ? transposed(tensor) : tensor, trained));
  }

  /** PyTorch has matrices as [out, in]. */
  private static Tensor transposed(Tensor tensor) {
    float[] from = tensor.toFloats();
    float[] to = new float[from.length];
    int rows = tensor.shape().dim(0);
    int columns = tensor.shape().dim(1);
    for (int i = 0; i < from.length; i++) {
      to[i % columns * rows + i / columns] = from[i];
    }
    return Tensor.of(Shape.of(columns, rows), to);
  }

  @Override
  public Map<String, Tensor> weights(List<Parameter> parameters) {
    Map<String, Tensor> chosen = new LinkedHashMap<>();
    List<Weight> unused = new ArrayList<>(inOrder);
    // What a model has in another form than the arrays has lost its name there.
    boolean formed = false;
    for (Parameter parameter : parameters) {
      if (folded && NORMALISATION.contains(parameter.role())) {
        chosen.put(parameter.name(), identity(parameter));
        continue;
      }
      Weight weight =
          first(arrays, w -> w.name.equals(parameter.name()) && fits(w, parameter))
              .or(() -> first(unused, w -> w.name.equals(parameter.name()) && fits(w, parameter)))
              .or(() -> first(arrays, w -> isForm(w.name, parameter) && fits(w, parameter)))
              .or(() -> first(unused, w -> !isNamed(w, parameters) && fits(w, parameter)))
              .orElseThrow(() ->
                  new RuleException(
                      fixture
                          + " has no weights left for "
                          + parameter
                          + ", left "
                          + names(unused)));
      formed |= arrays.remove(weight);
      unused.removeIf(w -> w.name.equals(weight.name));
      chosen.put(parameter.name(), weight.tensor.reshape(parameter.shape()));
    }
    boolean renamed = formed;
    unused.removeIf(w -> !w.trained || (renamed && w.name.matches("onnx::.*|[0-9]+")));
    if (!unused.isEmpty()) {
      throw new RuleException(fixture + " has weights that were not asked for: " + names(unused));
    }
    return chosen;
  }

  /** What leaves a value as it is, but for the bias: the convolution's takes its place. */
  private static Tensor identity(Parameter parameter) {
    float[] values = new float[(int) parameter.shape().elements()];
    Arrays.fill(
        values,
        switch (parameter.role()) {
          case MEAN -> 0;
          case VARIANCE -> 1 - Layers.EPSILON;
          default -> 1;
        });
    return Tensor.of(parameter.shape(), values);
  }

  private static Optional<Weight> first(List<Weight> weights, Predicate<Weight> wanted) {
    return weights.stream().filter(wanted).findFirst();
  }

  /** Of a block whose weights are not a layer's, at another place in the network. */
  private static boolean isForm(String name, Parameter parameter) {
    String last = name.substring(name.lastIndexOf('.') + 1);
    return parameter.name().endsWith("." + last) && !LAYER.contains(last);
  }

  /** Whether it is asked for by its own name. */
  private static boolean isNamed(Weight weight, List<Parameter> parameters) {
    return parameters.stream().anyMatch(p -> p.name().equals(weight.name) && fits(weight, p));
  }

  private static List<String> names(List<Weight> weights) {
    return weights.stream().map(w -> w.name + w.tensor.shape()).toList();
  }

  /** Apart from dimensions of size 1: a 1x1 filter may be stored as a matrix. */
  private static boolean fits(Weight weight, Parameter parameter) {
    return squeezed(weight.tensor.shape()).equals(squeezed(parameter.shape()));
  }

  private static List<Integer> squeezed(Shape shape) {
    return shape.dims().stream().filter(d -> d != 1).toList();
  }
}
