package dev.tilewright.cli.ocr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SmallestBoxTest {
  @Test
  void isAsSmallAsAnyOfManyAngles() {
    Random random = new Random(3);
    for (int round = 0; round < 200; round++) {
      List<Point> points = new ArrayList<>();
      for (int i = 0; i < 3 + random.nextInt(20); i++) {
        points.add(new Point(random.nextInt(40), random.nextInt(15)));
      }
      if (SmallestBox.hull(points).size() < 3) {
        continue;
      }
      Box box = SmallestBox.around(points);
      double area = box.width() * box.height();
      double tried = areaByAngles(points);
      assertThat(area).as("%s", points).isLessThanOrEqualTo(tried + 1e-9);
      assertThat(area).as("%s", points).isCloseTo(tried, within(0.01 * tried + 1e-9));
      for (Point p : points) {
        assertInside(box, p);
      }
    }
  }

  @Test
  void refusesPointsOnOneLine() {
    assertThatThrownBy(
            () -> SmallestBox.around(List.of(new Point(0, 0), new Point(1, 1), new Point(2, 2))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void namesSidesAsTheTextRuns() {
    for (int degrees = -74; degrees <= 75; degrees++) {
      double angle = Math.toRadians(degrees);
      Point right = new Point(100 * Math.cos(angle), 100 * Math.sin(angle));
      Point down = new Point(-20 * Math.sin(angle), 20 * Math.cos(angle));
      Box box = new Box(new Point(200, 200), right, down);
      for (Box same :
          List.of(
              box,
              new Box(box.at(1, 0), down, new Point(-right.x(), -right.y())),
              new Box(box.at(0, 1), right, new Point(-down.x(), -down.y())),
              new Box(
                  box.at(1, 1),
                  new Point(-right.x(), -right.y()),
                  new Point(-down.x(), -down.y())))) {
        Box oriented = same.oriented();
        assertThat(oriented.origin().minus(box.origin()).length())
            .as("%d", degrees)
            .isLessThan(1e-9);
        assertThat(oriented.right().minus(right).length()).as("%d", degrees).isLessThan(1e-9);
      }
    }
  }

  private static void assertInside(Box box, Point p) {
    Point q = p.minus(box.origin());
    assertThat(q.dot(box.right()) / box.right().dot(box.right())).isBetween(-1e-9, 1 + 1e-9);
    assertThat(q.dot(box.down()) / box.down().dot(box.down())).isBetween(-1e-9, 1 + 1e-9);
  }

  private static double areaByAngles(List<Point> points) {
    double least = Double.POSITIVE_INFINITY;
    for (int i = 0; i < 9000; i++) {
      double angle = Math.toRadians(i / 100.0);
      Point u = new Point(Math.cos(angle), Math.sin(angle));
      Point v = new Point(-u.y(), u.x());
      var along = points.stream().mapToDouble(p -> p.dot(u)).summaryStatistics();
      var across = points.stream().mapToDouble(p -> p.dot(v)).summaryStatistics();
      least =
          Math.min(least, (along.getMax() - along.getMin()) * (across.getMax() - across.getMin()));
    }
    return least;
  }
}
