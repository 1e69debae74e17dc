package dev.tilewright.cli.ocr;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The rectangle of least area around points.
 *
 * <p>One of its sides lies on an edge of the convex hull (Freeman and Shapira 1975), so trying each
 * edge is exact. The hull of a line of text has some tens of edges; calipers would not pay.
 */
final class SmallestBox {
  private SmallestBox() {}

  /**
   * The box, with sides of any orientation.
   *
   * @param points at least three, not on one line
   */
  static Box around(List<Point> points) {
    List<Point> hull = hull(points);
    if (hull.size() < 3) {
      throw new IllegalArgumentException("the points are on one line");
    }
    Box best = along(hull.getFirst().minus(hull.getLast()), hull);
    for (int i = 1; i < hull.size(); i++) {
      Box box = along(hull.get(i).minus(hull.get(i - 1)), hull);
      if (box.width() * box.height() < best.width() * best.height()) {
        best = box;
      }
    }
    return best;
  }

  private static Box along(Point direction, List<Point> hull) {
    double length = direction.length();
    Point u = new Point(direction.x() / length, direction.y() / length);
    Point v = new Point(-u.y(), u.x());
    double left = Double.POSITIVE_INFINITY;
    double right = Double.NEGATIVE_INFINITY;
    double top = Double.POSITIVE_INFINITY;
    double bottom = Double.NEGATIVE_INFINITY;
    for (Point p : hull) {
      left = Math.min(left, p.dot(u));
      right = Math.max(right, p.dot(u));
      top = Math.min(top, p.dot(v));
      bottom = Math.max(bottom, p.dot(v));
    }
    Point zero = new Point(0, 0);
    return new Box(
        zero.plus(left, u).plus(top, v), zero.plus(right - left, u), zero.plus(bottom - top, v));
  }

  /** Corners of the convex hull, each once (Andrew 1979, monotone chain). */
  static List<Point> hull(List<Point> points) {
    List<Point> sorted =
        points.stream()
            .distinct()
            .sorted(Comparator.comparingDouble(Point::x).thenComparingDouble(Point::y))
            .toList();
    if (sorted.size() < 3) {
      return sorted;
    }
    List<Point> hull = new ArrayList<>();
    chain(sorted, hull);
    chain(sorted.reversed(), hull);
    return hull;
  }

  /** Appends one side of the hull without its last point, which starts the other side. */
  private static void chain(List<Point> sorted, List<Point> hull) {
    int start = hull.size();
    for (Point p : sorted) {
      while (hull.size() >= start + 2
          && hull.getLast()
                  .minus(hull.get(hull.size() - 2))
                  .cross(p.minus(hull.get(hull.size() - 2)))
              <= 0) {
        hull.removeLast();
      }
      hull.add(p);
    }
    hull.removeLast();
  }
}
