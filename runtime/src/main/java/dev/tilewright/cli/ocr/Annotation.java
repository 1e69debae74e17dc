package dev.tilewright.cli.ocr;

import dev.tilewright.cli.Picture;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Draws boxes over a picture. No text: headless machines often have no fonts. */
final class Annotation {
  private static final Color COLOUR = new Color(0xe0, 0x10, 0x60);

  private Annotation() {}

  /** Writes the picture with outlines of the boxes and a dot where each text starts, as PNG. */
  static void write(Path file, Picture picture, List<Box> boxes) throws IOException {
    BufferedImage image = picture.toImage();
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      float stroke = Math.max(1.5f, Math.max(picture.width(), picture.height()) / 500f);
      graphics.setStroke(new BasicStroke(stroke));
      graphics.setColor(COLOUR);
      for (Box box : boxes) {
        Path2D path = new Path2D.Double();
        path.moveTo(box.origin().x(), box.origin().y());
        box.corners().stream().skip(1).forEach(corner -> path.lineTo(corner.x(), corner.y()));
        path.closePath();
        graphics.draw(path);
        int radius = Math.round(2 * stroke);
        graphics.fillOval(
            (int) box.origin().x() - radius,
            (int) box.origin().y() - radius,
            2 * radius,
            2 * radius);
      }
    } finally {
      graphics.dispose();
    }
    try (var out = Files.newOutputStream(file)) {
      ImageIO.write(image, "png", out);
    }
  }
}
