package dev.tilewright.conv;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which outputs share sums, by hand. */
class RoundingTest {
  private static final ConvShape.Size ONE = new ConvShape.Size(1, 1);

  /** Of two images of 3x5 pixels and 4 channels. */
  private static ConvShape shape(int kernel) {
    ConvShape.Size filter = new ConvShape.Size(kernel, kernel);
    int pad = kernel / 2;
    return new ConvShape(
        2,
        1,
        8,
        4,
        new ConvShape.Size(3, 5),
        filter,
        ONE,
        ONE,
        new ConvShape.Padding(pad, pad, pad, pad));
  }

  private static long place(int image, int y, int x, int k) {
    return ((image * 3L + y) * 5 + x) * 4 + k;
  }

  @Test
  void aDirectSumSharesNothing() {
    assertThat(Rounding.DIRECT.sharing(shape(3), place(1, 2, 4, 3)))
        .containsExactly(place(1, 2, 4, 3));
  }

  @Test
  void blocksEndWithTheImage() {
    Rounding square = new Rounding(7, new ConvShape.Size(2, 2), 1);
    assertThat(square.sharing(shape(3), place(1, 2, 4, 3))).containsExactly(place(1, 2, 4, 3));
    assertThat(square.sharing(shape(3), place(1, 1, 3, 2)))
        .containsExactly(
            place(1, 0, 2, 2), place(1, 0, 3, 2), place(1, 1, 2, 2), place(1, 1, 3, 2));
  }

  @Test
  void pixelsOfPointwiseLayersAreOneRow() {
    Rounding pairs = new Rounding(3, new ConvShape.Size(1, 2), 2);
    assertThat(pairs.sharing(shape(1), place(1, 1, 0, 1)))
        .containsExactly(
            place(1, 0, 4, 0), place(1, 0, 4, 1), place(1, 1, 0, 0), place(1, 1, 0, 1));
    // The last of 15 pixels has nobody beside it, least of all in the next image.
    assertThat(pairs.sharing(shape(1), place(0, 2, 4, 2)))
        .containsExactly(place(0, 2, 4, 2), place(0, 2, 4, 3));
  }
}
