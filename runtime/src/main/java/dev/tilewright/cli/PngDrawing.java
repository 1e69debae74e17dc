package dev.tilewright.cli;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Dimension;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** A chart as PNG, at twice the size for sharp text. */
final class PngDrawing implements Drawing {
  private static final int SCALE = 2;

  private final BufferedImage image;
  private final Graphics2D graphics;

  PngDrawing(Dimension size) {
    image = new BufferedImage(SCALE * size.width, SCALE * size.height, BufferedImage.TYPE_INT_RGB);
    graphics = image.createGraphics();
    graphics.scale(SCALE, SCALE);
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, size.width, size.height);
  }

  @Override
  public void rectangle(double x, double y, double width, double height, Color fill, String title) {
    Rectangle2D rectangle = new Rectangle2D.Double(x, y, width, height);
    graphics.setColor(fill);
    graphics.fill(rectangle);
    graphics.setColor(Color.WHITE);
    graphics.setStroke(new BasicStroke(0.6f));
    graphics.draw(rectangle);
  }

  @Override
  public void line(Color color, double width, boolean dashed, double... points) {
    Path2D path = new Path2D.Double();
    path.moveTo(points[0], points[1]);
    for (int i = 2; i < points.length; i += 2) {
      path.lineTo(points[i], points[i + 1]);
    }
    float[] dashes = dashed ? new float[] {6, 4} : null;
    graphics.setColor(color);
    graphics.setStroke(
        new BasicStroke(
            (float) width, BasicStroke.CAP_BUTT, BasicStroke.JOIN_MITER, 10, dashes, 0));
    graphics.draw(path);
  }

  @Override
  public void text(double x, double y, int size, Color color, Anchor anchor, String text) {
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
    graphics.setColor(color);
    double width = graphics.getFontMetrics().stringWidth(text);
    double left =
        switch (anchor) {
          case START -> x;
          case MIDDLE -> x - width / 2;
          case END -> x - width;
        };
    graphics.drawString(text, (float) left, (float) y);
  }

  @Override
  public void save(Path file) throws IOException {
    graphics.dispose();
    if (!ImageIO.write(image, "png", file.toFile())) {
      throw new IOException("no writer for PNG in this JDK");
    }
  }
}
