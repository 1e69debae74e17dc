package dev.tilewright.pass;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A filter full of zeros may fall into parts that share no channel: in another order of channels it
 * is one of more groups. Layers whose filters look at some channels in one way and at others in
 * another are exported as sums of such (PSConv, Li et al. 2020).
 */
final class GroupZeros implements Pass {
  /**
   * Multiplications that are worth copying one value, to bring the channels into order. Two tensors
   * are moved through memory, and narrow groups fill vectors badly.
   */
  private static final int COPY = 16;

  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Conv;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    Tensor filter = at.op() instanceof Op.Conv ? at.constant(at.in(1)) : null;
    if (filter != null
        && at.op() instanceof Op.Conv conv
        && conv.epilogue().activation() instanceof Activation.None
        && !conv.epilogue().residual()
        && filter.shape().elements() > 0) {
      int channels = at.in(0).shape().last();
      List<Part> parts = parts(filter, channels, conv.groups());
      if (parts != null && isWorth(filter.shape(), channels, conv.groups(), parts.size())) {
        at.replace(grouped(at, conv, filter, parts));
        return;
      }
    }
    at.keep();
  }

  /** Outputs and the channels that they see, both ascending. */
  private record Part(List<Integer> outputs, List<Integer> channels) {}

  /**
   * The parts of a filter, if they are more than its groups and all of one size; else null. A dense
   * filter is known by one output of each group: nothing more of it is read.
   */
  private static @Nullable List<Part> parts(Tensor filter, int channels, int groups) {
    Shape shape = filter.shape();
    int outputs = shape.dim(0);
    int width = shape.dim(1);
    int taps = (int) shape.product(2, 4);
    int[] leader = new int[channels]; // of the channels that belong together
    for (int c = 0; c < channels; c++) {
      leader[c] = c;
    }
    int apart = channels; // sets of channels that belong together
    int[] seen = new int[outputs]; // one channel that the output sees
    float[] row = new float[width * taps];
    for (int k = 0; k < outputs; k++) {
      if (apart == groups) {
        return null; // at least that many are left: no output sees channels of two groups
      }
      MemorySegment.copy(
          filter.data(), JAVA_FLOAT_UNALIGNED, 4L * k * row.length, row, 0, row.length);
      seen[k] = -1;
      for (int c = 0; c < width; c++) {
        if (isZero(row, c * taps, taps)) {
          continue;
        }
        int channel = k / (outputs / groups) * width + c;
        if (seen[k] >= 0) {
          int a = find(leader, channel);
          int b = find(leader, seen[k]);
          leader[a] = b;
          apart -= a == b ? 0 : 1;
        }
        seen[k] = channel;
      }
      if (seen[k] < 0) {
        return null;
      }
    }
    Map<Integer, Part> parts = new LinkedHashMap<>();
    for (int k = 0; k < outputs; k++) {
      int first = find(leader, seen[k]);
      parts
          .computeIfAbsent(first, f -> new Part(new ArrayList<>(), new ArrayList<>()))
          .outputs
          .add(k);
    }
    for (int c = 0; c < channels; c++) {
      Part part = parts.get(find(leader, c));
      if (part == null) {
        return null; // nobody sees it
      }
      part.channels.add(c);
    }
    boolean even =
        parts.values().stream()
            .allMatch(p ->
                p.outputs.size() * parts.size() == outputs
                    && p.channels.size() * parts.size() == channels);
    return even && parts.size() > groups ? List.copyOf(parts.values()) : null;
  }

  private static boolean isZero(float[] values, int from, int count) {
    for (int i = from; i < from + count; i++) {
      if (values[i] != 0) {
        return false;
      }
    }
    return true;
  }

  private static int find(int[] leader, int c) {
    while (leader[c] != c) {
      c = leader[c] = leader[leader[c]];
    }
    return c;
  }

  private static boolean isWorth(Shape filter, int channels, int groups, int parts) {
    long before = filter.elements();
    long saved = before - before * groups / parts;
    return saved >= (long) COPY * (channels + filter.dim(0));
  }

  private static Value grouped(Rewriter.At at, Op.Conv conv, Tensor filter, List<Part> parts) {
    List<Integer> channels = parts.stream().flatMap(p -> p.channels.stream()).toList();
    List<Integer> outputs = parts.stream().flatMap(p -> p.outputs.stream()).toList();
    Shape shape = filter.shape();
    int width = channels.size() / parts.size();
    Shape dense = Shape.of(shape.dim(0), width, shape.dim(2), shape.dim(3));
    Node node = at.node();
    List<Value> in = new ArrayList<>();
    in.add(at.inOrder(at.in(0), 3, channels));
    in.add(
        at.derive(
            List.of("group zeros", conv.groups()),
            List.of(filter),
            arena -> Tensor.of(dense, packed(filter, conv.groups(), parts))));
    if (conv.epilogue().bias()) {
      in.add(at.inOrder(at.in(2), 0, outputs));
    }
    Op op = new Op.Conv(conv.window(), parts.size(), conv.epilogue());
    Value value = at.emit(node.name(), op, in);
    return at.inOrder(value, 3, new Permutation(outputs).inverse().order());
  }

  private static float[] packed(Tensor filter, int groups, List<Part> parts) {
    Shape shape = filter.shape();
    float[] values = filter.toFloats();
    int width = shape.dim(1);
    int taps = (int) shape.product(2, 4);
    int size = parts.getFirst().channels.size();
    float[] packed = new float[shape.dim(0) * size * taps];
    int at = 0;
    for (Part part : parts) {
      for (int k : part.outputs) {
        int first = k / (shape.dim(0) / groups) * width;
        for (int c : part.channels) {
          System.arraycopy(values, (k * width + c - first) * taps, packed, at, taps);
          at += taps;
        }
      }
    }
    return packed;
  }
}
