package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Which layers become one convolution, and which must not because borders would differ. */
class CollapseLinearTest extends Layers {
  private void isOneConvolution(Value output, int groups, int rows, int columns) {
    assertThat(after(output, new CollapseLinear()))
        .singleElement()
        .isInstanceOfSatisfying(
            Op.Conv.class,
            conv -> {
              assertThat(conv.groups()).isEqualTo(groups);
              assertThat(conv.window().kernel()).isEqualTo(new Size(rows, columns));
            });
  }

  private void staysAsItIs(Value output, int nodes) {
    assertThat(after(output, new CollapseLinear())).hasSize(nodes);
  }

  @Test
  void branchesOfOneImageAreOneFilter() {
    Value square = conv(x, 6, 3, 1, 1, 1, true);
    Value row = conv(x, 6, 1, 3, 1, new Padding(0, 1, 0, 1), 1, true);
    Value column = conv(x, 6, 3, 1, 1, new Padding(1, 0, 1, 0), 1, false);
    isOneConvolution(add(add(square, row), column), 1, 3, 3);
  }

  @Test
  void identityAndItsNormalisationAreTapsInTheMiddle() {
    Value branches = add(conv(x, 4, 3, 1, 1, 2, true), conv(x, 4, 1, 1, 0, 2, true));
    isOneConvolution(add(add(branches, affine(x)), x), 2, 3, 3);
  }

  @Test
  void branchesWithAStrideMeetAtTheirTaps() {
    isOneConvolution(add(conv(x, 6, 5, 2, 2, 1, true), conv(x, 6, 1, 2, 0, 1, true)), 1, 5, 5);
  }

  @Test
  void branchesOfOtherWidthsWouldAddWork() {
    staysAsItIs(add(conv(x, 4, 3, 1, 1, 4, true), conv(x, 4, 1, 1, 0, 1, true)), 3);
  }

  @Test
  void depthwiseThenPointwiseStayUnlessThereAreManyFiltersAChannel() {
    staysAsItIs(conv(conv(x, 4, 3, 1, 1, 4, false), 4, 1, 1, 0, 1, true), 2);
  }

  @Test
  void manyFiltersAChannelThenPointwiseAreOneConvolution() {
    isOneConvolution(conv(conv(x, 36, 3, 2, 1, 4, true), 8, 1, 1, 0, 1, true), 1, 3, 3);
  }

  @Test
  void paddingTheResultOfAPointwiseLayerNeedsItsBiasToBeZero() {
    staysAsItIs(conv(conv(x, 6, 1, 1, 0, 1, true), 4, 3, 1, 1, 1, true), 2);
  }

  @Test
  void withoutABiasPaddingMakesNoDifference() {
    isOneConvolution(conv(conv(x, 6, 1, 1, 0, 1, false), 4, 3, 1, 1, 1, true), 1, 3, 3);
  }

  @Test
  void withoutPaddingABiasMakesNoDifference() {
    isOneConvolution(conv(conv(x, 6, 1, 1, 0, 1, true), 4, 3, 1, 0, 1, true), 1, 3, 3);
  }

  @Test
  void paddingTheResultOfAWideWindowIsNotPaddingTheImage() {
    staysAsItIs(conv(conv(x, 36, 3, 1, 1, 1, false), 1, 3, 1, 1, 1, false), 2);
  }

  @Test
  void paddingWithTheBiasIsZeroPaddingBeforeIt() {
    Value padded = pad(conv(x, 6, 1, 1, 0, 1, false), 1);
    Value shifted = add2(padded, builder.constant("t", tensor(Shape.of(1, 1, 1, 6))));
    isOneConvolution(conv(shifted, 4, 3, 1, 0, 1, true), 1, 3, 3);
  }

  @Test
  void averagesThatCountThePaddingAreTaps() {
    Value averaged = average(conv(x, 6, 1, 1, 0, 1, false), 2, true);
    isOneConvolution(add(conv(x, 6, 3, 2, 1, 1, true), affine(averaged)), 1, 3, 3);
  }

  @Test
  void averagesThatDoNotCountThePaddingAreNot() {
    Value averaged = average(conv(x, 6, 1, 1, 0, 1, false), 2, false);
    staysAsItIs(add(conv(x, 6, 3, 2, 1, 1, true), averaged), 4);
  }

  @Test
  void normalisationBeforeAConvolutionWithoutPadding() {
    isOneConvolution(conv(affine(x), 6, 3, 1, 0, 1, true), 1, 3, 3);
  }

  @Test
  void normalisationBeforePaddingStays() {
    staysAsItIs(conv(affine(x), 6, 3, 1, 1, 1, true), 3);
  }

  @Test
  void whatOthersReadIsComputedAnyway() {
    Value inner = conv(x, 6, 1, 1, 0, 1, true);
    builder.output("inner", inner);
    staysAsItIs(conv(inner, 4, 1, 1, 0, 1, true), 2);
  }

  @Test
  void stridesMultiply() {
    Value inner = conv(x, 30, 2, 2, 2, new Padding(0, 0, 0, 0), 1, true);
    isOneConvolution(conv(inner, 3, 2, 1, 0, 1, true), 1, 4, 4);
  }

  @Test
  void biasesOfSeveralLayersAddUp() {
    Value inner = affine(conv(conv(x, 8, 1, 1, 0, 2, true), 8, 1, 1, 0, 1, true));
    isOneConvolution(conv(inner, 4, 3, 1, 0, 2, true), 1, 3, 3);
  }

  @Test
  void aBiasThatIsNoNumberIsNotZero() {
    Tensor nan = Tensor.of(Shape.of(1), Float.NaN);
    Value shifted = add2(conv(x, 6, 1, 1, 0, 1, false), builder.constant("nan", nan));
    staysAsItIs(conv(shifted, 4, 3, 1, 1, 1, false), 2);
  }

  @Test
  void thousandsOfLinearLayersAreNoDeepRecursion() {
    Value value = x;
    for (int i = 0; i < 2_000; i++) {
      value = conv(value, 4, 3, 1, 1, 4, false);
    }
    staysAsItIs(value, 2_000);
  }
}
