package dev.tilewright.zoo.algorithm;

/** Puts the masks of Mask R-CNN (He et al. 2017, arXiv 1703.06870) where their boxes are. */
public final class MaskPasting {
  /** Zeros around a mask, so that it fades out where its box ends. */
  private static final int PADDING = 1;

  private MaskPasting() {}

  /**
   * An image of probabilities, 0 outside the box; an object is where they exceed a half. The box
   * grows with the padding, is rounded to pixels towards 0, and contains its last row and column.
   *
   * @param mask probabilities, of any size
   */
  public static Plane paste(Plane mask, Box box, int height, int width) {
    Plane padded =
        mask.crop(-PADDING, -PADDING, mask.height() + 2 * PADDING, mask.width() + 2 * PADDING);
    double x = ((double) box.left() + box.right()) / 2;
    double y = ((double) box.top() + box.bottom()) / 2;
    double halfW = ((double) box.right() - box.left()) / 2 * padded.width() / mask.width();
    double halfH = ((double) box.bottom() - box.top()) / 2 * padded.height() / mask.height();
    int left = (int) (x - halfW);
    int top = (int) (y - halfH);
    int columns = Math.max((int) (x + halfW) - left + 1, 1);
    int rows = Math.max((int) (y + halfH) - top + 1, 1);
    return padded.resized(rows, columns).crop(-top, -left, height, width);
  }
}
