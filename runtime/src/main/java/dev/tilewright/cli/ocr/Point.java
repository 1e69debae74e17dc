package dev.tilewright.cli.ocr;

/** A place in a picture, in pixels from its top left corner; pixel (0, 0) covers [0,1) x [0,1). */
record Point(double x, double y) {
  Point plus(double factor, Point other) {
    return new Point(x + factor * other.x, y + factor * other.y);
  }

  Point minus(Point other) {
    return plus(-1, other);
  }

  double dot(Point other) {
    return x * other.x + y * other.y;
  }

  /** Twice the signed area of the triangle 0, this, other. */
  double cross(Point other) {
    return x * other.y - y * other.x;
  }

  double length() {
    return Math.hypot(x, y);
  }
}
