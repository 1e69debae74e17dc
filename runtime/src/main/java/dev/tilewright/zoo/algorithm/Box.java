package dev.tilewright.zoo.algorithm;

/** A rectangle of an image by its sides, in pixels; those of a box with an area are in order. */
public record Box(float left, float top, float right, float bottom) {
  public double width() {
    return Math.max(0, (double) right - left);
  }

  public double height() {
    return Math.max(0, (double) bottom - top);
  }

  public double area() {
    return width() * height();
  }

  /** Area of what both cover over that of what any covers; 0 if nothing is covered. */
  public double overlap(Box other) {
    Box both =
        new Box(
            Math.max(left, other.left),
            Math.max(top, other.top),
            Math.min(right, other.right),
            Math.min(bottom, other.bottom));
    double any = area() + other.area() - both.area();
    return any > 0 ? both.area() / any : 0;
  }

  /** What of it lies in an image. */
  public Box inside(int imageHeight, int imageWidth) {
    return new Box(
        Math.clamp(left, 0f, imageWidth),
        Math.clamp(top, 0f, imageHeight),
        Math.clamp(right, 0f, imageWidth),
        Math.clamp(bottom, 0f, imageHeight));
  }
}
