package dev.tilewright.pass;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What is added to scores, as {@link Op.Attention} wants it.
 *
 * @param shape of the value: [images that differ, heads that differ, queries or 1, keys]
 */
record AttentionBias(Value value, Shape shape) {
  /**
   * A value as it is added to scores.
   *
   * @param scores shape that the scores have where it is added: images and heads in any number of
   *     dimensions, queries, keys
   * @return null if it differs in another way
   */
  static @Nullable AttentionBias of(Value value, Shape scores, int images, int heads) {
    int batch = scores.rank() - 2;
    List<Integer> dims = new ArrayList<>(value.shape().dims());
    if (dims.size() > scores.rank()) {
      return null;
    }
    dims.addAll(0, Collections.nCopies(scores.rank() - dims.size(), 1));
    if (dims.getLast() != scores.last()) {
      return null; // the same for all keys
    }
    List<Integer> tail = dims.subList(batch, batch + 2);
    List<Integer> full = scores.dims().subList(0, batch);
    List<Integer> lead = dims.subList(0, batch);
    if (lead.equals(full)) {
      return form(value, images, heads, tail);
    }
    // Dimensions from here on are heads, those before images.
    int split = batch;
    while (split > 0 && scores.product(split, batch) < heads) {
      split--;
    }
    if (scores.product(split, batch) != heads) {
      return lead.stream().allMatch(d -> d == 1) ? form(value, 1, 1, tail) : null;
    }
    int differ = differing(lead.subList(0, split), full.subList(0, split));
    List<Integer> ofHeads = lead.subList(split, batch);
    boolean same = ofHeads.stream().allMatch(d -> d == 1);
    return differ < 0 || (!same && !ofHeads.equals(full.subList(split, batch)))
        ? null
        : form(value, differ, same ? 1 : heads, tail);
  }

  private static AttentionBias form(Value value, int images, int heads, List<Integer> tail) {
    return new AttentionBias(value, Shape.of(images, heads, tail.get(0), tail.get(1)));
  }

  /** Images that differ, if they do so again and again; else -1. */
  private static int differing(List<Integer> dims, List<Integer> full) {
    int first = 0;
    while (first < dims.size() && dims.get(first) == 1) {
      first++;
    }
    return dims.subList(first, dims.size()).equals(full.subList(first, dims.size()))
        ? dims.subList(first, dims.size()).stream().reduce(1, Math::multiplyExact)
        : -1;
  }

  /** Whether it may be added to another, in its final form, without making more of both. */
  boolean joins(Rewriter.At at, Value other) {
    Shape o = other.shape();
    List<Integer> mine = List.of(shape.dim(0), shape.dim(1), shape.dim(3), shape.dim(2));
    boolean fit =
        IntStream.range(0, 4)
            .allMatch(i -> mine.get(i).equals(o.dim(i)) || mine.get(i) == 1 || o.dim(i) == 1);
    long both =
        IntStream.range(0, 4)
            .mapToLong(i -> Math.max(mine.get(i), o.dim(i)))
            .reduce(1, Math::multiplyExact);
    boolean known = at.constant(value) != null && at.constant(other) != null;
    return fit && (known || both <= Math.max(shape.elements(), o.elements()));
  }

  /** [images, heads, keys, queries]. */
  Value turned(Rewriter.At at) {
    Shape keysFirst = Shape.of(shape.dim(0), shape.dim(1), shape.dim(3), shape.dim(2));
    return shape.dim(2) == 1
        ? at.emit(new Op.Reshape(keysFirst), value)
        : at.emit(new Op.Transpose(List.of(0, 1, 3, 2)), at.emit(new Op.Reshape(shape), value));
  }
}
