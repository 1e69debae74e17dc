package dev.tilewright;

import dev.tilewright.conv.Weights;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Op;
import dev.tilewright.op.Operators;
import dev.tilewright.plan.Planner;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a model's plans share: folded constants, packed weights, constants in native
 * memory. A plan for a second input size finds the same tensors and packs nothing again. Safe for
 * use by several threads.
 */
final class ModelMemory implements Planner.ModelMemory, GraphBuilder.Folder {
  private record Folded(Op op, List<Tensor> in) {}

  private record Derived(Object recipe, List<Tensor> from) {}

  private record Pair(Tensor filter, @Nullable Tensor bias) {}

  private record Small(TensorType type, ByteBuffer values) {}

  /** Elements of a tensor that is told by its values. */
  private static final int SMALL = 8;

  /** How many such tensors are kept: shapes computed from many input sizes are among them. */
  private static final int KEPT_SMALL = 4096;

  private final Arena arena;
  private final Map<Small, Tensor> interned = new ConcurrentHashMap<>();
  private final Map<Folded, List<Tensor>> folded = new ConcurrentHashMap<>();
  private final Map<Derived, Tensor> derived = new ConcurrentHashMap<>();
  private final Map<Pair, Weights> weights = new ConcurrentHashMap<>();
  private final Map<Tensor, Tensor> resident = new ConcurrentHashMap<>();

  /** Tensors of the model file and what is computed from them alone: the same in every plan. */
  private final Set<Tensor> lasting = ConcurrentHashMap.newKeySet();

  ModelMemory(Arena arena, Iterable<Tensor> ofTheFile) {
    this.arena = arena;
    ofTheFile.forEach(lasting::add);
  }

  @Override
  public List<Tensor> fold(Op op, List<Tensor> given, List<TensorType> out) {
    List<Tensor> in = given.stream().map(this::interned).toList();
    if (!lasting.containsAll(in)) {
      return Operators.evaluate(op, in, out); // depends on the input's shape: not worth keeping
    }
    return folded.computeIfAbsent(
        new Folded(op, in),
        f -> {
          List<Tensor> results = Operators.evaluate(op, in, out, arena);
          lasting.addAll(results);
          return results;
        });
  }

  @Override
  public Tensor derive(Object recipe, List<Tensor> from, Supplier<Tensor> compute) {
    if (!lasting.containsAll(from)) {
      return compute.get();
    }
    return derived.computeIfAbsent(
        new Derived(recipe, from),
        d -> {
          Tensor result = compute.get();
          lasting.add(result);
          return result;
        });
  }

  /**
   * The small constants that an importer makes up, such as an epsilon, are told by their values.
   */
  private Tensor interned(Tensor tensor) {
    if (lasting.contains(tensor) || tensor.shape().elements() > SMALL) {
      return tensor;
    }
    byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    Small small = new Small(tensor.type(), ByteBuffer.wrap(bytes));
    if (interned.size() >= KEPT_SMALL) {
      return interned.getOrDefault(small, tensor);
    }
    Tensor same = interned.computeIfAbsent(small, k -> tensor);
    lasting.add(same);
    return same;
  }

  /** Whether the tensor is the same in every plan. */
  boolean isLasting(Tensor tensor) {
    return lasting.contains(tensor);
  }

  @Override
  public Weights weights(Tensor filter, @Nullable Tensor bias) {
    return weights.computeIfAbsent(new Pair(filter, bias), p -> new Weights(filter, bias, arena));
  }

  @Override
  public Tensor resident(Tensor constant) {
    return lasting.contains(constant)
        ? resident.computeIfAbsent(constant, t -> copy(t, arena))
        : copy(constant, Arena.ofAuto());
  }

  private static Tensor copy(Tensor tensor, Arena arena) {
    long bytes = tensor.type().bytes();
    MemorySegment memory = arena.allocate(Math.max(64, bytes), 64).asSlice(0, bytes);
    return new Tensor(tensor.type(), memory.copyFrom(tensor.data()));
  }

  @Override
  public long packedBytes() {
    return weights.values().stream().mapToLong(Weights::packedBytes).sum();
  }
}
