package dev.tilewright.pass;

import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sums of grouped convolutions, each of which wants the channels in an order of its own. */
class ShareOrdersTest extends ChannelCopies {
  ShareOrdersTest() {
    super(5, Shape.of(1, 4, 5, 64));
  }

  /** Each class of channels is seen by another class of outputs, by each convolution. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void residuesAreSlicesOfOneCopy(int shift) {
    Value pairs = term(2, residues(2), residues(2));
    Value quarters = term(4, residues(4), shifted(residues(4), shift));
    Value others = term(4, residues(4), shifted(residues(4), 3));
    leaves(2, added(added(pairs, quarters), others));
  }

  @Test
  void ordersWithinGroupsDoNotMatter() {
    List<Integer> backwards = residues(2).reversed();
    leaves(2, added(term(2, backwards, residues(2)), term(4, residues(4), residues(4))));
  }

  @Test
  void groupsThatCrossStay() {
    List<Integer> halves = Permutation.identity(64).order();
    leaves(4, added(term(2, residues(2), residues(2)), term(2, halves, residues(4))));
  }

  @Test
  void narrowGroupsStay() {
    Value p = conv(gathered(x, residues(8)), 8);
    leaves(2, added(p, conv(gathered(x, shifted(residues(8), 1)), 8)));
  }

  @Test
  void whatIsAddedToSomethingElseStays() {
    leaves(2, added(term(2, residues(2), residues(2)), x));
  }

  private static List<Integer> residues(int n) {
    return IntStream.range(0, n)
        .boxed()
        .flatMap(r -> IntStream.range(0, 64).filter(c -> c % n == r).boxed())
        .toList();
  }

  private static List<Integer> shifted(List<Integer> order, int by) {
    return order.stream().map(c -> (c + by) % order.size()).toList();
  }

  /**
   * @param outputs where in the sum each of the convolution's outputs belongs
   */
  private Value term(int groups, List<Integer> channels, List<Integer> outputs) {
    Value y = conv(gathered(x, channels), groups);
    return gathered(y, new Permutation(outputs).inverse().order());
  }

  private void leaves(int gathers, Value y) {
    // The same products in another order: u times the sum of 864 magnitudes below 1, twice.
    leaves(gathers, new ShareOrders(), 1e-4f, y);
  }

  private Value gathered(Value value, List<Integer> order) {
    return gathered(value, order.stream().mapToLong(i -> i).toArray());
  }

  private Value conv(Value value, int groups) {
    return conv(value, 64, 3, groups);
  }
}
