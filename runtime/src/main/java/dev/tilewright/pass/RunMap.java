package dev.tilewright.pass;

import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What moves make of a value: runs of its elements, in the order of the result in memory. */
final class RunMap {
  private final Value from;

  /** Elements of a run. */
  private final int length;

  /** For each run of the result, its number in the value, or {@link AxisMoves#ZERO}. */
  private final int[] runs;

  private RunMap(Value from, int length, int[] runs) {
    this.from = from;
    this.length = length;
    this.runs = runs;
  }

  /** The value itself, which has elements. */
  static RunMap of(Value value) {
    return new RunMap(value, Math.toIntExact(value.shape().elements()), new int[] {0});
  }

  Value from() {
    return from;
  }

  int length() {
    return length;
  }

  /** The runs; the array is the map's own. */
  int[] runs() {
    return runs;
  }

  /** Whether all runs of the value are there, each once. */
  boolean isPermutation() {
    int[] sorted = runs.clone();
    Arrays.sort(sorted);
    return (long) runs.length * length == from.shape().elements()
        && IntStream.range(0, sorted.length).allMatch(i -> sorted[i] == i);
  }

  /** The same in shorter runs, which divide those that there are. */
  private RunMap cut(int shorter) {
    int pieces = length / shorter;
    if (pieces == 1) {
      return this;
    }
    int[] cut = new int[runs.length * pieces];
    for (int i = 0; i < cut.length; i++) {
      int run = runs[i / pieces];
      cut[i] = run == AxisMoves.ZERO ? run : run * pieces + i % pieces;
    }
    return new RunMap(from, shorter, cut);
  }

  /**
   * What is left when another move follows.
   *
   * @param in shape of what this map makes
   * @param out shape of the result
   * @param least elements that a run must have
   * @param most runs there may be
   * @return null if runs would be shorter, or more
   */
  @Nullable RunMap then(AxisMoves moves, Shape in, Shape out, int least, int most) {
    int block = moves.block(in, out);
    int shorter = gcd(block, length);
    if (shorter < least || Math.max(in.elements(), out.elements()) / shorter > most) {
      return null;
    }
    RunMap fine = cut(shorter);
    int[] blocks = moves.blocks(in, out);
    int pieces = block / shorter;
    int[] next = new int[blocks.length * pieces];
    for (int i = 0; i < next.length; i++) {
      int source = blocks[i / pieces];
      next[i] = source == AxisMoves.ZERO ? source : fine.runs[source * pieces + i % pieces];
    }
    return new RunMap(from, shorter, next);
  }

  /**
   * Maps of one value side by side.
   *
   * @param shapes of what they make, which differ in the axis
   * @return null if they are of several values, or runs would be shorter than {@code least}
   *     elements or more than {@code most}
   */
  static @Nullable RunMap joined(
      List<RunMap> maps, List<Shape> shapes, int axis, int least, int most) {
    Value from = maps.getFirst().from;
    int shorter = 0;
    int[] rows = new int[maps.size()]; // elements that are together
    for (int i = 0; i < rows.length; i++) {
      rows[i] = Math.toIntExact(shapes.get(i).product(axis, shapes.get(i).rank()));
      shorter = gcd(gcd(rows[i], maps.get(i).length), shorter);
    }
    long elements = shapes.stream().mapToLong(Shape::elements).sum();
    if (shorter < least
        || elements / shorter > most
        || maps.stream().anyMatch(m -> !m.from.equals(from))) {
      return null;
    }
    int total = Arrays.stream(rows).sum() / shorter;
    int outer = Math.toIntExact(shapes.getFirst().product(0, axis));
    int[] joined = new int[outer * total];
    int first = 0;
    for (int i = 0; i < rows.length; i++) {
      int count = rows[i] / shorter;
      int[] runs = maps.get(i).cut(shorter).runs;
      for (int o = 0; o < outer; o++) {
        System.arraycopy(runs, o * count, joined, o * total + first, count);
      }
      first += count;
    }
    return new RunMap(from, shorter, joined);
  }

  static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }
}
