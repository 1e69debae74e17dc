package dev.tilewright.zoo.algorithm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tilewright.Fixture;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.block.KeypointHead;
import java.io.IOException;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Keypoints of maps against torchvision's steps, written out one pixel at a time in the test. */
class KeypointTest {
  private static final int SIDE = 56;

  /** Two roundings to float32 of values below 16, the first of which cubics may double. */
  private static final float LOGIT = 0x1p-19f;

  private static Plane noise(int height, int width, SplittableRandom random) {
    float[] values = new float[height * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-4, 4);
    }
    return new Plane(height, width, values);
  }

  /** PyTorch's four weights at t behind the second pixel, by the polynomials of its source. */
  private static double[] weights(double t) {
    double a = -0.75;
    return new double[] {
      ((a * (t + 1) - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a,
      ((a + 2) * t - (a + 3)) * t * t + 1,
      ((a + 2) * (1 - t) - (a + 3)) * (1 - t) * (1 - t) + 1,
      ((a * (2 - t) - 5 * a) * (2 - t) + 8 * a) * (2 - t) - 4 * a
    };
  }

  /** One pixel of the enlarged map: sixteen products. */
  private static double pixel(Plane map, int y, int x, int rows, int columns) {
    double fromY = (y + 0.5) * map.height() / rows - 0.5;
    double fromX = (x + 0.5) * map.width() / columns - 0.5;
    int top = (int) Math.floor(fromY);
    int left = (int) Math.floor(fromX);
    double[] down = weights(fromY - top);
    double[] across = weights(fromX - left);
    double sum = 0;
    for (int i = 0; i < 4; i++) {
      for (int j = 0; j < 4; j++) {
        int fromRow = Math.clamp(top - 1 + i, 0, map.height() - 1);
        int fromColumn = Math.clamp(left - 1 + j, 0, map.width() - 1);
        sum += down[i] * across[j] * map.at(fromRow, fromColumn);
      }
    }
    return sum;
  }

  /** heatmaps_to_keypoints for one map. */
  private static double[] decoded(Plane map, Box box) {
    double width = Math.max((double) box.right() - box.left(), 1);
    double height = Math.max((double) box.bottom() - box.top(), 1);
    int columns = (int) Math.ceil(width);
    int rows = (int) Math.ceil(height);
    double[] best = {0, 0, Double.NEGATIVE_INFINITY};
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < columns; x++) {
        double logit = pixel(map, y, x, rows, columns);
        if (logit > best[2]) {
          best = new double[] {x, y, logit};
        }
      }
    }
    return new double[] {
      (best[0] + 0.5) * (width / columns) + box.left(),
      (best[1] + 0.5) * (height / rows) + box.top(),
      best[2]
    };
  }

  /** Larger and smaller than the map, less than a pixel, and sides between pixels. */
  @Test
  void agreesWithTheFormulas() {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 60; i++) {
      float left = (float) random.nextDouble(0, 300);
      float top = (float) random.nextDouble(0, 300);
      double largest = i % 3 == 0 ? 1.5 : 150;
      float right = left + (float) random.nextDouble(0.1, largest);
      Box box = new Box(left, top, right, top + (float) random.nextDouble(0.1, largest));
      Plane map = noise(i % 2 == 0 ? SIDE : 7, SIDE, random);
      agrees(map, box);
    }
  }

  private static void agrees(Plane map, Box box) {
    Keypoint got = Keypoint.of(map, box);
    double[] want = decoded(map, box);
    // Coordinates below 512 in float32: half a unit in the last place.
    assertThat((double) got.x()).as("%s", box).isCloseTo(want[0], within(0x1p-15));
    assertThat((double) got.y()).as("%s", box).isCloseTo(want[1], within(0x1p-15));
    assertThat((double) got.score()).as("%s", box).isCloseTo(want[2], within((double) LOGIT));
  }

  /** Of the maps that torchvision's own head made, which have one largest logit each. */
  @Test
  void findsThePeaksOfWhatTheHeadMakes() {
    Golden one = Golden.of("detect/keypoint_head").getFirst();
    Tensor maps = one.array("output_0");
    float[] all = maps.toFloats();
    assertThat(maps.shape()).isEqualTo(Shape.of(2, new KeypointHead().keypoints(), SIDE, SIDE));
    Box box = new Box(10.25f, 3.5f, 74.75f, 131.875f);
    int size = SIDE * SIDE;
    for (int i = 0; i < all.length; i += size) {
      agrees(new Plane(SIDE, SIDE, Arrays.copyOfRange(all, i, i + size)), box);
    }
  }

  /** A box of the map's size changes nothing: the middle of the largest pixel. */
  @Test
  void isInTheMiddleOfAPixel() {
    float[] logits = new float[SIDE * SIDE];
    logits[20 * SIDE + 30] = 5;
    Plane map = new Plane(SIDE, SIDE, logits);
    Keypoint point = Keypoint.of(map, new Box(100, 200, 100 + SIDE, 200 + SIDE));
    assertThat(point).isEqualTo(new Keypoint(130.5f, 220.5f, 5));
  }

  /** Its sides are rounded up to pixels, at least one, which then are as wide as fits the box. */
  @Test
  void pixelsFillTheBox() {
    Plane pair = new Plane(1, 2, 0, 5);
    assertThat(Keypoint.of(pair, new Box(8, 0, 9.5f, 0)).x()).isEqualTo(8 + 0.75f * 1.5f);
    assertThat(Keypoint.of(pair, new Box(8, 0, 8.25f, 0)).x()).isEqualTo(8.5f);
  }

  @Test
  void ofEqualLogitsTheFirstCounts() {
    Plane flat = new Plane(1, 4, 1, 1, 1, 1);
    assertThat(Keypoint.of(flat, new Box(2, 3, 6, 4))).isEqualTo(new Keypoint(2.5f, 3.5f, 1));
  }

  /** Against PyTorch in double precision. */
  @Test
  void cubicsAreThoseOfTheFramework() throws IOException, URISyntaxException {
    Fixture fixture =
        Fixture.bundled().stream()
            .filter(one -> one.name().equals("core/resize/bicubic_x2_op13"))
            .findFirst()
            .orElseThrow();
    Tensor x = fixture.inputs().get("x");
    int channels = x.shape().dim(1);
    int h = x.shape().dim(2);
    int w = x.shape().dim(3);
    float[] all = x.toFloats();
    float[] resized = new float[4 * all.length];
    for (int c = 0; c < channels; c++) {
      Plane plane = new Plane(h, w, Arrays.copyOfRange(all, c * h * w, (c + 1) * h * w));
      float[] part = plane.cubic(2 * h, 2 * w).values();
      System.arraycopy(part, 0, resized, c * part.length, part.length);
    }
    Tensor got = Tensor.of(Shape.of(1, channels, 2 * h, 2 * w), resized);
    fixture.checkInOrder(List.of(got));
  }
}
