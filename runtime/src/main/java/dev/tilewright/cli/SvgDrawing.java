package dev.tilewright.cli;

import java.awt.Color;
import java.awt.Dimension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** A chart as SVG, which says what is under the mouse. */
final class SvgDrawing implements Drawing {
  private final StringBuilder out = new StringBuilder();

  SvgDrawing(Dimension size) {
    out.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%1$d\""
                + " height=\"%2$d\" font-family=\"sans-serif\">%n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n",
            size.width,
            size.height));
  }

  @Override
  public void rectangle(double x, double y, double width, double height, Color fill, String title) {
    add(
        String.format(
            Locale.ROOT,
            "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"%s\" stroke=\"#fff\""
                + " stroke-width=\"0.6\"><title>%s</title></rect>",
            x,
            y,
            width,
            height,
            hex(fill),
            escaped(title)));
  }

  @Override
  public void line(Color color, double width, boolean dashed, double... points) {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < points.length; i += 2) {
      path.append(String.format(Locale.ROOT, "%.2f,%.2f ", points[i], points[i + 1]));
    }
    add(
        String.format(
            Locale.ROOT,
            "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\"%s"
                + " pointer-events=\"none\"/>",
            path,
            hex(color),
            width,
            dashed ? " stroke-dasharray=\"6 4\"" : ""));
  }

  @Override
  public void text(double x, double y, int size, Color color, Anchor anchor, String text) {
    add(
        String.format(
            Locale.ROOT,
            "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%d\" fill=\"%s\" text-anchor=\"%s\""
                + " pointer-events=\"none\">%s</text>",
            x,
            y,
            size,
            hex(color),
            anchor.name().toLowerCase(Locale.ROOT),
            escaped(text)));
  }

  @Override
  public void save(Path file) throws IOException {
    Files.writeString(file, toString());
  }

  /** The whole drawing. */
  @Override
  public String toString() {
    return out + "</svg>\n";
  }

  private void add(String line) {
    out.append(line).append('\n');
  }

  private static String hex(Color color) {
    return String.format(Locale.ROOT, "#%06x", color.getRGB() & 0xffffff);
  }

  /** Names come from model files: what XML cannot hold is left out. */
  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '&' -> escaped.append("&amp;");
            case '<' -> escaped.append("&lt;");
            case '>' -> escaped.append("&gt;");
            case '"' -> escaped.append("&quot;");
            default -> {
              if (c >= ' ' && !Character.isSurrogate((char) c) && c != 0xfffe && c != 0xffff) {
                escaped.appendCodePoint(c);
              }
            }
          }
        });
    return escaped.toString();
  }
}
