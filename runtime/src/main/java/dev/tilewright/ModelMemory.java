package dev.tilewright;

import dev.tilewright.backend.PagedArena;
import dev.tilewright.conv.Weights;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Op;
import dev.tilewright.op.Operators;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Reads;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
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

  /** How constants are computed again that take no memory between plans, and in which order. */
  private record Again(List<Tensor> results, Function<Arena, List<Tensor>> compute) {}

  private record Small(TensorType type, ByteBuffer values) {}

  /** Elements of a tensor that is told by its values. */
  private static final int SMALL = 8;

  /** How many such tensors are kept: shapes computed from many input sizes are among them. */
  private static final int KEPT_SMALL = 4096;

  /**
   * How many times the bytes of the file's tensors may be kept in constants computed from them, and
   * bytes beside: weights are transposed, scaled and composed once, but a part of one that data
   * choose is another part in every run.
   */
  private static final int KEPT_TIMES = 8;

  private static final long KEPT_BYTES = 4L << 20;

  /** Of an entry, besides its values. */
  private static final long ENTRY_BYTES = 512;

  private final Arena arena;
  private final PagedArena computed;
  private final Map<Small, Tensor> interned = new ConcurrentHashMap<>();
  private final Map<Folded, List<Tensor>> folded = new ConcurrentHashMap<>();
  private final Map<Derived, Tensor> derived = new ConcurrentHashMap<>();
  private final Map<Pair, Weights> weights = new ConcurrentHashMap<>();
  private final Map<Tensor, Tensor> resident = new ConcurrentHashMap<>();

  /** Tensors of the model file and what is computed from them alone: the same in every plan. */
  private final Set<Tensor> lasting = ConcurrentHashMap.newKeySet();

  /** Tensors that are values of a run, or computed from some, as long as anybody has them. */
  private final Set<Tensor> passing =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private final Queue<Again> again = new ConcurrentLinkedQueue<>();

  /** Tensors that runs read: they stay. */
  private final Set<Tensor> read = ConcurrentHashMap.newKeySet();

  private final Set<Tensor> cleared = new HashSet<>();
  private boolean shown;

  private final long most;
  private final AtomicLong kept = new AtomicLong();

  /**
   * @param computed for constants that are computed from the file's
   */
  ModelMemory(Arena arena, PagedArena computed, Iterable<Tensor> ofTheFile) {
    this.arena = arena;
    this.computed = computed;
    long bytes = KEPT_BYTES;
    for (Tensor tensor : ofTheFile) {
      lasting.add(tensor);
      bytes += KEPT_TIMES * tensor.type().bytes();
    }
    most = bytes;
  }

  @Override
  public List<Tensor> fold(Op op, List<Tensor> given, List<TensorType> out) {
    List<Tensor> in = given.stream().map(this::interned).toList();
    if (!lasting.containsAll(in)) {
      return Operators.evaluate(op, in, out); // depends on the input's shape: not worth keeping
    }
    Folded key = new Folded(op, in);
    if (!folded.containsKey(key) && !hasRoomFor(out)) {
      return Operators.evaluate(op, in, out);
    }
    return folded.computeIfAbsent(
        key,
        f -> {
          List<Tensor> results = Operators.evaluate(op, in, out, computed);
          again.add(new Again(results, memory -> Operators.evaluate(op, in, out, memory)));
          lasting.addAll(results);
          return results;
        });
  }

  @Override
  public Tensor derive(Object recipe, List<Tensor> given, Function<Arena, Tensor> compute) {
    List<Tensor> from = given.stream().map(this::interned).toList();
    if (!lasting.containsAll(from)) {
      return compute.apply(Arena.ofAuto());
    }
    Derived key = new Derived(recipe, from);
    Tensor known = derived.get(key);
    if (known != null) {
      return known;
    }
    boolean room = kept.get() < most;
    Tensor result = compute.apply(room ? computed : Arena.ofAuto());
    if (!room || !hasRoomFor(List.of(result.type()))) {
      return result;
    }
    again.add(new Again(List.of(result), memory -> List.of(compute.apply(memory))));
    Tensor first = derived.putIfAbsent(key, result);
    lasting.add(first == null ? result : first);
    return first == null ? result : first;
  }

  /**
   * Gives back the memory of computed constants that no run reads: packed weights need not be in
   * memory twice. ResNet-50: 383 MB resident, 292 so. Until {@link #restore} nobody may read them.
   *
   * @param reads of the plan that was made last
   */
  synchronized void clear(Reads reads) {
    read.addAll(reads.values());
    if (shown) {
      return;
    }
    for (Again a : again) {
      for (Tensor tensor : a.results) {
        if (!cleared.contains(tensor) && !isRead(tensor) && computed.clear(tensor.data())) {
          cleared.add(tensor);
        }
      }
    }
  }

  /** A tensor may be a view of another one's memory. */
  private boolean isRead(Tensor tensor) {
    return read.stream().anyMatch(t -> t.data().asOverlappingSlice(tensor.data()).isPresent());
  }

  /** Computes again what {@link #clear} gave back. */
  synchronized void restore() {
    for (Again a : again) {
      if (cleared.isEmpty()) {
        return;
      }
      if (a.results.stream().anyMatch(cleared::contains)) {
        try (Arena memory = Arena.ofShared()) { // arithmetic may share the work
          List<Tensor> values = a.compute.apply(memory);
          for (int i = 0; i < values.size(); i++) {
            a.results.get(i).data().copyFrom(values.get(i).data());
          }
        }
        a.results.forEach(cleared::remove);
      }
    }
  }

  /** The same, for good: somebody else may read them from now on. */
  synchronized void show() {
    restore();
    shown = true;
  }

  /** Bytes of constants that have been given back. */
  synchronized long clearedBytes() {
    return cleared.stream().mapToLong(t -> t.type().bytes()).sum();
  }

  private boolean hasRoomFor(List<TensorType> types) {
    long bytes = ENTRY_BYTES + types.stream().mapToLong(TensorType::bytes).sum();
    if (kept.addAndGet(bytes) <= most) {
      return true;
    }
    kept.addAndGet(-bytes);
    return false;
  }

  /** Bytes of constants computed from the file's. */
  long keptBytes() {
    return kept.get();
  }

  /** Says that these are values of a run: what is computed from them is not kept. */
  void pass(Collection<Tensor> values) {
    passing.addAll(values);
  }

  /** Whether one of them is a value of a run, or computed from some. */
  boolean isPassing(List<Tensor> tensors) {
    return tensors.stream().anyMatch(passing::contains);
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
        ? resident.computeIfAbsent(constant, t -> t.copy(arena))
        : constant.copy(Arena.ofAuto());
  }

  @Override
  public long packedBytes() {
    return weights.values().stream().mapToLong(Weights::packedBytes).sum();
  }
}
