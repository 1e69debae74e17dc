package dev.tilewright.vector;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Cost;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import java.util.List;

/**
 * Convolution as one matrix product per group over channels-last rows that are not copied: [pixels,
 * taps * C/G] times [taps * C/G, K/G]. Where each factor of a pixel lies is one table of offsets,
 * the same for all pixels, so that the micro-kernel is one flat loop whatever the filter size.
 *
 * <p>{@code vector.gemm} is the case without taps and padding: rows are read in place. {@code
 * vector.implicit_gemm} is every other: a block of rows is first copied with its padding, which
 * costs a few percent and leaves the loop without a branch.
 */
final class GemmConv implements ConvAlgorithm {
  static final GemmConv POINTWISE = new GemmConv("vector.gemm", true);
  static final GemmConv IMPLICIT = new GemmConv("vector.implicit_gemm", false);

  private final String id;
  private final boolean pointwise;

  private GemmConv(String id, boolean pointwise) {
    this.id = id;
    this.pointwise = pointwise;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Applicability check(ConvProblem problem) {
    ConvShape s = problem.shape();
    if (pointwise != (s.isPointwise() && GemmGeometry.unpadded(s))) {
      return new Applicability.No(
          pointwise
              ? "not a 1x1 convolution without padding; vector.implicit_gemm takes it"
              : "a 1x1 convolution without padding; vector.gemm takes it without copying");
    }
    return Applicability.when(
        GemmGeometry.windowBytes(s) <= Integer.MAX_VALUE,
        "a filter window spans more than 2 GiB of input; use a smaller image");
  }

  @Override
  public List<Tile> tiles(ConvProblem problem) {
    int vectors = Panels.of(problem.shape(), 1).vectors();
    return MicroTile.best(
        8,
        t ->
            (!pointwise || t.mr() <= GemmTiles.MOST_ROWS)
                && t.nv() <= vectors
                && GemmGeometry.of(problem, t).mr() == t.mr(),
        t -> cost(problem, t));
  }

  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    MicroTile t = MicroTile.of(tile);
    ConvShape s = problem.shape();
    GemmGeometry g = GemmGeometry.of(problem, t);
    Panels panels = Panels.of(s, t.nv());
    double fmas =
        (double) g.computedPixels()
            * panels.count()
            * t.nv()
            * Lanes.LENGTH
            * panels.depth()
            * s.groups();
    ConvShape.Size out = s.out();
    double src = 4.0 * s.batch() * s.inChannels() * s.in().height() * s.in().width();
    double dst = 4.0 * s.batch() * s.outChannels() * out.height() * out.width();
    double filter = (double) panels.offset(s.groups(), 0) * s.batch() * g.blocks();
    double bytes =
        src * (g.copies() ? 3 : 1) + dst * (problem.epilogue().residual() ? 2 : 1) + filter;
    return new Cost(fmas, bytes, t.efficiency(panels.depth()));
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    MicroTile t = MicroTile.of(tile);
    GemmGeometry geometry = GemmGeometry.of(problem, t);
    Panels panels = Panels.of(problem.shape(), t.nv());
    long filter = panels.pack(weights).address();
    long bias = Panels.bias(weights).address();
    PlacedActivation activation =
        PlacedActivation.of(problem.epilogue().activation(), panels.columns());
    GemmTile micro =
        GemmTiles.get(
            new GemmTiles.Spec(
                geometry.mr(),
                geometry.width(),
                t.nv(),
                geometry.baked(),
                geometry.factors(),
                problem.epilogue().residual(),
                activation.inTile(),
                panels.masked()));
    RowKernel after = activation.after();
    return new ConvKernel(
        geometry.bandBytes(),
        operands -> new GemmTask(problem, geometry, panels, micro, filter, bias, after, operands));
  }
}
