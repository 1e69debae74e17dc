package dev.tilewright.cli.ocr;

import dev.tilewright.cli.Picture;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;

/**
 * Finds the lines of text in a picture.
 *
 * @param network [1, 3, H, W] to [1, 1, H, W], the probability of text in each pixel
 */
record Detector(Network network) {
  /** The network halves five times. */
  private static final int MULTIPLE = 32;

  /** Longer side in pixels: larger costs time, smaller loses fine print. */
  private static final int MAX_SIDE = 960;

  private static final int MIN_SIDE = 480;

  /** Of ImageNet; applied in the order of the channels, which the training left at B, G, R. */
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};

  private static final float[] STD = {0.229f, 0.224f, 0.225f};

  /** Where the lines are, in pixels of the picture, in reading order. */
  List<BoxFinder.Found> detect(Picture picture) {
    Shape shape = inputShape(picture);
    int height = shape.dim(2);
    int width = shape.dim(3);
    Tensor output =
        network.run(Tensor.of(shape, planes(picture.resize(width, height), width, MEAN, STD)));
    var map = new BoxFinder.ProbabilityMap(width, height, output.toFloats());
    double byX = (double) picture.width() / width;
    double byY = (double) picture.height() / height;
    List<BoxFinder.Found> found =
        BoxFinder.find(map).stream()
            .map(f -> new BoxFinder.Found(f.box().scale(byX, byY), f.score()))
            .toList();
    return ReadingOrder.sort(found, BoxFinder.Found::box);
  }

  /** What the network will be asked for this picture. */
  static Shape inputShape(Picture picture) {
    int longer = Math.max(picture.width(), picture.height());
    double factor = Math.clamp(longer, MIN_SIDE, MAX_SIDE) / (double) longer;
    return Shape.of(1, 3, rounded(picture.height() * factor), rounded(picture.width() * factor));
  }

  private static int rounded(double side) {
    return Math.max(MULTIPLE, (int) Math.round(side / MULTIPLE) * MULTIPLE);
  }

  /**
   * Samples as the networks want them: [3, height, width] in the order B, G, R, scaled to 0 to 1,
   * less the mean, over the deviation. Columns from the picture's width to {@code width} are 0.
   */
  static float[] planes(Picture picture, int width, float[] mean, float[] std) {
    int plane = picture.height() * width;
    float[] planes = new float[3 * plane];
    float[] rgb = picture.rgb();
    for (int c = 0; c < 3; c++) {
      float scale = 1 / (255 * std[c]);
      float offset = -mean[c] / std[c];
      for (int y = 0; y < picture.height(); y++) {
        for (int x = 0; x < picture.width(); x++) {
          planes[c * plane + y * width + x] =
              rgb[3 * (y * picture.width() + x) + 2 - c] * scale + offset;
        }
      }
    }
    return planes;
  }
}
