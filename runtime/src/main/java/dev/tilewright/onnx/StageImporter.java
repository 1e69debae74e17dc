package dev.tilewright.onnx;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.ShapeException;
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
 * Imports what can be imported now: nodes are walked in order with all types and all constants
 * known, and what has to wait is left for the next stage.
 *
 * <p>What depends on nothing but weights and shapes folds into constants on the way, so that shapes
 * computed by nodes (Shape, Gather, Concat, Reshape) need no case of their own.
 */
final class StageImporter {
  private final OnnxModel model;
  private final FoldingBudget budget;
  private final GraphBuilder graph;
  private final Bindings bindings;
  private final Deque<Item> work;
  private final List<Item> waiting = new ArrayList<>();
  private final Set<Slot> asked = new LinkedHashSet<>();
  private final Map<Slot, Value> values = new HashMap<>();
  private final Map<String, Slot> reads = new LinkedHashMap<>();

  /**
   * @param bindings what is known; changed from here on
   * @param work nodes in topological order
   */
  StageImporter(OnnxModel model, FoldingBudget budget, Bindings bindings, List<Item> work) {
    this.model = model;
    this.budget = budget;
    this.graph = new GraphBuilder(budget);
    this.bindings = bindings;
    this.work = new ArrayDeque<>(work);
  }

  /** An input of the stage's graph. */
  void input(Slot slot, TensorType type) {
    Value value = graph.input(slot.toString(), type);
    values.put(slot, value);
    reads.put(value.name(), slot);
    bindings.computed.put(slot, type);
  }

  /** Imports what can be imported. */
  Stage run(int number) {
    while (!work.isEmpty()) {
      Item item = work.pop();
      if (!done(item)) {
        waiting.add(item);
      }
    }
    StageEnd end = new StageEnd(model, graph, bindings, values, asked, waiting);
    Graph whole = graph.build();
    for (Slot slot : end.writes.values()) {
      Value value = values.get(slot);
      if (value != null && graph.constantOf(value) == null) {
        bindings.computed.put(slot, value.type());
      }
    }
    return new Stage(model, number, number == 1 ? whole : used(whole), reads, end, bindings);
  }

  /** A node that had to wait may have been all that read an input. */
  private Graph used(Graph whole) {
    Set<Value> used = new HashSet<>(whole.outputs().values());
    whole.nodes().forEach(node -> used.addAll(node.inputs()));
    List<Value> inputs = whole.inputs().stream().filter(used::contains).toList();
    reads.keySet().retainAll(inputs.stream().map(Value::name).toList());
    return new Graph(inputs, whole.nodes(), whole.outputs(), whole.constants());
  }

  private boolean done(Item item) {
    OnnxNode node = item.node();
    ImportTable.Row row = ImportTable.require(model, node);
    if (item.out().isEmpty()) {
      throw node.bad("has no outputs"); // every operator of ONNX has one at least
    }
    try {
      return switch (row.action()) {
        case Action.Import action -> imported(item, action);
        case Action.DataDependent action -> computed(item, action);
        case Action.Structure action -> action.apply(item, this);
      };
    } catch (ShapeException
        | IllegalArgumentException
        | ArithmeticException
        | IndexOutOfBoundsException e) {
      ModelFormatException bad = node.bad(String.valueOf(e.getMessage()));
      bad.initCause(e);
      throw bad;
    }
  }

  private boolean imported(Item item, Action.Import action) {
    NodeScope scope = scope(item, item.in());
    if (scope == null) {
      return false;
    }
    try {
      List<Value> results = action.apply(scope);
      for (int i = 0; i < Math.min(results.size(), item.out().size()); i++) {
        bind(item.out().get(i), results.get(i));
      }
      return true;
    } catch (NeedsData e) {
      Slot slot = item.in().get(e.input());
      if (slot != null) {
        ask(slot);
      }
      return false;
    }
  }

  /** At once, if all inputs are constants. */
  private boolean computed(Item item, Action.DataDependent action) {
    List<@Nullable Tensor> in = new ArrayList<>();
    for (Slot slot : item.in()) {
      Tensor tensor = slot == null ? null : constant(slot);
      if (slot != null && tensor == null) {
        return false;
      }
      in.add(tensor);
    }
    List<Tensor> results = action.apply(item.node(), in);
    for (int i = 0; i < Math.min(results.size(), item.out().size()); i++) {
      bind(item.out().get(i), results.get(i));
    }
    return true;
  }

  /** A node with these inputs, or null if one of them is not there yet. */
  @Nullable NodeScope scope(Item item, List<? extends @Nullable Slot> in) {
    List<@Nullable Value> inputs = new ArrayList<>();
    for (Slot slot : in) {
      Value value = slot == null ? null : value(slot);
      if (slot != null && value == null) {
        if (sequence(slot) != null) {
          throw item.node().bad("takes tensors, '" + slot + "' is a sequence");
        }
        if (Boolean.FALSE.equals(isPresent(slot))) {
          throw item.node().bad("needs '" + slot + "', an optional value that is not there");
        }
        return null;
      }
      inputs.add(value);
    }
    int opset = model.opset(item.node());
    List<@Nullable Value> meant = OldOpsets.inputs(item.node(), opset, inputs, graph);
    return new NodeScope(item.node(), opset, meant, graph, budget);
  }

