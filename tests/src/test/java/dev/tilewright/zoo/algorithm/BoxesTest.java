package dev.tilewright.zoo.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.zoo.build.RuleException;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Small cases by hand, and what is refused. */
class BoxesTest {
  private static final Box UNIT = new Box(0, 0, 2, 2);

  @Test
  void overlapIsWhatBothCoverOfAll() {
    assertThat(UNIT.overlap(UNIT)).isEqualTo(1);
    assertThat(UNIT.overlap(new Box(1, 0, 3, 2))).isEqualTo(2 / 6.0);
    assertThat(UNIT.overlap(new Box(2, 0, 4, 2))).isZero();
    Box nothing = new Box(1, 1, 1, 1);
    assertThat(nothing.overlap(nothing)).isZero();
    assertThat(new Box(-1, 1, 5, 9).inside(3, 4)).isEqualTo(new Box(0, 1, 4, 3));
  }

  @Test
  void ofEqualScoresTheFirstIsKept() {
    List<Box> boxes = List.of(new Box(5, 5, 6, 6), UNIT, UNIT, new Box(0, 0, 2, 1));
    // The last covers exactly half of the second: no more than that.
    NonMaximumSuppression half = new NonMaximumSuppression(0.5);
    assertThat(half.keep(boxes, 0.1f, 0.5f, 0.5f, 0.2f)).containsExactly(1, 3, 0);
    assertThat(new NonMaximumSuppression(0.4).keep(boxes, 0.1f, 0.5f, 0.5f, 0.2f))
        .containsExactly(1, 0);
    assertThat(new NonMaximumSuppression(0.5, 0.2f, 9).keep(boxes, 0.1f, 0.5f, 0.5f, 0.2f))
        .containsExactly(1);
    assertThat(new NonMaximumSuppression(0.5, 0, 2).keep(boxes, 0.1f, 0.5f, 0.5f, 0.2f))
        .containsExactly(1, 3);
  }

  @Test
  void aPlaneIsZeroOutside() {
    Plane plane = new Plane(2, 2, 1, 2, 3, 4);
    assertThat(plane.crop(-1, 1, 3, 2).values()).containsExactly(0, 0, 2, 0, 4, 0);
    assertThat(plane.resized(2, 2).values()).containsExactly(1, 2, 3, 4);
    assertThat(plane.resized(1, 4).values()).containsExactly(2, 2.25f, 2.75f, 3);
  }

  @Test
  void namesTheRule() {
    refuses("an overlap lies in [0, 1], not at 1.5", () -> new NonMaximumSuppression(1.5));
    refuses("1 boxes, 2 scores", () -> new NonMaximumSuppression(0.5).keep(List.of(UNIT), 1f, 2f));
    refuses("weights of a box coder are positive", () -> new BoxCoder(1, 0, 1, 1, 4));
    refuses("a plane of 2x2 has as many values, not 3", () -> new Plane(2, 2, 1, 2, 3));
    refuses("the patch is even, not 3", () -> new BoundaryPatches(3, 0.5, 0));
    refuses(
        "1 patches, 0 of them",
        () -> new BoundaryPatches(2, 0.5, 0).paste(new Plane(1, 1, 0), List.of(UNIT), List.of()));
    refuses(
        "no more are found (1) than there are (0)",
        () -> AveragePrecision.of(List.of(0.5), List.of(true), 0));
    refuses("boxes to keep are at least 0, not -1", () -> new NonMaximumSuppression(0.5, 0, -1));
    refuses("alpha is 0 to 1, not NaN", () -> Costs.octConv(Double.NaN));
    refuses("P and K are at least 1, not 0 and 3", () -> Costs.hetConv(0, 3));
    refuses("an odd number of pixels, not 4", () -> Costs.threes(4));
    refuses("groups (0) divide the input channels (8)", () -> Costs.condConv(4, 8, 8, 0, 3));
    refuses("the window (4) divides the map (6x8)", () -> Costs.swinMlpBlock(6, 8, 8, 4, 0, 4));
    refuses("padding is at least 0, not -1", () -> new BoundaryPatches(2, 0.5, -1));
    refuses("the width multiplier is above 0", () -> Widths.scaled(8, Double.POSITIVE_INFINITY));
    refuses("the window (3) divides the map (4x6)", () -> SwinWindows.mask(4, 6, 3, 1));
    refuses("the shift (3) is less than the window (3)", () -> SwinWindows.mask(6, 6, 3, 3));
  }

  private static void refuses(String rule, ThrowingCallable mistake) {
    assertThatThrownBy(mistake).isInstanceOf(RuleException.class).hasMessageContaining(rule);
  }
}
