package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

/**
 * Boxes as a detector predicts them (Girshick et al. 2014, R-CNN, arXiv 1311.2524): how far the
 * centre moves, in sizes of the anchor, and the logarithms of how much it grows.
 *
 * @param wx what predictions of the centre are multiples of: the network learns wx times as much
 * @param ww the same for sizes
 * @param largest logarithm of a size: a larger one could overflow
 */
public record BoxCoder(double wx, double wy, double ww, double wh, double largest) {
  public BoxCoder {
    require(
        wx > 0 && wy > 0 && ww > 0 && wh > 0,
        "weights of a box coder are positive, not %s, %s, %s, %s",
        wx,
        wy,
        ww,
        wh);
  }

  private static double usual() {
    return Math.log(1000 / 16.0);
  }

  /** Of region proposals. */
  public static BoxCoder proposals() {
    return new BoxCoder(1, 1, 1, 1, usual());
  }

  /** Of detections. */
  public static BoxCoder detections() {
    return new BoxCoder(10, 10, 5, 5, usual());
  }

  /** The box that is predicted. */
  public Box decode(Box anchor, float dx, float dy, float dw, float dh) {
    double w = (double) anchor.right() - anchor.left();
    double h = (double) anchor.bottom() - anchor.top();
    double x = anchor.left() + 0.5 * w + dx / wx * w;
    double y = anchor.top() + 0.5 * h + dy / wy * h;
    double halfW = 0.5 * w * Math.exp(Math.min(dw / ww, largest));
    double halfH = 0.5 * h * Math.exp(Math.min(dh / wh, largest));
    return new Box(
        (float) (x - halfW), (float) (y - halfH), (float) (x + halfW), (float) (y + halfH));
  }
}
