package dev.tilewright.cli.ocr;

import dev.tilewright.cli.Picture;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;

/**
 * Spells a line of text.
 *
 * @param network [1, 3, 48, W] to [1, W / 8, classes], probabilities
 */
record Recogniser(Network network, CtcDecoder decoder) {
  private static final int HEIGHT = 48;

  /** Widths are padded to a multiple of this, so that lines share plans. */
  private static final int WIDTH_STEP = 160;

  /** Longer lines are squeezed: some 200 characters. */
  private static final int MAX_WIDTH = 12 * WIDTH_STEP;

  private static final float[] HALF = {0.5f, 0.5f, 0.5f};

  CtcDecoder.Text read(Picture picture, Box box) {
    int width = textWidth(box);
    Shape shape = inputShape(box);
    Picture line = cut(picture, box).resize(width, HEIGHT);
    return decoder.decode(
        network.run(Tensor.of(shape, Detector.planes(line, shape.dim(3), HALF, HALF))).toFloats());
  }

  /** What the network will be asked for this box. */
  static Shape inputShape(Box box) {
    return Shape.of(1, 3, HEIGHT, Math.ceilDiv(textWidth(box), WIDTH_STEP) * WIDTH_STEP);
  }

  private static int textWidth(Box box) {
    double ratio = box.width() / Math.max(1, box.height());
    return (int) Math.clamp(Math.ceil(HEIGHT * ratio), 1, MAX_WIDTH);
  }

  /** The box's part of the picture, upright, bilinear, at its own size. */
  static Picture cut(Picture picture, Box box) {
    int width = Math.clamp(Math.round(box.width()), 1, 4 * MAX_WIDTH);
    int height = Math.clamp(Math.round(box.height()), 1, 4 * MAX_WIDTH);
    float[] rgb = new float[Math.multiplyExact(3 * width, height)];
    int at = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        Point p = box.at((x + 0.5) / width, (y + 0.5) / height);
        sample(picture, p.x() - 0.5, p.y() - 0.5, rgb, at);
        at += 3;
      }
    }
    return new Picture(width, height, rgb);
  }

  /** Bilinear; outside, the nearest edge pixel. */
  private static void sample(Picture picture, double x, double y, float[] out, int at) {
    double inX = Math.clamp(x, 0, picture.width() - 1);
    double inY = Math.clamp(y, 0, picture.height() - 1);
    int x0 = (int) inX;
    int y0 = (int) inY;
    int x1 = Math.min(x0 + 1, picture.width() - 1);
    int y1 = Math.min(y0 + 1, picture.height() - 1);
    float fx = (float) (inX - x0);
    float fy = (float) (inY - y0);
    float[] rgb = picture.rgb();
    for (int c = 0; c < 3; c++) {
      float top =
          (1 - fx) * rgb[3 * (y0 * picture.width() + x0) + c]
              + fx * rgb[3 * (y0 * picture.width() + x1) + c];
      float bottom =
          (1 - fx) * rgb[3 * (y1 * picture.width() + x0) + c]
              + fx * rgb[3 * (y1 * picture.width() + x1) + c];
      out[at + c] = (1 - fy) * top + fy * bottom;
    }
  }
}
