package dev.tilewright;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** A photograph as classifiers want it: shorter side 256, the middle 224 x 224 of it. */
record Photo(BufferedImage image) {
  private static final int SIZE = 224;
  private static final double SHORTER_SIDE = 256;

  static Photo read(Path file) throws IOException {
    BufferedImage full = ImageIO.read(file.toFile());
    double scale = SHORTER_SIDE / Math.min(full.getWidth(), full.getHeight());
    int width = (int) Math.round(full.getWidth() * scale);
    int height = (int) Math.round(full.getHeight() * scale);
    BufferedImage middle = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = middle.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(full, (SIZE - width) / 2, (SIZE - height) / 2, width, height, null);
    graphics.dispose();
    return new Photo(middle);
  }

  /** [1, 3, 224, 224]: (v / 255 - mean) / deviation, red first. */
  Tensor normalised() {
    float[] mean = {0.485f, 0.456f, 0.406f};
    float[] deviation = {0.229f, 0.224f, 0.225f};
    return planes((channel, v) -> (v / 255f - mean[channel]) / deviation[channel], false);
  }

  /** [1, 3, 224, 224]: v - mean, blue first. */
  Tensor meanSubtracted() {
    float[] mean = {104, 117, 123};
    return planes((channel, v) -> v - mean[channel], true);
  }

  private interface Scaling {
    float apply(int channel, int value);
  }

  private Tensor planes(Scaling scaling, boolean blueFirst) {
    float[] values = new float[3 * SIZE * SIZE];
    for (int i = 0; i < values.length; i++) {
      int channel = i / (SIZE * SIZE);
      int rgb = image.getRGB(i % SIZE, i / SIZE % SIZE);
      int shift = blueFirst ? 8 * channel : 16 - 8 * channel;
      values[i] = scaling.apply(channel, rgb >> shift & 0xff);
    }
    return Tensor.of(Shape.of(1, 3, SIZE, SIZE), values);
  }
}
