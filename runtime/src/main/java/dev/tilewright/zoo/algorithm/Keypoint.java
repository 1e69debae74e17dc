package dev.tilewright.zoo.algorithm;

/**
 * Where a keypoint of Mask R-CNN is in the image (He et al. 2017, arXiv 1703.06870, section 5): at
 * the largest logit of its map, which is stretched over its box first.
 *
 * @param x in pixels from the left
 * @param y in pixels from the top
 * @param score the logit there
 */
public record Keypoint(float x, float y, float score) {
  /**
   * As torchvision: the map is interpolated by cubics to the box's size in whole pixels, at least
   * 1x1; of equal logits the first counts. A pixel's centre is where it is, in a grid that fills
   * the box exactly.
   *
   * @param map logits over the box, of any size
   */
  public static Keypoint of(Plane map, Box box) {
    double width = Math.max(box.width(), 1);
    double height = Math.max(box.height(), 1);
    int columns = (int) Math.ceil(width);
    int rows = (int) Math.ceil(height);
    float[] logits = map.cubic(rows, columns).values();
    int best = 0;
    for (int i = 1; i < logits.length; i++) {
      if (logits[i] > logits[best]) {
        best = i;
      }
    }
    int row = best / columns;
    double x = (best % columns + 0.5) * width / columns;
    double y = (row + 0.5) * height / rows;
    return new Keypoint((float) (box.left() + x), (float) (box.top() + y), logits[best]);
  }
}
