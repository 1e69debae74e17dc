package dev.tilewright.cli;

import java.awt.Color;
import java.awt.Dimension;
import java.io.IOException;
import java.nio.file.Path;

/** Something to draw a chart on, in pixels from the top left corner. */
interface Drawing {
  /** Where a text is in relation to its position. */
  enum Anchor {
    START,
    MIDDLE,
    END
  }

  /**
   * A filled rectangle with a thin white border.
   *
   * @param title what it says when a mouse is over it, if the file can
   */
  void rectangle(double x, double y, double width, double height, Color fill, String title);

  /** Connects points: x0, y0, x1, y1, ... */
  void line(Color color, double width, boolean dashed, double... points);

  /** Text on a base line. */
  void text(double x, double y, int size, Color color, Anchor anchor, String text);

  /** Writes the file. */
  void save(Path file) throws IOException;

  /**
   * For the format that the file's name ends in.
   *
   * @throws BadInputException if it is neither {@code .svg} nor {@code .png}
   */
  static Drawing of(Path file, Dimension size) {
    String name = file.toString();
    if (name.endsWith(".svg")) {
      return new SvgDrawing(size);
    }
    if (name.endsWith(".png")) {
      return new PngDrawing(size);
    }
    throw new BadInputException("a chart is drawn as .svg or .png, not as '" + name + "'");
  }
}