  /** The value of a slot in this stage's graph, or null if it is not there yet. */
  @Nullable Value value(Slot named) {
    Slot slot = bindings.find(named);
    Value value = values.get(slot);
    if (value != null) {
      return value;
    }
    Tensor constant = bindings.constants.get(slot);
    TensorType type = bindings.computed.get(slot);
    if (constant != null) {
      values.put(slot, graph.constant(slot.toString(), constant));
    } else if (type != null && type.shape().elements() == 0) {
      values.put(slot, graph.constant(slot.toString(), Tensor.empty(type)));
    } else if (type != null) {
      input(slot, type);
    }
    return values.get(slot);
  }

  /** The values of a slot, or null if they are not known. */
  @Nullable Tensor constant(Slot named) {
    Slot slot = bindings.find(named);
    Tensor constant = bindings.constants.get(slot);
    Value value = values.get(slot);
    return constant != null || value == null ? constant : graph.constantOf(value);
  }

  /** The slots of a sequence, or null if it is none or not known. */
  @Nullable List<Slot> sequence(Slot slot) {
    return bindings.sequences.get(bindings.find(slot));
  }

  /** Says that importing waits for the values of this slot, if it has been computed. */
  private void ask(Slot named) {
    Slot slot = bindings.find(named);
    if (values.containsKey(slot) || bindings.computed.containsKey(slot)) {
      asked.add(slot);
    }
  }

  void bind(@Nullable Slot slot, Value value) {
    if (slot != null) {
      values.put(slot, value);
    }
  }

  void bind(@Nullable Slot slot, Tensor constant) {
    if (slot != null) {
      bindings.constants.put(slot, constant);
    }
  }

  void bind(@Nullable Slot slot, List<Slot> sequence) {
    if (slot != null) {
      bindings.listed += sequence.size();
      if (bindings.listed > Limits.LISTED) {
        throw new UnsupportedModelException(
            List.of("sequences of more than " + Limits.LISTED + " elements together"));
      }
      bindings.sequences.put(slot, List.copyOf(sequence));
    }
  }

  /** For an optional value that is not there. */
  void bindNothing(@Nullable Slot slot) {
    if (slot != null) {
      bindings.absent.add(slot);
    }
  }

  /** Whether an optional value is there, or null if that is not known yet. */
  @Nullable Boolean isPresent(Slot named) {
    Slot slot = bindings.find(named);
    if (bindings.absent.contains(slot)) {
      return false;
    }
    return (sequence(slot) != null || value(slot) != null) ? true : null;
  }

  /** Makes a slot another name of something that may or may not have been computed. */
  void alias(@Nullable Slot slot, Slot of) {
    if (slot != null) {
      bindings.alias(slot, of);
    }
  }

  /** The values of a slot; if they are not known, null after asking for them. */
  @Nullable Tensor known(Slot slot) {
    Tensor constant = constant(slot);
    if (constant == null) {
      ask(slot);
    }
    return constant;
  }

  /** A slot of its own that stands for a tensor which is known. */
  Slot make(String name, Tensor tensor) {
    Slot slot = new Slot(name);
    bindings.constants.put(slot, tensor);
    return slot;
  }

  /** Puts nodes before all that are still to be imported. */
  void first(List<Item> items) {
    items.reversed().forEach(work::addFirst);
  }

  /**
   * The nodes of a body for once.
   *
   * @param inputs of the body
   * @param items where the nodes are added
   * @return slots of the outputs
   */
  List<Slot> expand(Item owner, OnnxBody body, List<Slot> inputs, List<Item> items) {
    bindings.expanded += body.nodes().size() + 1;
    if (bindings.expanded > Limits.EXPANDED_NODES) {
      throw new UnsupportedModelException(
          List.of(
              "node '"
                  + owner.node().label()
                  + "' ("
                  + owner.node().operator()
                  + "): branches and loops of more than "
                  + Limits.EXPANDED_NODES
                  + " nodes"));
    }
    String suffix = "@" + bindings.expanded;
    Scope scope = new Scope(owner.scope());
    for (int i = 0; i < inputs.size(); i++) {
      scope.define(body.inputs().get(i), inputs.get(i));
    }
    body.initializers().forEach((name, t) -> scope.define(name, make(name, t)));
    items.addAll(items(body.nodes(), scope, suffix));
    return body.outputs().stream().map(scope::find).toList();
  }

  /** Nodes in a scope, where their outputs are defined. */
  static List<Item> items(List<OnnxNode> nodes, Scope scope, String suffix) {
    List<Item> items = new ArrayList<>();
    for (OnnxNode node : nodes) {
      List<@Nullable Slot> in = scope.findAll(node.inputs());
      List<@Nullable Slot> out = new ArrayList<>();
      for (String name : node.outputs()) {
        Slot slot = name.isEmpty() ? null : new Slot(name + suffix);
        if (slot != null) {
          scope.define(name, slot);
        }
        out.add(slot);
      }
      items.add(new Item(node, scope, in, out));
    }
    return items;
  }
}
