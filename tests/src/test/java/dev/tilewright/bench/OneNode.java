package dev.tilewright.bench;

import dev.tilewright.onnx.ModelBytes;
import dev.tilewright.onnx.OnnxBytes;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Writes ONNX files of one node, so that every operator can be tried alone. Inputs are the graph's,
 * constants its initializers; outputs are "y", "y1" and so on.
 *
 * @param op with its domain, of which version 1 is meant, if that is not the default one
 * @param opset of the default domain
 * @param outputs element types of the results, or nothing if there is no {@link DType} for it
 */
record OneNode(
    String op,
    int opset,
    Map<String, Tensor> inputs,
    Map<String, Tensor> constants,
    Map<String, Object> attributes,
    List<DType> outputs) {

  static OneNode of(String op, int opset) {
    return new OneNode(op, opset, Map.of(), Map.of(), Map.of(), List.of(DType.FLOAT32));
  }

  /** The same in another opset. */
  OneNode at(int otherOpset) {
    return new OneNode(op, otherOpset, inputs, constants, attributes, outputs);
  }

  OneNode input(String name, Tensor tensor) {
    return new OneNode(op, opset, with(inputs, name, tensor), constants, attributes, outputs);
  }

  OneNode constant(String name, Tensor tensor) {
    return new OneNode(op, opset, inputs, with(constants, name, tensor), attributes, outputs);
  }

  /**
   * @param value Long, Float, String, or a list of Long or Float
   */
  OneNode attribute(String name, Object value) {
    return new OneNode(op, opset, inputs, constants, with(attributes, name, value), outputs);
  }

  /** The same node with inputs for all constants, so that their values are known in a run only. */
  OneNode computed() {
    Map<String, Tensor> all = new LinkedHashMap<>(inputs);
    all.putAll(constants);
    return new OneNode(op, opset, all, Map.of(), attributes, outputs);
  }

  /** Of these element types instead of one of float32. */
  OneNode output(DType... types) {
    return new OneNode(op, opset, inputs, constants, attributes, List.of(types));
  }

  /** Of an element type that is not listed. */
  OneNode outputOfOtherType() {
    return new OneNode(op, opset, inputs, constants, attributes, List.of());
  }

  List<String> outputNames() {
    return IntStream.range(0, Math.max(1, outputs.size()))
        .mapToObj(i -> i == 0 ? "y" : "y" + i)
        .toList();
  }

  @Override
  public String toString() {
    return op + "-" + opset + (attributes.isEmpty() ? "" : " " + attributes);
  }

  byte[] bytes() {
    ModelBytes model = new ModelBytes(opset);
    inputs.forEach((name, tensor) ->
        model.typedInput(
            name, ModelBytes.code(tensor.dtype()), tensor.shape().dims().toArray(Integer[]::new)));
    constants.forEach((name, tensor) -> {
      if (!name.isEmpty()) { // an empty name stands for an input that is left out
        model.initializer(ModelBytes.tensor(name, tensor));
      }
    });
    int dot = op.lastIndexOf('.');
    String domain = op.substring(0, Math.max(0, dot));
    if (!domain.isEmpty()) {
      model.opset(domain, 1);
    }
    String in =
        Stream.concat(inputs.keySet().stream(), constants.keySet().stream())
            .map(name -> name.isEmpty() ? "-" : name)
            .collect(Collectors.joining(" "));
    OnnxBytes[] encoded =
        attributes.entrySet().stream()
            .map(e -> encode(e.getKey(), e.getValue()))
            .toArray(OnnxBytes[]::new);
    model.node(domain, op.substring(dot + 1), in, String.join(" ", outputNames()), encoded);
    for (int i = 0; i < outputs.size(); i++) {
      model.output(outputNames().get(i), outputs.get(i));
    }
    return (outputs.isEmpty() ? model.output("y") : model).toBytes();
  }

  private static OnnxBytes encode(String name, Object value) {
    return switch (value) {
      case Float f -> ModelBytes.real(name, f);
      case Long i -> ModelBytes.integer(name, i);
      case String s -> ModelBytes.text(name, s);
      case List<?> list when list.getFirst() instanceof Long ->
          ModelBytes.integers(name, list.stream().mapToLong(i -> (Long) i).toArray());
      case List<?> list -> {
        float[] numbers = new float[list.size()];
        for (int i = 0; i < numbers.length; i++) {
          numbers[i] = (Float) list.get(i);
        }
        yield ModelBytes.reals(name, numbers);
      }
      default -> throw new IllegalArgumentException(name + ": " + value);
    };
  }

  private static <T> Map<String, T> with(Map<String, T> map, String name, T value) {
    Map<String, T> more = new LinkedHashMap<>(map);
    more.put(name, value);
    return more;
  }
}
