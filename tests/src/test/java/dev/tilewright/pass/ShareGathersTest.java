package dev.tilewright.pass;

import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Subsets of one image's channels before convolutions: one copy, and slices of it. */
class ShareGathersTest extends ChannelCopies {
  ShareGathersTest() {
    super(3, Shape.of(1, 5, 6, 12));
  }

  /**
   * Each residue of the channels alone, and all the others: 2 P - 1 residues are copied, not P^2.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void residuesAndTheirComplementsAreSlicesOfOneCopy(int p) {
    List<Value> parts = new ArrayList<>();
    for (int r = 0; r < p; r++) {
      int residue = r;
      Value same = picked(IntStream.range(0, 12).filter(c -> c % p == residue));
      Value others = picked(IntStream.range(0, 12).filter(c -> c % p != residue));
      parts.add(added(conv(same, 3), conv(others, 1)));
    }
    leaves(1, parts.toArray(Value[]::new));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void subsetsThatDoNotLieTogetherStayCopies(int k) {
    Value p = conv(picked(IntStream.of(0, 1, 2, 3)), k);
    Value q = conv(picked(IntStream.of(0, 4, 5)), k);
    Value r = conv(picked(IntStream.of(0, 6, 7, 4)), k);
    Value s = conv(picked(IntStream.of(1, 4, 6, 9)), k);
    leaves(4, p, q, r, s);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void whatSharesNothingStaysACopy(int k) {
    leaves(2, conv(picked(IntStream.of(5, 0, 3)), k), conv(picked(IntStream.of(1, 7)), k));
  }

  private void leaves(int gathers, Value... parts) {
    // The same products in another order: u times the sum of 108 magnitudes below 1, twice.
    leaves(gathers, new ShareGathers(), 3e-5f, concatenated(parts));
  }

  private Value picked(IntStream channels) {
    return gathered(x, channels.asLongStream().toArray());
  }

  private Value conv(Value value, int k) {
    return conv(value, 2, k, 1);
  }
}
