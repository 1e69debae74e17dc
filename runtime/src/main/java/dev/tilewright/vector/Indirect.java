package dev.tilewright.vector;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Cost;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Convolution that reads the input where it lies: each {@link Region} of the output, whose pixels
 * all read the same taps, has a table that says where the factors of a pixel are in the image and
 * in the filter.
 *
 * <p>Nothing is copied and no zero of the padding is multiplied, which is most of the work where
 * dilation is wide or the map small; against that stand regions at the edges that fill no tile.
 */
final class Indirect implements ConvAlgorithm {
  @Override
  public String id() {
    return "vector.indirect";
  }

  @Override
  public Applicability check(ConvProblem problem) {
    ConvShape s = problem.shape();
    if (s.isPointwise() && GemmGeometry.unpadded(s)) {
      return new Applicability.No("a 1x1 convolution without padding; vector.gemm takes it");
    }
    if (s.outChannels() / s.groups() < Lanes.LENGTH) {
      return new Applicability.No(
          "fewer output channels in a group than lanes; vector.grouped and vector.depthwise fill them");
    }
    if (Region.of(s).stream().anyMatch(r -> r.taps() == 0)) {
      return new Applicability.No("some outputs read nothing but padding");
    }
    return Applicability.when(
        GemmGeometry.windowBytes(s) <= Integer.MAX_VALUE
            && Panels.of(s, 1).offset(1, 0) <= Integer.MAX_VALUE / MicroTile.MOST_VECTORS,
        "a filter window or a panel of the filter spans more than 2 GiB");
  }

  @Override
  public List<Tile> tiles(ConvProblem problem) {
    int vectors = Panels.of(problem.shape(), 1).vectors();
    int most = mostRows(problem.shape());
    return MicroTile.best(4, t -> t.mr() <= most && t.nv() <= vectors, t -> cost(problem, t));
  }

  /** Pixels of a tile are read where they lie, which may be one set of the cache. */
  private static int mostRows(ConvShape s) {
    return GemmGeometry.conflicts(s, s.inChannels()) ? GemmGeometry.WAYS : GemmTiles.MOST_ROWS;
  }

  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    MicroTile t = MicroTile.of(tile);
    ConvShape s = problem.shape();
    IndirectGeometry g = IndirectGeometry.of(problem, t);
    double fmas = 0;
    double ideal = 0;
    for (IndirectGeometry.Piece p : g.pieces()) {
      int depth = g.depth(p.region());
      double computed = (double) p.tiles() * p.mr() * depth;
      fmas += computed;
      ideal += computed / new MicroTile(p.mr(), t.nv()).efficiency(depth);
    }
    double perFactor = (double) g.panels().count() * t.nv() * Lanes.LENGTH * s.groups() * s.batch();
    ConvShape.Size out = s.out();
    double src = 4.0 * s.batch() * s.inChannels() * s.in().height() * s.in().width();
    double dst = 4.0 * s.batch() * s.outChannels() * out.height() * out.width();
    double filter = (double) g.panels().offset(s.groups(), 0) * s.batch() * g.blocks().size();
    return new Cost(
        fmas * perFactor,
        src + dst * (problem.epilogue().residual() ? 2 : 1) + filter,
        fmas / ideal);
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    MicroTile t = MicroTile.of(tile);
    IndirectGeometry geometry = IndirectGeometry.of(problem, t);
    Panels panels = geometry.panels();
    long filter = panels.pack(weights).address();
    long bias = Panels.bias(weights).address();
    PlacedActivation activation =
        PlacedActivation.of(problem.epilogue().activation(), panels.columns());
    Map<Integer, ChunkedTile> kernels = new HashMap<>();
    for (IndirectGeometry.Piece p : geometry.pieces()) {
      kernels.computeIfAbsent(
          p.mr(),
          mr ->
              ChunkedTile.of(
                  new GemmTiles.Spec(
                      mr,
                      mr,
                      t.nv(),
                      null,
                      GemmTiles.Factors.PICKED,
                      problem.epilogue().residual(),
                      activation.inTile(),
                      false),
                  geometry.cut()));
    }
    RowKernel after = activation.after();
    return new ConvKernel(
        0, operands -> new IndirectTask(problem, geometry, kernels, after, filter, bias, operands));
  }
}
