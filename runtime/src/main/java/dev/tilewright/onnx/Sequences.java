package dev.tilewright.onnx;

import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Lists of tensors, and optional values. They exist while a model is imported only: what is put in
 * at one place is found again at another, so the positions have to be known, and no kernel ever
 * sees a list. At the borders of a model the elements are tensors with names of their own ({@link
 * Signature}).
 */
final class Sequences {
  private Sequences() {}

  /** Of tensors and of lists. */
  static boolean identity(Item item, StageImporter stage) {
    stage.alias(item.out().getFirst(), input(item, 0));
    return true;
  }

  /** A value that is there, or with no input one that is not. */
  static boolean optional(Item item, StageImporter stage) {
    if (item.in().isEmpty()) {
      stage.bindNothing(item.out().getFirst());
      return true;
    }
    return identity(item, stage);
  }

  /** Whether an optional value is there; one that is left out is not. */
  static boolean isThere(Item item, StageImporter stage) {
    Slot slot = item.in().isEmpty() ? null : item.in().getFirst();
    Boolean there = slot == null ? Boolean.FALSE : stage.isPresent(slot);
    if (there != null) {
      stage.bind(item.out().getFirst(), truth(there));
    }
    return there != null;
  }

  static boolean get(Item item, StageImporter stage) {
    Slot slot = input(item, 0);
    if (Boolean.FALSE.equals(stage.isPresent(slot))) {
      throw item.node().bad("'" + slot + "' is an optional value that is not there");
    }
    return identity(item, stage);
  }

  private static Tensor truth(boolean holds) {
    byte[] one = {(byte) (holds ? 1 : 0)};
    return new Tensor(new TensorType(DType.BOOL, Shape.SCALAR), MemorySegment.ofArray(one));
  }

