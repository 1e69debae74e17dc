package dev.tilewright.conv;

import dev.tilewright.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Values of one convolution's filter and bias, and the forms that kernels packed them into. Packing
 * happens once per form, however many plans (input sizes, thread counts) use it, and again where
 * the values are computed in every run. Safe for use by several threads.
 */
public final class Weights {
  private final Tensor filter;
  private final @Nullable Tensor bias;
  private final @Nullable Arena arena;
  private final Map<String, MemorySegment> packed = new ConcurrentHashMap<>();
  private final List<Runnable> packings = new CopyOnWriteArrayList<>();

  /**
   * @param filter [K, C/G, FH, FW] float32
   * @param bias [K] float32, or null
   * @param arena owns the packed forms; null if there are to be no others
   */
  public Weights(Tensor filter, @Nullable Tensor bias, @Nullable Arena arena) {
    this.filter = filter;
    this.bias = bias;
    this.arena = arena;
  }

  /**
   * Weights of which the packed forms alone are known: there is memory for no others.
   *
   * @param forms by name; read only
   */
  public static Weights packedBefore(
      Tensor filter, @Nullable Tensor bias, Map<String, MemorySegment> forms) {
    Weights weights = new Weights(filter, bias, null);
    weights.packed.putAll(forms);
    return weights;
  }

  public Tensor filter() {
    return filter;
  }

  public @Nullable Tensor bias() {
    return bias;
  }

  /**
   * The filter (or bias) in a kernel's own layout.
   *
   * @param form names the layout and everything it depends on but the weights, such as {@code
   *     panels32}; same form, same bytes
   * @param bytes size of the packed form
   * @param packer fills it from the tensors, which may change between calls: what it writes must
   *     not depend on what the memory held. At first that is zeros, 64-byte aligned
   * @throws IllegalStateException if the form has another size, or cannot be packed
   */
  public MemorySegment packed(String form, long bytes, Consumer<MemorySegment> packer) {
    MemorySegment memory =
        packed.computeIfAbsent(
            form,
            f -> {
              if (arena == null) {
                throw new IllegalStateException("not packed before: " + form);
              }
              MemorySegment fresh = arena.allocate(Math.max(64, bytes), 64);
              packer.accept(fresh);
              packings.add(() -> packer.accept(fresh));
              return fresh;
            });
    if (memory.byteSize() != Math.max(64, bytes)) {
      throw new IllegalStateException("packed as " + memory.byteSize() + " bytes: " + form);
    }
    return memory;
  }

  /** What was packed, by the name of the form. */
  public Map<String, MemorySegment> forms() {
    return Map.copyOf(packed);
  }

  /** Packs every form anew, in the order in which they were asked for. */
  public void repack() {
    for (int i = 0; i < packings.size(); i++) {
      packings.get(i).run();
    }
  }

  /** Bytes of all packed forms. */
  public long packedBytes() {
    return packed.values().stream().mapToLong(MemorySegment::byteSize).sum();
  }
}
