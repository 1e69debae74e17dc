package dev.tilewright.onnx;

import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is known of the model's values between two stages. */
final class Bindings {
  /** Values that are known. */
  final Map<Slot, Tensor> constants = new HashMap<>();

  /** Values that earlier stages compute, or that ran between stages. */
  final Map<Slot, TensorType> computed = new HashMap<>();

  /** Lists of values; no kernel ever sees one. */
  final Map<Slot, List<Slot>> sequences = new HashMap<>();

  /** Optional values that are not there. */
  final Set<Slot> absent = new HashSet<>();

  /** Slots that are others by another name. */
  private final Map<Slot, Slot> aliases = new HashMap<>();

  /** What the model gives: names and slots. */
  private final Map<String, Slot> outputs;

  /** The outputs that stages so far give. */
  private final Set<String> given = new HashSet<>();

  /** How many nodes came from expanding bodies, so far. */
  int expanded;

  /** Elements of all sequences. */
  int listed;

  Bindings(Map<String, Slot> outputs) {
    this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
  }

  Bindings copy() {
    Bindings copy = new Bindings(outputs);
    copy.constants.putAll(constants);
    copy.computed.putAll(computed);
    copy.sequences.putAll(sequences);
    copy.absent.addAll(absent);
    copy.aliases.putAll(aliases);
    copy.given.addAll(given);
    copy.expanded = expanded;
    copy.listed = listed;
    return copy;
  }

  /**
   * What the model gives, by name: tensors, of which a sequence has as many as elements, and an
   * optional value that is not there none.
   */
  Map<String, Slot> outputs() {
    Map<String, Slot> tensors = new LinkedHashMap<>();
    outputs.forEach((name, named) -> {
      Slot slot = find(named);
      List<Slot> sequence = sequences.get(slot);
      for (int i = 0; sequence != null && i < sequence.size(); i++) {
        put(tensors, Signature.element(name, i), find(sequence.get(i)));
      }
      if (sequence == null && !absent.contains(slot)) {
        put(tensors, name, slot);
      }
    });
    return tensors;
  }

  private static void put(Map<String, Slot> tensors, String name, Slot slot) {
    if (tensors.put(name, slot) != null) {
      throw new UnsupportedModelException(List.of("two results are named '" + name + "'"));
    }
  }

  boolean isGiven(String output) {
    return given.contains(output);
  }

  void markGiven(String output) {
    given.add(output);
  }

  void alias(Slot name, Slot of) {
    aliases.put(name, find(of));
  }

  /** The slot that this one is another name of; itself as a rule. */
  Slot find(Slot slot) {
    Slot found = slot;
    for (Slot next = aliases.get(slot); next != null; next = aliases.get(next)) {
      found = next;
    }
    return found;
  }
}
