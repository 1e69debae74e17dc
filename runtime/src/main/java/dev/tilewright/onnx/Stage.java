package dev.tilewright.onnx;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A part of a model that is one graph. Most models have one stage. Where shapes or branches depend
 * on values, the nodes from there on wait: when the stage has run, its values are known, and the
 * next one is imported. Immutable.
 *
 * <p>Values of a run live in a map by slot, which the caller keeps: it fills in the model's inputs
 * and after each stage {@link #writes}.
 */
public final class Stage {
  private final OnnxModel model;
  private final int number;
  private final Graph graph;
  private final Map<String, Slot> reads;
  private final StageEnd end;
  private final Bindings bindings;

  Stage(
      OnnxModel model,
      int number,
      Graph graph,
      Map<String, Slot> reads,
      StageEnd end,
      Bindings bindings) {
    this.model = model;
    this.number = number;
    this.graph = graph;
    this.reads = Collections.unmodifiableMap(new LinkedHashMap<>(reads));
    this.end = end;
    this.bindings = bindings;
  }

  public Graph graph() {
    return graph;
  }

  /** Of each input of the graph, the slot that it takes its values from. */
  public Map<String, Slot> reads() {
    return reads;
  }

  /** Of each output of the graph, the slot that it fills. */
  public Map<String, Slot> writes() {
    return Collections.unmodifiableMap(end.writes);
  }

  /**
   * The slots of the model's outputs, which are all filled when there is no further stage. Of a
   * sequence its elements, as soon as it is known how many.
   */
  public Map<String, Slot> outputs() {
    return bindings.outputs();
  }

  /** Whether all results are there when the graph has run. */
  public boolean isLast() {
    return end.between.isEmpty() && end.waiting.isEmpty();
  }

  /** The nodes that have to wait for values of this stage, for people. */
  public List<String> waiting() {
    List<String> waiting = new ArrayList<>();
    end.between.forEach(item -> waiting.add(label(item)));
    end.waiting.forEach(item -> waiting.add(label(item)));
    return waiting;
  }

  /** The values that the next import must know, for people. */
  List<String> asked() {
    return end.asked.stream().map(slot -> "'" + slot + "'").toList();
  }

  private static String label(Item item) {
    return item.node().label() + " (" + item.node().operator() + ")";
  }

  /**
   * Runs what is to run when the graph has, and says what the next stage depends on.
   *
   * @param values of all slots read and written so far; the results are added
   * @return null if nothing is left: all outputs are there
   * @throws ModelFormatException if a node cannot take its inputs
   */
  public @Nullable StageKey between(Map<Slot, Tensor> values) {
    Map<Slot, TensorType> types = new LinkedHashMap<>();
    for (Item item : end.between) {
      List<@Nullable Tensor> in = new ArrayList<>();
      for (Slot slot : item.in()) {
        in.add(slot == null ? null : value(slot, values));
      }
      List<Tensor> results = run(item, in);
      for (int i = 0; i < Math.min(results.size(), item.out().size()); i++) {
        Slot slot = item.out().get(i);
        if (slot != null) {
          values.put(slot, results.get(i));
          types.put(slot, results.get(i).type());
        }
      }
    }
    Map<Slot, Tensor> known = new LinkedHashMap<>();
    end.asked.forEach(slot -> known.put(slot, copy(value(slot, values))));
    return end.waiting.isEmpty() ? null : new StageKey(types, known);
  }

  private List<Tensor> run(Item item, List<@Nullable Tensor> in) {
    if (ImportTable.require(model, item.node()).action() instanceof Action.DataDependent action) {
      return action.apply(item.node(), in);
    }
    throw new IllegalStateException("needs a graph: " + label(item));
  }

  /**
   * The stage after this one.
   *
   * @param folder computes nodes whose inputs are constants
   * @throws UnsupportedModelException if something is missing in this runtime, or the model asks
   *     for too much
   * @throws ModelFormatException if a node cannot take its inputs
   */
  public Stage next(StageKey key, GraphBuilder.Folder folder) {
    if (number == Limits.STAGES) {
      throw new UnsupportedModelException(
          List.of(
              "more than " + Limits.STAGES + " stages, the last waits at " + waiting().getFirst()));
    }
    Bindings next = bindings.copy();
    key.types().forEach(next.computed::put);
    key.knownSlots()
        .forEach((slot, tensor) -> {
          next.computed.remove(slot);
          next.constants.put(slot, tensor);
        });
    return new StageImporter(model, new FoldingBudget(model, folder), next, end.waiting)
        .run(number + 1);
  }

  private Tensor value(Slot named, Map<Slot, Tensor> values) {
    Slot slot = bindings.find(named);
    Tensor value = values.getOrDefault(slot, bindings.constants.get(slot));
    if (value == null) {
      throw new IllegalStateException("no value of " + slot);
    }
    return value;
  }

  private static Tensor copy(Tensor tensor) {
    byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    return new Tensor(tensor.type(), MemorySegment.ofArray(bytes));
  }
}
