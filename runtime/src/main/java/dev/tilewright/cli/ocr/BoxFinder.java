package dev.tilewright.cli.ocr;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * From the detector's map to boxes, as for every network trained with differentiable binarization
 * (Liao et al. 2020): threshold, connected areas, smallest rectangle, mean probability, growth.
 */
final class BoxFinder {
  /** A pixel above this belongs to text. */
  private static final float THRESHOLD = 0.3f;

  /** An area whose mean probability is below this is dropped. */
  private static final double MIN_SCORE = 0.55;

  /**
   * Areas shrink in training by area / perimeter times a factor; this undoes it. 1.5 is published;
   * 2 lost no character of our pictures where 1.6 cut into capitals.
   */
  private static final double GROWTH = 2;

  /** Shorter side in pixels of the map, before growth: less is noise. */
  private static final double MIN_SIDE = 3;

  private BoxFinder() {}

  /**
   * Probability of text in each pixel.
   *
   * @param values [height, width], 0 to 1
   */
  @SuppressWarnings("ArrayRecordComponent") // maps are not compared
  record ProbabilityMap(int width, int height, float[] values) {}

  /** A box in pixels of the map, and the mean probability inside. */
  record Found(Box box, double score) {}

  static List<Found> find(ProbabilityMap map) {
    List<Found> found = new ArrayList<>();
    boolean[] seen = new boolean[map.values.length];
    int[] stack = new int[map.values.length];
    for (int start = 0; start < map.values.length; start++) {
      if (seen[start] || !(map.values[start] > THRESHOLD)) {
        continue;
      }
      Box box = SmallestBox.around(outline(map, start, seen, stack));
      if (Math.min(box.width(), box.height()) < MIN_SIDE) {
        continue;
      }
      double score = meanInside(map, box);
      if (score >= MIN_SCORE) {
        double perimeter = 2 * (box.width() + box.height());
        Box grown = box.grow(GROWTH * box.width() * box.height() / perimeter);
        found.add(new Found(grown.oriented(), score));
      }
    }
    return found;
  }

  /**
   * Marks the pixels connected with one (8 neighbours) and returns corners of the first and last
   * pixel of each of its rows: they have the same convex hull.
   */
  private static List<Point> outline(ProbabilityMap map, int start, boolean[] seen, int[] stack) {
    int top = start / map.width;
    int[] first = new int[map.height - top];
    int[] last = new int[map.height - top];
    Arrays.fill(first, Integer.MAX_VALUE);
    Arrays.fill(last, -1);
    int depth = 0;
    stack[depth++] = start;
    seen[start] = true;
    while (depth > 0) {
      int pixel = stack[--depth];
      int x = pixel % map.width;
      int y = pixel / map.width;
      // Scanning by rows met the topmost row of the area first: y >= top.
      first[y - top] = Math.min(first[y - top], x);
      last[y - top] = Math.max(last[y - top], x);
      for (int ny = Math.max(0, y - 1); ny <= Math.min(map.height - 1, y + 1); ny++) {
        for (int nx = Math.max(0, x - 1); nx <= Math.min(map.width - 1, x + 1); nx++) {
          int next = ny * map.width + nx;
          if (!seen[next] && map.values[next] > THRESHOLD) {
            seen[next] = true;
            stack[depth++] = next;
          }
        }
      }
    }
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < first.length && last[i] >= 0; i++) {
      for (int y = top + i; y <= top + i + 1; y++) {
        points.add(new Point(first[i], y));
        points.add(new Point(last[i] + 1, y));
      }
    }
    return points;
  }

  private static double meanInside(ProbabilityMap map, Box box) {
    double[] xs = box.corners().stream().mapToDouble(Point::x).sorted().toArray();
    double[] ys = box.corners().stream().mapToDouble(Point::y).sorted().toArray();
    int left = Math.max(0, (int) xs[0]);
    int right = Math.min(map.width - 1, (int) xs[3]);
    double w = box.right().dot(box.right());
    double h = box.down().dot(box.down());
    double sum = 0;
    int count = 0;
    for (int y = Math.max(0, (int) ys[0]); y <= Math.min(map.height - 1, (int) ys[3]); y++) {
      for (int x = left; x <= right; x++) {
        Point p = new Point(x + 0.5, y + 0.5).minus(box.origin());
        double u = p.dot(box.right()) / w;
        double v = p.dot(box.down()) / h;
        if (u >= 0 && u <= 1 && v >= 0 && v <= 1) {
          sum += map.values[y * map.width + x];
          count++;
        }
      }
    }
    return count == 0 ? 0 : sum / count;
  }
}
