package dev.tilewright.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node as the file states it.
 *
 * @param name may be empty
 * @param domain of the operator; empty is the standard one
 * @param inputs names of values; empty where an optional input is left out
 * @param outputs names of values; empty where an optional output is not wanted
 */
public record OnnxNode(
    String name,
    String domain,
    String opType,
    List<String> inputs,
    List<String> outputs,
    Map<String, Attribute> attributes) {
  public OnnxNode {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
  }

  /** What to call the node: its name, or if it has none, its first output. */
  public String label() {
    return !name.isEmpty() || outputs.isEmpty() ? name : outputs.getFirst();
  }

  /** The operator with its domain. */
  public String operator() {
    return domain.isEmpty() ? opType : domain + "." + opType;
  }

  /** The graphs inside the node, by attribute. */
  Map<String, OnnxBody> bodies() {
    Map<String, OnnxBody> bodies = new LinkedHashMap<>();
    attributes.forEach((attribute, value) -> {
      if (value instanceof Attribute.Body(OnnxBody body)) {
        bodies.put(attribute, body);
      }
    });
    return bodies;
  }

  /** Names of all values that the node needs: its inputs, and what graphs inside it take. */
  List<String> reads() {
    List<String> names = new ArrayList<>(inputs);
    bodies().values().forEach(body -> names.addAll(body.captured()));
    names.removeIf(String::isEmpty);
    return names;
  }

  /** The graph that an operator has inside. */
  OnnxBody body(String attribute) {
    return switch (attributes.get(attribute)) {
      case null -> throw bad("attribute " + attribute + " is missing");
      case Attribute.Body(OnnxBody body) -> body;
      case Attribute other -> throw kind(attribute, "a graph", other);
    };
  }

  boolean has(String attribute) {
    return attributes.containsKey(attribute);
  }

  long integer(String attribute, long otherwise) {
    return switch (attributes.get(attribute)) {
      case null -> otherwise;
      case Attribute.Int(long value) -> value;
      case Attribute other -> throw kind(attribute, "an integer", other);
    };
  }

  float number(String attribute, float otherwise) {
    return switch (attributes.get(attribute)) {
      case null -> otherwise;
      case Attribute.Real(float value) -> value;
      case Attribute other -> throw kind(attribute, "a number", other);
    };
  }

  String text(String attribute, String otherwise) {
    return switch (attributes.get(attribute)) {
      case null -> otherwise;
      case Attribute.Text(String value) -> value;
      case Attribute other -> throw kind(attribute, "a text", other);
    };
  }

  @Nullable List<Long> integers(String attribute) {
    return switch (attributes.get(attribute)) {
      case null -> null;
      case Attribute.Ints(List<Long> values) -> values;
      case Attribute other -> throw kind(attribute, "integers", other);
    };
  }

  @Nullable List<Float> numbers(String attribute) {
    return switch (attributes.get(attribute)) {
      case null -> null;
      case Attribute.Reals(List<Float> values) -> values;
      case Attribute other -> throw kind(attribute, "numbers", other);
    };
  }

  @Nullable List<String> texts(String attribute) {
    return switch (attributes.get(attribute)) {
      case null -> null;
      case Attribute.Texts(List<String> values) -> values;
      case Attribute other -> throw kind(attribute, "texts", other);
    };
  }

  /** An error in this node. */
  ModelFormatException bad(String what) {
    return new ModelFormatException("node '" + label() + "' (" + operator() + "): " + what);
  }

  private ModelFormatException kind(String attribute, String expected, Attribute found) {
    return bad(
        "attribute "
            + attribute
            + " must be "
            + expected
            + ", is "
            + found.getClass().getSimpleName());
  }
}
