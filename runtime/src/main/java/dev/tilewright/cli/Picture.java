package dev.tilewright.cli;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * An RGB picture with float samples, 0 to 255.
 *
 * @param rgb [height, width, 3], dense; not to be changed
 */
// Pictures are not compared; java.desktop is optional for users of the library.
@SuppressWarnings({"ArrayRecordComponent", "exports"})
public record Picture(int width, int height, float[] rgb) {
  /** Decoding needs some 16 bytes a pixel: refuse before, not by running out of memory. */
  private static final long MAX_PIXELS = 100_000_000;

  /**
   * Decodes a PNG, JPEG, GIF or BMP file.
   *
   * @throws BadInputException if it is none of these, or larger than 100 million pixels
   */
  public static Picture read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return read(in, file.toString());
    }
  }

  /** Decodes a picture from a stream; {@code name} is what errors call it. */
  public static Picture read(InputStream stream, String name) throws IOException {
    ImageIO.setUseCache(false);
    try (ImageInputStream in = ImageIO.createImageInputStream(stream)) {
      Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
      if (!readers.hasNext()) {
        throw new BadInputException(name + " is not a picture (PNG, JPEG, GIF or BMP)");
      }
      ImageReader reader = readers.next();
      try {
        reader.setInput(in, true, true);
        long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
        if (pixels > MAX_PIXELS) {
          throw new BadInputException(
              name + " has " + pixels + " pixels, more than " + MAX_PIXELS + ": make it smaller");
        }
        return of(reader.read(0));
      } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException e) {
        // What the JDK's decoders throw on damaged files.
        throw new BadInputException(name + " is a damaged picture: " + e.getMessage(), e);
      } finally {
        reader.dispose();
      }
    }
  }

  /** The samples of an image; transparent parts are put on white. */
  public static Picture of(BufferedImage image) {
    int width = image.getWidth();
    int height = image.getHeight();
    float[] rgb = new float[Math.multiplyExact(3, width * height)];
    int[] row = new int[width];
    int at = 0;
    for (int y = 0; y < height; y++) {
      image.getRGB(0, y, width, 1, row, 0, width);
      for (int argb : row) {
        float alpha = (argb >>> 24) / 255f;
        for (int shift = 16; shift >= 0; shift -= 8) {
          rgb[at++] = alpha * (argb >> shift & 0xff) + (1 - alpha) * 255;
        }
      }
    }
    return new Picture(width, height, rgb);
  }

  /** The picture as something the JDK can draw on and encode. */
  public BufferedImage toImage() {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    int at = 0;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++, at += 3) {
        image.setRGB(x, y, level(rgb[at]) << 16 | level(rgb[at + 1]) << 8 | level(rgb[at + 2]));
      }
    }
    return image;
  }

  /** The part from (left, top), which must lie inside. */
  public Picture crop(int left, int top, int w, int h) {
    float[] part = new float[3 * w * h];
    for (int y = 0; y < h; y++) {
      System.arraycopy(rgb, 3 * ((top + y) * width + left), part, 3 * y * w, 3 * w);
    }
    return new Picture(w, h, part);
  }

  /**
   * The picture at another size. Bilinear; when it shrinks, the triangle widens with the step, so
   * that every source pixel counts and fine lines do not break up.
   */
  public Picture resize(int w, int h) {
    return w == width && h == height
        ? this
        : new Picture(w, h, resample(resample(rgb, height, width, w), w, height, h));
  }

  /** Resamples rows [rows, from, 3] to [to, rows, 3]: two calls transpose twice. */
  private static float[] resample(float[] src, int rows, int from, int to) {
    float[] dst = new float[Math.multiplyExact(3, Math.multiplyExact(to, rows))];
    double step = (double) from / to;
    double reach = Math.max(1, step);
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * step;
      int first = Math.max(0, (int) Math.floor(centre - reach));
      int last = Math.min(from - 1, (int) Math.ceil(centre + reach));
      float[] weights = new float[last - first + 1];
      double sum = 0;
      for (int k = 0; k < weights.length; k++) {
        double distance = Math.abs(first + k + 0.5 - centre) / reach;
        weights[k] = (float) Math.max(0, 1 - distance);
        sum += weights[k];
      }
      for (int y = 0; y < rows; y++) {
        float r = 0;
        float g = 0;
        float b = 0;
        int at = 3 * (y * from + first);
        for (float weight : weights) {
          r += weight * src[at];
          g += weight * src[at + 1];
          b += weight * src[at + 2];
          at += 3;
        }
        int out = 3 * (i * rows + y);
        dst[out] = (float) (r / sum);
        dst[out + 1] = (float) (g / sum);
        dst[out + 2] = (float) (b / sum);
      }
    }
    return dst;
  }

  private static int level(float value) {
    return Math.clamp(Math.round(value), 0, 255);
  }
}