  /** The body for each element; an input that is no sequence is the same for all. */
  static boolean map(Item item, StageImporter stage) {
    OnnxBody body = item.node().body("body");
    List<Slot> first = stage.sequence(input(item, 0));
    List<List<Slot>> columns = new ArrayList<>();
    for (int i = 0; i < item.in().size(); i++) {
      Slot slot = input(item, i);
      List<Slot> elements = stage.sequence(slot);
      if (first == null || stage.isPresent(slot) == null) {
        return false;
      }
      columns.add(elements == null ? Collections.nCopies(first.size(), slot) : elements);
    }
    int size = columns.getFirst().size();
    if (columns.stream().anyMatch(column -> column.size() != size)
        || body.inputs().size() != columns.size()
        || body.outputs().size() < item.out().size()) {
      throw item.node().bad("sequences of different sizes, or a body for others");
    }
    List<Item> items = new ArrayList<>();
    List<List<Slot>> rows = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int element = i;
      List<Slot> inputs = columns.stream().map(column -> column.get(element)).toList();
      rows.add(stage.expand(item, body, inputs, items));
    }
    stage.first(items);
    for (int i = 0; i < item.out().size(); i++) {
      int output = i;
      stage.bind(item.out().get(i), rows.stream().map(row -> row.get(output)).toList());
    }
    return true;
  }

  static boolean empty(Item item, StageImporter stage) {
    stage.bind(item.out().getFirst(), List.of());
    return true;
  }

  static boolean construct(Item item, StageImporter stage) {
    List<Slot> elements = new ArrayList<>();
    for (int i = 0; i < item.in().size(); i++) {
      elements.add(input(item, i));
    }
    stage.bind(item.out().getFirst(), elements);
    return true;
  }

  static boolean length(Item item, StageImporter stage) {
    List<Slot> elements = stage.sequence(input(item, 0));
    if (elements == null) {
      return false;
    }
    stage.bind(item.out().getFirst(), Tensor.of(Shape.SCALAR, (long) elements.size()));
    return true;
  }

  static boolean at(Item item, StageImporter stage) {
    List<Slot> elements = stage.sequence(input(item, 0));
    Long position = position(item, 1, stage);
    if (elements == null || position == null) {
      return false;
    }
    stage.alias(item.out().getFirst(), elements.get(index(item, position, elements.size())));
    return true;
  }

  /** Before a position, or at the end. */
  static boolean insert(Item item, StageImporter stage) {
    List<Slot> elements = stage.sequence(input(item, 0));
    boolean positioned = item.in().size() > 2 && item.in().get(2) != null;
    Long position = positioned ? position(item, 2, stage) : null;
    if (elements == null || (positioned && position == null)) {
      return false;
    }
    int size = elements.size();
    List<Slot> more = new ArrayList<>(elements);
    int place = position == null || position == size ? size : index(item, position, size);
    more.add(place, input(item, 1));
    stage.bind(item.out().getFirst(), more);
    return true;
  }

  /** At a position, or at the end. */
  static boolean erase(Item item, StageImporter stage) {
    List<Slot> elements = stage.sequence(input(item, 0));
    boolean positioned = item.in().size() > 1 && item.in().get(1) != null;
    Long position = positioned ? position(item, 1, stage) : Long.valueOf(-1);
    if (elements == null || position == null) {
      return false;
    }
    List<Slot> fewer = new ArrayList<>(elements);
    fewer.remove(index(item, position, elements.size()));
    stage.bind(item.out().getFirst(), fewer);
    return true;
  }

  /** Equal parts of a scalar split, given ones of a list; without it slices that lose the axis. */
  static boolean split(Item item, StageImporter stage) {
    NodeScope n = stage.scope(item, item.in());
    boolean stated = item.in().size() > 1 && item.in().get(1) != null;
    if (n == null || (stated && stage.known(input(item, 1)) == null)) {
      return false;
    }
    Shape shape = n.shape(0);
    int axis = n.axis(n.node().integer("axis", 0), shape.rank());
    long size = shape.dim(axis);
    Tensor given = n.maybeConstant(1);
    List<Long> sizes;
    if (size > Limits.NODES && (given == null || given.shape().rank() == 0)) {
      throw n.unsupported("a sequence of " + shape + " along axis " + axis);
    }
    if (given == null) {
      sizes = Collections.nCopies(Math.toIntExact(size), 1L);
    } else if (given.shape().rank() == 0) {
      long part = given.toLongs()[0];
      if (part <= 0) {
        throw n.node().bad("parts of " + part);
      }
      sizes =
          LongStream.range(0, Math.ceilDiv(size, part))
              .map(i -> Math.min(part, size - i * part))
              .boxed()
              .toList();
    } else {
      sizes = LongStream.of(given.toLongs()).boxed().toList();
    }
    List<Value> parts = ImportSlices.parts(n, axis, sizes, sizes.size());
    boolean keep = given != null || n.node().integer("keepdims", 1) != 0;
    List<Slot> elements = new ArrayList<>();
    for (Value part : parts) {
      Slot slot = new Slot(item.node().label() + "[" + elements.size() + "]");
      stage.bind(slot, keep ? part : withoutAxis(n, part, axis));
      elements.add(slot);
    }
    stage.bind(item.out().getFirst(), elements);
    return true;
  }

  private static Value withoutAxis(NodeScope n, Value part, int axis) {
    List<Integer> dims = new ArrayList<>(part.shape().dims().subList(0, axis));
    dims.addAll(part.shape().dims().subList(axis + 1, part.shape().rank()));
    return n.reshape(part, dims);
  }

  /** Along an axis there is, or stacked along a new one. */
  static boolean concat(Item item, StageImporter stage) {
    List<Slot> elements = stage.sequence(input(item, 0));
    if (elements == null) {
      return false;
    }
    if (elements.isEmpty()) {
      throw item.node().bad("nothing to concatenate");
    }
    NodeScope n = stage.scope(item, elements);
    if (n == null) {
      return false;
    }
    Value result = n.node().integer("new_axis", 0) == 0 ? ImportShapes.concat(n) : stack(n);
    stage.bind(item.out().getFirst(), result);
    return true;
  }

  private static Value stack(NodeScope n) {
    return ImportShapes.stack(n, n.node().integer("axis", 0));
  }

  private static Slot input(Item item, int i) {
    Slot slot = i < item.in().size() ? item.in().get(i) : null;
    if (slot == null) {
      throw item.node().bad("input " + i + " is missing");
    }
    return slot;
  }

  /** A position that is known, or null after asking for it. */
  private static @Nullable Long position(Item item, int i, StageImporter stage) {
    Tensor tensor = stage.known(input(item, i));
    if (tensor == null) {
      return null;
    }
    if (tensor.shape().elements() != 1) {
      throw item.node().bad("a position must be one number, is " + tensor.type());
    }
    return tensor.toLongs()[0];
  }

  private static int index(Item item, long position, int size) {
    if (position < -size || position >= size) {
      throw item.node().bad("position " + position + " in a sequence of " + size);
    }
    return (int) (position < 0 ? position + size : position);
  }
}
