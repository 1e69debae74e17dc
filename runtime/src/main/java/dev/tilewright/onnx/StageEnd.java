package dev.tilewright.onnx;

import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Closes a stage when nothing more can be imported: what runs next without a graph, which values
 * the graph has to give, and which of them the next import must know.
 */
final class StageEnd {
  /** Elements at most of a value that is asked for only because an operand is computed from it. */
  private static final int SMALL = 64;

  private final OnnxModel model;
  private final GraphBuilder graph;
  private final Bindings bindings;
  private final Map<Slot, Value> values;
  private final Map<Slot, Item> producers = new HashMap<>();

  /** Nodes that run between this stage and the next. */
  final List<Item> between = new ArrayList<>();

  /** Nodes that the next stage begins with. */
  final List<Item> waiting = new ArrayList<>();

  /** Slots whose values the next import must know. */
  final Set<Slot> asked = new LinkedHashSet<>();

  /** Names of the graph's outputs and the slots they fill. */
  final Map<String, Slot> writes = new LinkedHashMap<>();

  private final Set<Slot> written = new HashSet<>();

  /**
   * @param values what the stage's graph has
   * @param asked what nodes have asked for
   * @param left nodes that could not be imported, in topological order
   */
  StageEnd(
      OnnxModel model,
      GraphBuilder graph,
      Bindings bindings,
      Map<Slot, Value> values,
      Set<Slot> asked,
      List<Item> left) {
    this.model = model;
    this.graph = graph;
    this.bindings = bindings;
    this.values = values;
    this.asked.addAll(asked);
    divide(left);
    for (Item item : waiting) {
      item.out().forEach(slot -> producers.put(slot, item));
    }
    askForOperands();
    giveOutputs();
    left.forEach(this::keep);
  }

  /** What can run between the stages has all its inputs, from the stage or from others that can. */
  private void divide(List<Item> left) {
    Set<Slot> there = new HashSet<>();
    for (Item item : left) {
      boolean runs =
          row(item).action() instanceof Action.DataDependent
              && reads(item).stream().allMatch(slot -> there.contains(slot) || isThere(slot));
      if (runs) {
        there.addAll(item.out());
      }
      (runs ? between : waiting).add(item);
    }
  }

  private boolean isThere(Slot slot) {
    return values.containsKey(slot)
        || bindings.computed.containsKey(slot)
        || bindings.constants.containsKey(slot);
  }

  /**
   * Asks for small operands, or where they are not there yet, for what they will be computed from.
   * All at once, whichever a node would ask for first: every later question costs a stage.
   */
  private void askForOperands() {
    Set<Slot> seen = new HashSet<>();
    Deque<Slot> origins = new ArrayDeque<>(); // a chain of nodes may be longer than the stack
    for (Item item : waiting) {
      for (int i : row(item).operands()) {
        Slot slot = i < item.in().size() ? item.in().get(i) : null;
        if (slot != null) {
          origins.push(bindings.find(slot));
        }
      }
    }
    while (!origins.isEmpty()) {
      Slot slot = origins.pop();
      if (!seen.add(slot) || bindings.constants.containsKey(slot)) {
        continue;
      }
      Value value = values.get(slot);
      TensorType type = value != null ? value.type() : bindings.computed.get(slot);
      if (type == null) {
        origins.addAll(readBy(producers.get(slot)));
      } else if (type.shape().elements() <= SMALL
          && (value == null || graph.constantOf(value) == null)) {
        asked.add(slot);
      }
    }
  }

  /** What the values of a waiting node are computed from, if not from types alone. */
  private List<Slot> readBy(@Nullable Item producer) {
    return producer != null
            && row(producer).action() instanceof Action.Import
            && !row(producer).isOfTypes()
        ? reads(producer)
        : List.of();
  }

  /** Results of the model that are there now, constants included. */
  private void giveOutputs() {
    for (Map.Entry<String, Slot> output : bindings.outputs().entrySet()) {
      Slot slot = output.getValue();
      Tensor constant = bindings.constants.get(slot);
      if (constant != null && !values.containsKey(slot)) {
        values.put(slot, graph.constant(slot.toString(), constant));
      }
      Value value = values.get(slot);
      if (value != null && !bindings.isGiven(output.getKey())) {
        give(output.getKey(), slot, value);
        bindings.markGiven(output.getKey());
      }
    }
  }

  /** Makes what the node reads outlive the stage. */
  private void keep(Item item) {
    for (Slot slot : reads(item)) {
      Value value = values.get(slot);
      if (value == null || bindings.computed.containsKey(slot)) {
        continue;
      }
      Tensor constant = graph.constantOf(value);
      if (constant != null) {
        bindings.constants.put(slot, constant);
      } else if (!written.contains(slot)) {
        String name = slot.toString();
        while (writes.containsKey(name) || bindings.outputs().containsKey(name)) {
          name += "'";
        }
        give(name, slot, value);
      }
    }
  }

  private void give(String name, Slot slot, Value value) {
    graph.output(name, value);
    writes.put(name, slot);
    written.add(slot);
  }

  /** What the node may read; of sequences, their elements. */
  private List<Slot> reads(Item item) {
    List<Slot> reads = new ArrayList<>();
    for (Slot named : item.reads()) {
      Slot slot = bindings.find(named);
      List<Slot> sequence = bindings.sequences.get(slot);
      if (sequence == null) {
        reads.add(slot);
      } else {
        sequence.forEach(element -> reads.add(bindings.find(element)));
      }
    }
    return reads;
  }

  private ImportTable.Row row(Item item) {
    return ImportTable.require(model, item.node());
  }
}
