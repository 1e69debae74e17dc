package dev.tilewright.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.ConvShape;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegionTest {
  @Test
  void paddingOfOneMakesNineRegionsOfThreeByThree() {
    ConvShape s = ConvShape.parse("n1g1c4k4_i7x9_f3x3_s1x1_d1x1_p1,1,1,1");
    assertThat(Region.of(s)).hasSize(9);
    assertThat(Region.of(s).get(4))
        .isEqualTo(new Region(new Region.Span(1, 6, 0, 3), new Region.Span(1, 8, 0, 3)));
    assertThat(Region.of(s).getFirst().taps()).isEqualTo(4);
  }

  @Test
  void dilationWiderThanTheImageLeavesTheMiddleTap() {
    ConvShape s = ConvShape.parse("n1g1c4k4_i8x8_f3x3_s1x1_d8x8_p8,8,8,8");
    assertThat(Region.of(s)).hasSize(1);
    assertThat(Region.of(s).getFirst().taps()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n1g1c4k4_i7x9_f3x3_s1x1_d1x1_p1,1,1,1",
        "n1g1c4k4_i13x11_f5x3_s2x3_d2x1_p4,0,3,2",
        "n1g1c4k4_i6x6_f7x7_s1x1_d1x1_p3,3,3,3",
        "n1g1c4k4_i20x5_f1x7_s1x1_d1x2_p0,6,0,6",
        "n1g1c4k4_i9x9_f2x2_s2x2_d5x5_p5,5,5,5"
      })
  void eachOutputIsInOneRegionWithTheTapsInsideTheImage(String key) {
    ConvShape s = ConvShape.parse(key);
    List<Region> regions = Region.of(s);
    for (int y = 0; y < s.out().height(); y++) {
      for (int x = 0; x < s.out().width(); x++) {
        int row = y;
        int column = x;
        List<Region> around =
            regions.stream().filter(r -> has(r.rows(), row) && has(r.columns(), column)).toList();
        assertThat(around).as("%d, %d", y, x).hasSize(1);
        assertThat(taps(around.getFirst().rows()))
            .isEqualTo(
                inside(
                    y * s.stride().height() - s.pad().top(),
                    s.kernel().height(),
                    s.dilation().height(),
                    s.in().height()));
        assertThat(taps(around.getFirst().columns()))
            .isEqualTo(
                inside(
                    x * s.stride().width() - s.pad().left(),
                    s.kernel().width(),
                    s.dilation().width(),
                    s.in().width()));
      }
    }
  }

  private static boolean has(Region.Span span, int output) {
    return span.from() <= output && output < span.to();
  }

  private static BitSet taps(Region.Span span) {
    BitSet taps = new BitSet();
    taps.set(span.firstTap(), span.endTap());
    return taps;
  }

  private static BitSet inside(int start, int count, int dilation, int size) {
    BitSet taps = new BitSet();
    for (int t = 0; t < count; t++) {
      int at = start + t * dilation;
      taps.set(t, at >= 0 && at < size);
    }
    return taps;
  }
}
