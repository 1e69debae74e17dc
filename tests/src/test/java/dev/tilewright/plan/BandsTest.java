package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.plan.Bands.Band;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BandsTest {
  /** Plays every band with row numbers for rows. */
  @Test
  void bandsSeeTheRowsThatTheirWindowsCover() {
    for (long seed = 0; seed < 2000; seed++) {
      Random random = new Random(seed);
      ConvShape s = shape(random);
      Bands bands = Bands.of(s, 1 + random.nextInt(s.out().height()), 1 + random.nextInt(8));
      List<Integer> outputs = new ArrayList<>();
      for (List<Band> part : bands.parts()) {
        int[] rows = new int[bands.mostSeen()];
        Arrays.fill(rows, -1);
        for (Band b : part) {
          System.arraycopy(rows, b.skipped(), rows, 0, b.kept());
          for (int i = 0; i < b.computed(); i++) {
            rows[b.kept() + i] = row(s, b.image(), b.top() + b.kept() + i);
          }
          ConvShape d = bands.depthwise(b);
          assertThat(d.out()).isEqualTo(new Size(b.rows(), s.out().width()));
          for (int o = 0; o < b.rows(); o++) {
            outputs.add(b.image() * s.out().height() + b.first() + o);
            for (int tap = 0; tap < s.kernel().height(); tap++) {
              int y = (b.first() + o) * s.stride().height() - s.pad().top() + tap;
              int local = o * s.stride().height() - d.pad().top() + tap;
              boolean inside = y >= 0 && y < s.in().height();
              assertThat(local >= 0 && local < d.in().height())
                  .as("seed %d %s %s", seed, s.key(), b)
                  .isEqualTo(inside);
              if (inside) {
                assertThat(rows[local])
                    .as("seed %d %s %s", seed, s.key(), b)
                    .isEqualTo(row(s, b.image(), y));
              }
            }
          }
        }
      }
      int all = s.batch() * s.out().height();
      assertThat(outputs).as("seed %d", seed).hasSize(all).doesNotHaveDuplicates();
    }
  }

  @Test
  void onePartComputesNoRowTwice() {
    ConvShape s = ConvShape.parse("n2g8c8k8_i31x9_f5x5_s2x2_d1x1_p2,2,2,2");
    for (int rows = 1; rows <= s.out().height(); rows++) {
      int computed = Bands.of(s, rows, 1).all().stream().mapToInt(Band::computed).sum();
      assertThat(computed).as("bands of %d", rows).isEqualTo(2 * 31);
    }
  }

  private static int row(ConvShape s, int image, int y) {
    return image * s.in().height() + y;
  }

  private static ConvShape shape(Random random) {
    int taps = 1 + random.nextInt(7);
    int top = random.nextInt(taps);
    int bottom = random.nextInt(taps);
    int height = Math.max(taps - top - bottom, 1) + random.nextInt(20);
    return new ConvShape(
        1 + random.nextInt(3),
        4,
        4,
        4,
        new Size(height, 9),
        new Size(taps, 3),
        new Size(1 + random.nextInt(3), 1),
        new Size(1, 1),
        new Padding(top, 1, bottom, 1));
  }
}
