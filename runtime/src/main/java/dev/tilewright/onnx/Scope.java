package dev.tilewright.onnx;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What names mean in a graph, or in one expansion of a graph inside a node. */
final class Scope {
  private final @Nullable Scope around;
  private final Map<String, Slot> slots = new HashMap<>();

  Scope(@Nullable Scope around) {
    this.around = around;
  }

  void define(String name, Slot slot) {
    slots.put(name, slot);
  }

  /**
   * @throws ModelFormatException if nothing has this name
   */
  Slot find(String name) {
    for (Scope scope = this; scope != null; scope = scope.around) {
      Slot slot = scope.slots.get(name);
      if (slot != null) {
        return slot;
      }
    }
    throw new ModelFormatException("nothing computes '" + name + "'");
  }

  /** The slots of inputs, of which an empty name is one left out. */
  List<@Nullable Slot> findAll(List<String> names) {
    List<@Nullable Slot> found = new ArrayList<>();
    names.forEach(name -> found.add(name.isEmpty() ? null : find(name)));
    return Collections.unmodifiableList(found);
  }
}
