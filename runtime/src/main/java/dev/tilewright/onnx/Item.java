package dev.tilewright.onnx;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A node that is to be imported, in one expansion of the graph it is in.
 *
 * @param scope what the names in graphs inside the node mean
 * @param in null where an input is left out
 * @param out null where an output is not wanted
 * @param loop how far a loop has been unrolled; null at its beginning and for other nodes
 */
record Item(
    OnnxNode node,
    Scope scope,
    List<@Nullable Slot> in,
    List<@Nullable Slot> out,
    @Nullable LoopState loop) {

  /**
   * @param iteration the next one
   * @param scanned what the latest iteration gave to the scan outputs
   * @param before the state before that iteration; null at the first
   */
  record LoopState(long iteration, List<Slot> scanned, @Nullable LoopState before) {
    static final LoopState START = new LoopState(0, List.of(), null);

    /** What all iterations so far gave to one scan output. */
    List<Slot> scan(int output) {
      List<Slot> all = new ArrayList<>();
      for (LoopState at = this; at.before != null; at = at.before) {
        all.add(at.scanned.get(output));
      }
      return all.reversed();
    }
  }

  Item(OnnxNode node, Scope scope, List<@Nullable Slot> in, List<@Nullable Slot> out) {
    this(node, scope, in, out, null);
  }

  /** Everything it may read: its inputs, and what graphs inside it take from around. */
  List<Slot> reads() {
    List<Slot> reads = new ArrayList<>();
    for (Slot slot : in) {
      if (slot != null) {
        reads.add(slot);
      }
    }
    node.bodies().values().forEach(body -> body.captured().forEach(n -> reads.add(scope.find(n))));
    for (LoopState at = loop; at != null; at = at.before) {
      reads.addAll(at.scanned);
    }
    return reads;
  }
}
