package dev.tilewright.vector;

import dev.tilewright.conv.Cost;
import dev.tilewright.conv.Tile;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Size of a micro-kernel: {@code mr} pixels by {@code nv} vectors of channels. As a {@link Tile}
 * the second is {@code nr}, in channels.
 */
record MicroTile(int mr, int nv) {
  /** Of any tile. */
  static final int MOST_VECTORS = 8;

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

  /** The candidates that fit, at most so many, those of the least arithmetic first. */
  static List<Tile> best(int most, Predicate<MicroTile> fits, Function<Tile, Cost> cost) {
    return Stream.of(candidates())
        .filter(fits)
        .map(MicroTile::tile)
        .sorted(Comparator.comparingDouble(t -> cost.apply(t).fmasAtPeak()))
        .limit(most)
        .toList();
  }

  /**
   * Share of the peak with data in L1, with a start and end of about 40 cycles a tile. Two FMA
   * units with a latency of four cycles need eight chains and some to spare.
   *
   * <p>Measured at 512 bits: from 9x2 to 14x2, 6x3, 7x3, 4x4 to 7x4 94-100 %, 4x2 86, 3x2 71, and
   * with one vector, where every factor is used once, 45-55.
   *
   * <p>At 256 bits and 16 registers, where loads are half as long: 6x2 99 %, 3x3 92, 4x2 78, 2x4
   * 76, 3x2 73; with one vector or one pixel 12x1 67, 10x1 73, 4x1 and 1x8 48.
   */
  double efficiency(int depth) {
    boolean few = Lanes.REGISTERS < 32;
    boolean usedOnce = nv == 1 || (few && mr == 1);
    double steady = !usedOnce ? 0.95 : few ? 0.7 : 0.45;
    double chains = Math.min(1, mr * nv / (few && usedOnce ? 8.0 : 10.0));
    double cycles = (double) depth * mr * nv / 2;
    return steady * chains * cycles / (cycles + 40);
  }

  // Not 8x2, 14x1, 16x1 and 9x3: C2 of JDK 25 gives 15-22 % with them, in every start.
  private static final MicroTile[] OF_32 = {
    new MicroTile(14, 2),
    new MicroTile(13, 2),
    new MicroTile(12, 2),
    new MicroTile(11, 2),
    new MicroTile(10, 2),
    new MicroTile(9, 2),
    new MicroTile(7, 2),
    new MicroTile(6, 2),
    new MicroTile(4, 2),
    new MicroTile(7, 3),
    new MicroTile(6, 3),
    new MicroTile(5, 3),
    new MicroTile(6, 4),
    new MicroTile(5, 4),
    new MicroTile(4, 4),
    new MicroTile(3, 4),
    new MicroTile(2, 4),
    new MicroTile(1, 8),
    new MicroTile(1, 4),
    new MicroTile(13, 1),
    new MicroTile(6, 1),
    new MicroTile(1, 2),
    new MicroTile(1, 1)
  };

  // Not 4x3 and 3x4: C2 loads two factors before it uses one, which takes a 17th register, 37-43 %.
  // Nor 5x2 and 8x1: they fit, but C2 finds that in some kernels only, 31 to 86 % and 40 to 78 %.
  // 7x1 is slower still.
  private static final MicroTile[] OF_16 = {
    new MicroTile(12, 1),
    new MicroTile(10, 1),
    new MicroTile(6, 2),
    new MicroTile(4, 2),
    new MicroTile(3, 3),
    new MicroTile(3, 2),
    new MicroTile(2, 4),
    new MicroTile(1, 8),
    new MicroTile(4, 1),
    new MicroTile(1, 4),
    new MicroTile(1, 2),
    new MicroTile(1, 1)
  };
}
