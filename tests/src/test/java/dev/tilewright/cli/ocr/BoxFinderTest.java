package dev.tilewright.cli.ocr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoxFinderTest {
  private static final int WIDTH = 320;
  private static final int HEIGHT = 240;

  @ParameterizedTest
  @ValueSource(ints = {0, 8, -12, 33, -45, 60, -70})
  void recoversARotatedRectangle(int degrees) {
    double angle = Math.toRadians(degrees);
    float[] map = new float[WIDTH * HEIGHT];
    fill(map, 160, 120, 140, 18, angle, 0.9f);
    List<BoxFinder.Found> found = find(map);
    assertThat(found).hasSize(1);
    Box box = found.getFirst().box();
    // Grown by 2 * area / perimeter on each side.
    double growth = 2 * 140 * 18 / (2.0 * (140 + 18));
    assertThat(box.centre().x()).isCloseTo(160, within(1.0));
    assertThat(box.centre().y()).isCloseTo(120, within(1.0));
    assertThat(box.width()).isCloseTo(140 + 2 * growth, within(6.0));
    assertThat(box.height()).isCloseTo(18 + 2 * growth, within(6.0));
    assertThat(Math.toDegrees(Math.atan2(box.right().y(), box.right().x())))
        .isCloseTo(degrees, within(2.0));
    assertThat(found.getFirst().score()).isBetween(0.8, 0.9);
  }

  @Test
  void keepsAreasApartAndDropsNoise() {
    float[] map = new float[WIDTH * HEIGHT];
    fill(map, 80, 60, 100, 12, 0, 0.8f);
    fill(map, 220, 60, 100, 12, 0, 0.8f);
    fill(map, 80, 150, 100, 12, 0, 0.4f); // above the threshold, but unsure
    fill(map, 220, 150, 2, 2, 0, 0.9f); // a speck
    map[200 * WIDTH + 50] = Float.NaN;
    assertThat(find(map))
        .extracting(f -> Math.round(f.box().centre().x()))
        .containsExactly(80L, 220L);
  }

  @Test
  void findsTextAtTheEdgesOfTheMap() {
    float[] map = new float[WIDTH * HEIGHT];
    Arrays.fill(map, 1f);
    Box box = find(map).getFirst().box();
    Point middle = new Point(WIDTH / 2.0, HEIGHT / 2.0);
    assertThat(box.centre().minus(middle).length()).isLessThan(1e-9);
    assertThat(find(new float[WIDTH * HEIGHT])).isEmpty();
  }

  @Test
  void readsRowsFromTheTopAndFromTheLeft() {
    List<Box> boxes =
        List.of(box(200, 103, 20), box(10, 150, 20), box(10, 100, 20), box(100, 97, 20));
    assertThat(ReadingOrder.sort(boxes, b -> b))
        .containsExactly(boxes.get(2), boxes.get(3), boxes.get(0), boxes.get(1));
  }

  private static Box box(double x, double y, double height) {
    return new Box(new Point(x, y), new Point(50, 0), new Point(0, height));
  }

  private static List<BoxFinder.Found> find(float[] map) {
    return BoxFinder.find(new BoxFinder.ProbabilityMap(WIDTH, HEIGHT, map));
  }

  private static void fill(
      float[] map, double cx, double cy, double w, double h, double angle, float value) {
    for (int y = 0; y < HEIGHT; y++) {
      for (int x = 0; x < WIDTH; x++) {
        double dx = x + 0.5 - cx;
        double dy = y + 0.5 - cy;
        double u = dx * Math.cos(angle) + dy * Math.sin(angle);
        double v = dy * Math.cos(angle) - dx * Math.sin(angle);
        if (Math.abs(u) <= w / 2 && Math.abs(v) <= h / 2) {
          map[y * WIDTH + x] = value;
        }
      }
    }
  }
}
