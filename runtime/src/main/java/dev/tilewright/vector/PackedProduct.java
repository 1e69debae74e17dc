package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Product of matrices that are both computed at run time, a panel of columns at a time: the worker
 * packs those of the right side as {@link Panels} of the convolutions are, and runs their {@link
 * GemmTile} down the rows of the left.
 *
 * @param mr rows of a tile
 * @param copy packs
 */
record PackedProduct(Panels panels, int mr, GemmTile tile, RowKernel copy) {
  /**
   * @param m rows of the left side, at least
   */
  static PackedProduct of(int m, int columns, int depth) {
    Panels vectors = new Panels(1, columns, depth, 1);
    MicroTile best =
        Stream.of(MicroTile.candidates())
            .filter(t -> t.mr() <= m && t.nv() <= vectors.vectors())
            .min(Comparator.comparingDouble(t -> time(m, vectors, t)))
            .orElseThrow();
    Panels panels = new Panels(1, columns, depth, best.nv());
    GemmTile tile =
        GemmTiles.get(
            new GemmTiles.Spec(
                best.mr(),
                1,
                best.nv(),
                null,
                GemmTiles.Factors.ADJACENT,
                false,
                Activation.none(),
                panels.masked()));
    return new PackedProduct(panels, best.mr(), tile, RowKernel.of(Activation.none(), columns));
  }

  /** In multiply-adds at the peak, per row of b. */
  private static double time(int m, Panels vectors, MicroTile tile) {
    double rows = Math.ceilDiv(m, tile.mr()) * (double) tile.mr();
    double columns = Math.ceilDiv(vectors.vectors(), tile.nv()) * (double) tile.nv();
    return rows * columns / tile.efficiency(vectors.depth());
  }

  /** Bytes of a row of a packed panel. */
  long panelRow() {
    return (long) panels.nv() * Lanes.BYTES;
  }

  long panelBytes() {
    return panels.depth() * panelRow();
  }

  /**
   * Packs a panel. What a masked one holds behind its columns reaches no result.
   *
   * @param b address of its first column in the first row
   */
  void pack(long b, long ldb, long to) {
    int k = panels.depth();
    long last = panels.last();
    if (panels.masked()) {
      copy.map(b, ldb, to, panelRow(), k, panels.columns());
    } else if (last == panelRow() - Lanes.BYTES) {
      copy.map(b, ldb, to, panelRow(), k, panelRow() / 4);
    } else {
      copy.map(b, ldb, to, panelRow(), k, panelRow() / 4 - Lanes.LENGTH);
      copy.map(b + last, ldb, to + panelRow() - Lanes.BYTES, panelRow(), k, Lanes.LENGTH);
    }
  }

  /**
   * Multiplies rows by a packed panel.
   *
   * @param a address of the first
   * @param count at least mr
   * @param zeros address of a row of a panel
   * @param dst of the first row and the panel's first column
   */
  void rows(long a, long lda, int count, long panel, long zeros, long dst, long ldd) {
    for (int r = 0; r < count; r += mr) {
      // The last tile reaches back over rows that are done rather than be a smaller one.
      int row = Math.min(r, count - mr);
      long out = dst + row * ldd;
      tile.run(
          a + row * lda,
          lda,
          lda,
          0,
          panels.depth(),
          panel,
          zeros,
          out,
          ldd,
          out,
          0,
          panels.last());
    }
  }
}
