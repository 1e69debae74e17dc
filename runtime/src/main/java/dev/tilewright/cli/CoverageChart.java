package dev.tilewright.cli;

import dev.tilewright.cli.Drawing.Anchor;
import dev.tilewright.zoo.algorithm.DilationRule;
import java.awt.Color;
import java.awt.Dimension;
import java.util.Arrays;
import java.util.Locale;

/**
 * The receptive field of a stack of dilated convolutions as a heat map: how many paths lead from
 * each pixel to one output, by their logarithm; pixels without any are red.
 */
final class CoverageChart {
  static final Dimension SIZE = new Dimension(640, 700);

  private static final int MOST = 300;
  private static final int LEFT = 20;
  private static final int TOP = 80;
  private static final double SIDE = 600;

  private static final Color TEXT = new Color(0x22303c);
  private static final Color FAINT = new Color(0x6b7783);
  private static final Color HOLE = new Color(0xb3261e);
  private static final Color FEW = new Color(0xdbe6f4);
  private static final Color MANY = new Color(0x123a6b);

  private CoverageChart() {}

  /**
   * @throws BadInputException if pixels would be too small to see
   */
  static void draw(DilationRule rule, Drawing out) {
    if (rule.receptiveField() > MOST) {
      throw new BadInputException(
          "a map is drawn of at most "
              + MOST
              + " pixels a side; these rates see "
              + rule.receptiveField());
    }
    String title = String.format(Locale.ROOT, "rates %s of %dx%2$d", rule.rates(), rule.kernel());
    out.text(LEFT, 30, 18, TEXT, Anchor.START, title);
    String seen =
        String.format(
            Locale.ROOT,
            "%d x %1$d pixels, %,d holes (red)%s",
            rule.receptiveField(),
            rule.holes(),
            rule.broken().isEmpty() ? "" : "; " + rule.broken());
    out.text(LEFT, 54, 13, FAINT, Anchor.START, seen);
    long[] paths = rule.paths();
    double cell = SIDE / paths.length;
    for (int y = 0; y < paths.length; y++) {
      for (int x = 0; x < paths.length; x++) {
        double share = share(paths, paths[y], paths[x]);
        out.rectangle(
            LEFT + x * cell,
            TOP + y * cell,
            cell,
            cell,
            share < 0 ? HOLE : between(FEW, MANY, share),
            x + ", " + y + (share < 0 ? ": not seen" : ""));
      }
    }
  }

  /** 0 for one path to 1 for the most, by their logarithm; -1 for none. */
  static double share(long[] paths, long row, long column) {
    if (row == 0 || column == 0) {
      return -1;
    }
    double most = 2 * Math.log((double) Arrays.stream(paths).max().orElse(1));
    return most == 0 ? 1 : (Math.log((double) row) + Math.log((double) column)) / most;
  }

  private static Color between(Color from, Color to, double share) {
    return new Color(
        mixed(from.getRed(), to.getRed(), share),
        mixed(from.getGreen(), to.getGreen(), share),
        mixed(from.getBlue(), to.getBlue(), share));
  }

  private static int mixed(int from, int to, double share) {
    return (int) Math.round(from + (to - from) * share);
  }
}
