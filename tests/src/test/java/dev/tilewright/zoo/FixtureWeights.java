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
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The weights of a fixture for a network of the zoo: of its weights.npz and of the initializers of
 * its model. If all have the names that are asked for, they go by name. Else they are taken in the
 * order in which the model uses them, the first unused of the shape wanted; those that the model
 * has in another form, by the last part of their name. A wrong match cannot pass: results would
 * differ, or something would be left over.
 */
final class FixtureWeights implements WeightSource {
  /** What the parameters of any layer are called. */
  private static final Set<String> LAYER = Set.of("weight", "bias", "running_mean", "running_var");

  /** Of batch normalisation, without its bias. */
  private static final Set<Role> NORMALISATION =
      Set.of(Role.SCALE, Role.GAIN, Role.MEAN, Role.VARIANCE);

  /** By the exporter, because it has changed the values. */
  private static final String RENAMED = "onnx::.*|[0-9]+";

  private static final Set<String> NOT_TRAINED = Set.of("Sub", "Div", "Resize", "Pad", "Clip");

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
    if (!folded && Files.exists(file)) {
      NumpyFile.readAll(file)
          .forEach((name, tensor) -> arrays.add(new Weight(name, tensor, false)));
      arrays.sort(Comparator.comparing(weight -> counted(weight.name)));
    }
    OnnxModel model = OnnxModel.read(MemorySegment.ofArray(fixture.model()));
    Map<String, Tensor> constants = new HashMap<>(model.initializers());
    // What borders are padded with is computed from weights, sizes are no weights.
    model.nodes().stream()
        .filter(node -> NOT_TRAINED.contains(node.opType()))
        .forEach(node -> node.inputs().forEach(constants::remove));
    for (OnnxNode node : model.nodes()) {
      if (node.opType().equals("Constant")
          && node.attributes().get("value") instanceof Attribute.Values(Tensor tensor)) {
        constants.put(node.outputs().getFirst(), tensor);
      } else if (node.opType().equals("Identity")
          && constants.containsKey(node.inputs().getFirst())) {
        constants.put(node.outputs().getFirst(), constants.get(node.inputs().getFirst()));
      } else if (!NOT_TRAINED.contains(node.opType())) {
        node.inputs().stream()
            .filter(constants::containsKey)
            .forEach(name -> add(node, name, constants.get(name)));
      }
    }
  }

  /** Sorts as one counts: 2 before 10. */
  private static String counted(String name) {
    return Pattern.compile("[0-9]+")
        .matcher(name)
        .replaceAll(n -> "0".repeat(9 - n.group().length()) + n.group());
  }

  private void add(OnnxNode node, String name, Tensor tensor) {
    if (tensor.dtype() != DType.FLOAT32 || tensor.shape().rank() == 0) {
      return;
    }
    if (!arrays.isEmpty() && node.opType().equals("Conv") && name.matches(RENAMED)) {
      return; // a filter that lost its name is not as it was trained
    }
    Optional<Tensor> table =
        node.opType().equals("Add") ? RelativePositions.table(tensor) : Optional.empty();
    if (table.isPresent()) {
      inOrder.add(new Weight("table of " + name, table.get(), true));
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
    Set<String> names = new HashSet<>();
    arrays.forEach(weight -> names.add(weight.name));
    unused.forEach(weight -> names.add(weight.name));
    boolean sameNames = parameters.stream().allMatch(p -> names.contains(p.name()));
    Map<String, String> prefixes = new HashMap<>();
    boolean withArrays = !arrays.isEmpty();
    for (Parameter parameter : parameters) {
      if (folded && NORMALISATION.contains(parameter.role())) {
        chosen.put(parameter.name(), identity(parameter));
        continue;
      }
      Weight weight =
          choose(parameter, unused, sameNames, prefixes)
              .orElseThrow(() ->
                  new RuleException(
                      fixture
                          + " has no weights left for "
                          + parameter
                          + ", left "
                          + names(unused)));
      if (!LAYER.contains(last(weight.name))) {
        prefixes.put(prefix(parameter.name()), prefix(weight.name));
      }
      arrays.remove(weight);
      unused.removeIf(w -> w.name.equals(weight.name));
      chosen.put(parameter.name(), weight.tensor.reshape(parameter.shape()));
    }
    unused.removeIf(w -> !w.trained || (withArrays && w.name.matches(RENAMED)));
    if (!unused.isEmpty()) {
      throw new RuleException(fixture + " has weights that were not asked for: " + names(unused));
    }
    return chosen;
  }

  private Optional<Weight> choose(
      Parameter parameter, List<Weight> unused, boolean sameNames, Map<String, String> prefixes) {
    String last = last(parameter.name());
    if (sameNames) {
      return first(arrays, w -> w.name.equals(parameter.name()) && fits(w, parameter))
          .or(() -> first(unused, w -> w.name.equals(parameter.name()) && fits(w, parameter)));
    }
    String beside = prefixes.get(prefix(parameter.name())) + last;
    return first(arrays, w -> w.name.equals(beside) && fits(w, parameter))
        .or(() ->
            first(
                arrays,
                w -> last(w.name).equals(last) && !LAYER.contains(last) && fits(w, parameter)))
        .or(() -> first(unused, w -> fits(w, parameter)))
        .or(() -> first(arrays, w -> last(w.name).equals(last) && fits(w, parameter)));
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

  private static String prefix(String name) {
    return name.substring(0, name.length() - last(name).length());
  }

  private static String last(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
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
