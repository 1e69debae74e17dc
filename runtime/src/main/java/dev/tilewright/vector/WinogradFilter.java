package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.conv.Weights;
import java.lang.foreign.MemorySegment;

/**
 * The transformed filter G g G^T, computed in double and rounded once, packed as
 * [group][panel][plane][C/G][nv][lanes].
 */
final class WinogradFilter {
  private WinogradFilter() {}

  static MemorySegment pack(WinogradGeometry geometry, Weights weights) {
    Panels panels = geometry.panels();
    String form =
        "vector.winograd_f"
            + geometry.down().outputs()
            + "x"
            + geometry.along().outputs()
            + "_g"
            + panels.groups()
            + "_nv"
            + panels.nv()
            + "x"
            + Lanes.LENGTH;
    return weights.packed(
        form, panels.offset(panels.groups(), 0), to -> pack(geometry, weights.filter().data(), to));
  }

  private static void pack(WinogradGeometry geometry, MemorySegment filter, MemorySegment to) {
    Panels panels = geometry.panels();
    int nv = panels.nv();
    int depth = geometry.depth();
    int last = (int) (panels.last() / 4);
    int taps = geometry.down().taps() * geometry.along().taps();
    double[] g = new double[taps];
    double[] rows = new double[geometry.along().taps()];
    double[] u = new double[geometry.planes()];
    for (int group = 0; group < panels.groups(); group++) {
      for (int v = 0; v < panels.count() * nv; v++) {
        int inPanel = v % nv < nv - 1 || panels.masked() ? v % nv * Lanes.LENGTH : last;
        int first = group * panels.columns() + panels.column(v / nv) + inPanel;
        long at = panels.offset(group, v / nv) / 4 + (long) (v % nv) * Lanes.LENGTH;
        for (int c = 0; c < depth; c++) {
          for (int lane = 0; lane < Math.min(Lanes.LENGTH, panels.columns()); lane++) {
            long from = ((long) (first + lane) * depth + c) * taps;
            for (int t = 0; t < taps; t++) {
              g[t] = filter.getAtIndex(JAVA_FLOAT_UNALIGNED, from + t);
            }
            transform(geometry.down().filter(), geometry.along().filter(), g, rows, u);
            for (int p = 0; p < u.length; p++) {
              long row = (long) p * depth + c;
              to.setAtIndex(
                  JAVA_FLOAT_UNALIGNED, at + row * nv * Lanes.LENGTH + lane, (float) u[p]);
            }
          }
        }
      }
    }
  }

  /** u = down g along^T, both row by row; rows is scratch for a row of down g. */
  private static void transform(
      double[][] down, double[][] along, double[] g, double[] rows, double[] u) {
    int high = down[0].length;
    int wide = along[0].length;
    for (int i = 0; i < down.length; i++) {
      for (int x = 0; x < wide; x++) {
        double sum = 0;
        for (int y = 0; y < high; y++) {
          sum += down[i][y] * g[y * wide + x];
        }
        rows[x] = sum;
      }
      for (int j = 0; j < along.length; j++) {
        double sum = 0;
        for (int x = 0; x < wide; x++) {
          sum += rows[x] * along[j][x];
        }
        u[i * along.length + j] = sum;
      }
    }
  }
}
