package dev.tilewright.cli.ocr;

import java.util.List;

/**
 * A parallelogram around a line of text.
 *
 * @param origin where the text starts, at its top: the corner that is top left when upright
 * @param right from there along the text to its end
 * @param down from there across the text to its bottom
 */
record Box(Point origin, Point right, Point down) {
  /** Sides in this proportion leave no doubt which way the text runs. */
  private static final double CLEARLY = 1.5;

  /** tan(75 degrees). */
  private static final double STEEP = 3.732;

  double width() {
    return right.length();
  }

  double height() {
    return down.length();
  }

  /** In reading order: top left, top right, bottom right, bottom left. */
  List<Point> corners() {
    return List.of(origin, at(1, 0), at(1, 1), at(0, 1));
  }

  Point centre() {
    return at(0.5, 0.5);
  }

  /** The point at fractions of the box's sides. */
  Point at(double alongRight, double alongDown) {
    return origin.plus(alongRight, right).plus(alongDown, down);
  }

  /** A rectangle's four sides moved outwards by {@code distance} pixels. */
  Box grow(double distance) {
    double r = distance / width();
    double d = distance / height();
    return new Box(at(-r, -d), scaled(right, 1 + 2 * r), scaled(down, 1 + 2 * d));
  }

  /** The box in a picture whose sides are other by these factors. */
  Box scale(double byX, double byY) {
    return new Box(stretch(origin, byX, byY), stretch(right, byX, byY), stretch(down, byX, byY));
  }

  /**
   * The same box with its sides named as the text runs: along the longer side if it is clearly
   * longer, else along the side that is closer to horizontal; towards the right, or downwards if
   * the side is within 15 degrees of vertical.
   */
  Box oriented() {
    double ratio = width() / height();
    boolean alongDown = ratio < 1 / CLEARLY || (ratio < CLEARLY && slope(down) < slope(right));
    Box turned = alongDown ? new Box(origin, /* right= */ down, /* down= */ right) : this;
    if (backwards(turned.right)) {
      turned = new Box(turned.at(1, 0), scaled(turned.right, -1), turned.down);
    }
    // A text's down is its right turned clockwise; y grows downwards.
    return turned.right.cross(turned.down) < 0
        ? new Box(turned.at(0, 1), turned.right, scaled(turned.down, -1))
        : turned;
  }

  private static boolean backwards(Point direction) {
    return slope(direction) > STEEP ? direction.y() < 0 : direction.x() < 0;
  }

  private static double slope(Point direction) {
    return Math.abs(direction.y()) / Math.max(1e-9, Math.abs(direction.x()));
  }

  private static Point scaled(Point vector, double factor) {
    return stretch(vector, factor, factor);
  }

  private static Point stretch(Point p, double byX, double byY) {
    return new Point(p.x() * byX, p.y() * byY);
  }
}
