package dev.tilewright.onnx;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Branches and loops. A node with graphs inside is replaced by the nodes of the branch that is
 * taken, or of one iteration and the rest of the loop: what runs has neither.
 */
final class ControlFlow {
  private static final Tensor TRUE =
      new Tensor(new TensorType(DType.BOOL, Shape.SCALAR), MemorySegment.ofArray(new byte[] {1}));

  private ControlFlow() {}

  static boolean branch(Item item, StageImporter stage) {
    Boolean condition = condition(item, 0, stage);
    if (condition == null) {
      return false;
    }
    OnnxBody body = item.node().body(condition ? "then_branch" : "else_branch");
    if (!body.inputs().isEmpty() || body.outputs().size() < item.out().size()) {
      throw item.node().bad("a branch takes nothing and gives " + item.out().size() + " results");
    }
    List<Item> items = new ArrayList<>();
    List<Slot> results = stage.expand(item, body, List.of(), items);
    stage.first(items);
    for (int i = 0; i < item.out().size(); i++) {
      stage.alias(item.out().get(i), results.get(i));
    }
    return true;
  }

  /**
   * Inputs: most iterations, condition, carried values. Of the body: iteration, condition, carried
   * values; it gives the next condition, the next carried values, and a value for each scan output.
   */
  static boolean loop(Item item, StageImporter stage) {
    OnnxBody body = item.node().body("body");
    List<@Nullable Slot> carried =
        item.in().subList(Math.min(2, item.in().size()), item.in().size());
    int scans = item.out().size() - carried.size();
    if (scans < 0
        || body.inputs().size() != 2 + carried.size()
        || body.outputs().size() != 1 + carried.size() + scans) {
      throw item.node().bad("inputs and outputs of the loop and of its body do not fit");
    }
    Long most = most(item, stage);
    Boolean goesOn = condition(item, 1, stage);
    if (most == null || goesOn == null) {
      return false;
    }
    Item.LoopState state = item.loop() == null ? Item.LoopState.START : item.loop();
    if (!goesOn || state.iteration() >= most) {
      return end(item, carried, state, body, stage);
    }
    List<Slot> inputs = new ArrayList<>();
    String iteration = body.inputs().getFirst();
    inputs.add(stage.make(iteration, Tensor.of(Shape.SCALAR, state.iteration())));
    inputs.add(stage.make(body.inputs().get(1), TRUE));
    carried.forEach(slot -> inputs.add(given(item, slot)));
    List<Item> items = new ArrayList<>();
    List<Slot> results = stage.expand(item, body, inputs, items);
    items.add(rest(item, state, results, scans));
    stage.first(items);
    return true;
  }

  /** The loop after one more iteration. A condition that is left out stays so. */
  private static Item rest(Item item, Item.LoopState state, List<Slot> results, int scans) {
    List<@Nullable Slot> in = new ArrayList<>(item.in());
    for (int i = 1; i < in.size(); i++) {
      in.set(i, i == 1 && in.get(1) == null ? null : results.get(i - 1));
    }
    List<Slot> scanned = results.subList(results.size() - scans, results.size());
    Item.LoopState next = new Item.LoopState(state.iteration() + 1, scanned, state);
    return new Item(item.node(), item.scope(), in, item.out(), next);
  }

  /** The carried values are results, and so are the values of each scan, stacked. */
  private static boolean end(
      Item item,
      List<@Nullable Slot> carried,
      Item.LoopState state,
      OnnxBody body,
      StageImporter stage) {
    for (int i = 0; i < carried.size(); i++) {
      stage.alias(item.out().get(i), given(item, carried.get(i)));
    }
    boolean done = true;
    for (int place = carried.size(); place < item.out().size(); place++) {
      Slot out = item.out().get(place);
      List<Slot> parts = state.scan(place - carried.size());
      if (out == null || stage.value(out) != null) {
        continue;
      }
      if (parts.isEmpty()) {
        stage.bind(out, nothing(item, body.outputs().get(1 + place), body));
        continue;
      }
      NodeScope n = stage.scope(item, parts);
      if (n == null) {
        done = false;
      } else {
        stage.bind(out, ImportShapes.stack(n, 0));
      }
    }
    return done;
  }

  /** What a scan without iterations gives: open dimensions are 0, as in ONNX Runtime. */
  private static Tensor nothing(Item item, String output, OnnxBody body) {
    Signature type = body.types().get(output);
    if (type == null) {
      throw new UnsupportedModelException(
          List.of(
              "node '" + item.node().label() + "' (Loop): no iteration, and no type of " + output));
    }
    List<Integer> dims = new ArrayList<>(List.of(0));
    type.dims().forEach(dim -> dims.add(Math.max(0, dim.size())));
    return Tensor.empty(new TensorType(type.dtype(), new Shape(dims)));
  }

  private static @Nullable Long most(Item item, StageImporter stage) {
    Slot slot = item.in().isEmpty() ? null : item.in().getFirst();
    if (slot == null) {
      return Long.MAX_VALUE;
    }
    Tensor tensor = stage.known(slot);
    return tensor == null ? null : only(item, tensor);
  }

  /** A condition that is left out is true; null if it is not known yet. */
  private static @Nullable Boolean condition(Item item, int input, StageImporter stage) {
    Slot slot = input < item.in().size() ? item.in().get(input) : null;
    if (slot == null) {
      return true;
    }
    Tensor tensor = stage.known(slot);
    return tensor == null ? null : only(item, tensor) != 0;
  }

  private static long only(Item item, Tensor tensor) {
    if (tensor.shape().elements() != 1 || tensor.dtype() == DType.FLOAT32) {
      throw item.node().bad("needs one integer or truth value, got " + tensor.type());
    }
    return tensor.toLongs()[0];
  }

  private static Slot given(Item item, @Nullable Slot slot) {
    if (slot == null) {
      throw item.node().bad("a carried value is missing");
    }
    return slot;
  }
}
