package dev.tilewright.vector;

import dev.tilewright.conv.Tile;
import java.util.Map;

/**
 * Size of a micro-kernel: {@code mr} pixels by {@code nv} vectors of channels. As a {@link Tile}
 * the second is {@code nr}, in channels.
 */
record MicroTile(int mr, int nv) {
  static MicroTile of(Tile tile) {
    return new MicroTile(tile.get("mr"), tile.get("nr") / Lanes.LENGTH);
  }

  Tile tile() {
    return new Tile(Map.of("mr", mr, "nr", nv * Lanes.LENGTH));
  }

  /** mr * nv accumulators, nv filter vectors and a broadcast fit the registers. */
  static MicroTile[] candidates() {
    return Lanes.REGISTERS >= 32 ? OF_32 : OF_16;
  }

  /**
   * Share of the peak with data in L1, with a start and end of about 40 cycles a tile. Each factor
   * is a load, and so is each filter vector, two a cycle: a tile must do more work than it loads.
   */
  double efficiency(int depth) {
    double registers = mr * nv + nv + 1.0;
    double steady = registers > Lanes.REGISTERS ? 0.4 : 0.96;
    // Two FMA units with a latency of four cycles need eight chains.
    double chains = Math.min(1, mr * nv / 9.0);
    double loads = Math.min(1, 1.1 * mr * nv / (double) (mr + nv));
    double cycles = (double) depth * mr * nv / 2;
    return steady * chains * loads * cycles / (cycles + 40);
  }

  private static final MicroTile[] OF_32 = {
    new MicroTile(14, 2),
    new MicroTile(13, 2),
    new MicroTile(12, 2),
    new MicroTile(10, 2),
    new MicroTile(9, 2),
    new MicroTile(8, 2),
    new MicroTile(7, 2),
    new MicroTile(7, 3),
    new MicroTile(6, 4),
    new MicroTile(6, 3),
    new MicroTile(5, 4),
    new MicroTile(4, 4),
    new MicroTile(4, 2),
    new MicroTile(3, 6),
    new MicroTile(2, 8),
    new MicroTile(1, 8),
    new MicroTile(14, 1),
    new MicroTile(12, 1),
    new MicroTile(8, 1),
    new MicroTile(4, 1),
    new MicroTile(1, 4),
    new MicroTile(1, 2),
    new MicroTile(1, 1)
  };

  private static final MicroTile[] OF_16 = {
    new MicroTile(12, 1),
    new MicroTile(10, 1),
    new MicroTile(8, 1),
    new MicroTile(7, 1),
    new MicroTile(6, 2),
    new MicroTile(5, 2),
    new MicroTile(4, 2),
    new MicroTile(4, 3),
    new MicroTile(2, 4),
    new MicroTile(1, 8),
    new MicroTile(4, 1),
    new MicroTile(1, 4),
    new MicroTile(1, 2),
    new MicroTile(1, 1)
  };
}
