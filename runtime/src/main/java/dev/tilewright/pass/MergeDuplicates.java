package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The same operator on the same inputs is computed once. Constants are the same if their values
 * are: exporters write a number anew wherever it is used.
 */
final class MergeDuplicates implements Pass {
  /** Bytes of a constant, at each end, that tell it from most others. */
  private static final long SAMPLE = 64;

  /**
   * What two nodes must share before their constants are compared.
   *
   * @param inputs null is for a constant
   * @param samples of the constants: thousands of nodes may differ in nothing but a number
   */
  private record Key(
      Op op, List<@Nullable Value> inputs, List<TensorType> constants, List<Integer> samples) {}

  private record Computed(List<Tensor> constants, Value output) {}

  private final Map<Key, List<Computed>> computed = new HashMap<>();

  @Override
  public void rewrite(Rewriter.At at) {
    Node node = at.node();
    if (node.outputs().size() != 1) {
      at.keep();
      return;
    }
    List<@Nullable Value> inputs = new ArrayList<>();
    List<Tensor> constants = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      Tensor constant = at.constant(at.in(i));
      inputs.add(constant == null ? at.in(i) : null);
      if (constant != null) {
        constants.add(constant);
      }
    }
    Key key =
        new Key(
            node.op(),
            inputs,
            constants.stream().map(Tensor::type).toList(),
            constants.stream().map(MergeDuplicates::sample).toList());
    List<Computed> candidates = computed.computeIfAbsent(key, k -> new ArrayList<>());
    for (Computed candidate : candidates) {
      if (areEqual(candidate.constants, constants)) {
        at.replace(candidate.output);
        return;
      }
    }
    at.keep();
    candidates.add(new Computed(constants, at.out()));
  }

  private static int sample(Tensor tensor) {
    MemorySegment data = tensor.data();
    long end = Math.min(SAMPLE, data.byteSize());
    return 31 * hash(data.asSlice(0, end)) + hash(data.asSlice(data.byteSize() - end, end));
  }

  private static int hash(MemorySegment bytes) {
    return Arrays.hashCode(bytes.toArray(ValueLayout.JAVA_BYTE));
  }

  private static boolean areEqual(List<Tensor> a, List<Tensor> b) {
    for (int i = 0; i < a.size(); i++) {
      if (a.get(i).data().mismatch(b.get(i).data()) >= 0) {
        return false;
      }
    }
    return true;
  }
}
