package dev.tilewright.onnx;

import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All that the import of a stage depends on, besides the stage before it: the types of what ran in
 * between, and the values that were asked for. Two that are equal lead to the same stage.
 */
public final class StageKey {
  private final Map<Slot, TensorType> types;
  private final Map<Slot, Tensor> known;

  /**
   * @param known values in memory that stays as it is
   */
  StageKey(Map<Slot, TensorType> types, Map<Slot, Tensor> known) {
    this.types = new LinkedHashMap<>(types);
    this.known = new LinkedHashMap<>(known);
  }

  Map<Slot, TensorType> types() {
    return types;
  }

  Map<Slot, Tensor> knownSlots() {
    return known;
  }

  /** The values that were asked for. */
  public Collection<Tensor> known() {
    return Collections.unmodifiableCollection(known.values());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof StageKey key
        && types.equals(key.types)
        && known.keySet().equals(key.known.keySet())
        && known.entrySet().stream()
            .allMatch(e -> sameValues(e.getValue(), key.known.get(e.getKey())));
  }

  @Override
  public int hashCode() {
    int hash = types.hashCode();
    for (Tensor tensor : known.values()) {
      hash = 31 * hash + Objects.hash(tensor.type(), tensor.data().asByteBuffer());
    }
    return hash;
  }

  private static boolean sameValues(Tensor a, @Nullable Tensor b) {
    return b != null && a.type().equals(b.type()) && a.data().mismatch(b.data()) == -1;
  }
}
