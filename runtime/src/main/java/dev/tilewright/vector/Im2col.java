package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
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
 * Convolution as a matrix product over copied pixels: for a block of output pixels, whatever rows
 * they are in, the factors of each are gathered side by side, a chunk of the sum at a time; a chunk
 * of which every factor is padding is left out.
 *
 * <p>Against {@link GemmConv}, which copies rows once and reads them at each tap, it copies each
 * value up to once a tap, and in return wastes no lanes on rows that tiles do not divide, keeps a
 * chunk of any window in L2, and does not multiply zeros: strong for deep sums, wide dilation and
 * small maps.
 */
final class Im2col implements ConvAlgorithm {
  /** What a copy costs besides its bytes, about 2 ns, as bytes from an outer cache. */
  private static final double BYTES_PER_COPY = 120;

  @Override
  public String id() {
    return "vector.im2col";
  }

  @Override
  public Applicability check(ConvProblem problem) {
    ConvShape s = problem.shape();
    if (s.outChannels() / s.groups() < Lanes.LENGTH) {
      return new Applicability.No(
          "fewer output channels in a group than lanes; vector.grouped and vector.depthwise fill them");
    }
    return Applicability.when(
        !s.isPointwise() && (long) s.batch() * pixels(s) < Integer.MAX_VALUE / 2,
        "a 1x1 convolution, whose factors are side by side; vector.gemm takes it without copying");
  }

  private static long pixels(ConvShape s) {
    ConvShape.Size out = s.out();
    return (long) out.height() * out.width();
  }

  @Override
  public List<Tile> tiles(ConvProblem problem) {
    int vectors = Panels.of(problem.shape(), 1).vectors();
    return MicroTile.best(
        6, t -> t.mr() <= GemmTiles.MOST_ROWS && t.nv() <= vectors, t -> cost(problem, t));
  }

  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    MicroTile t = MicroTile.of(tile);
    ConvShape s = problem.shape();
    Im2colGeometry g = Im2colGeometry.of(problem, t);
    double computed = (double) g.tiles() * t.mr() * g.panels().count() * t.nv() * Lanes.LENGTH;
    double factors = (double) g.panels().depth() * s.groups() * g.usefulShare();
    double pixels = (double) s.batch() * pixels(s);
    int taps = s.kernel().height() * s.kernel().width();
    double copied = pixels * (factors * 12 + (double) taps * s.groups() * BYTES_PER_COPY);
    double dst = pixels * s.outChannels() * 4 * (problem.epilogue().residual() ? 2 : 1);
    double filter = (double) g.panels().offset(s.groups(), 0) * g.blocks();
    return new Cost(
        computed * factors, copied + dst * (2 * g.chunks() - 1) + filter, t.efficiency(g.chunk()));
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    MicroTile t = MicroTile.of(tile);
    Im2colGeometry geometry = Im2colGeometry.of(problem, t);
    Panels panels = geometry.panels();
    long filter = panels.pack(weights).address();
    long bias = Panels.bias(weights).address();
    PlacedActivation activation =
        PlacedActivation.of(problem.epilogue().activation(), panels.columns());
    GemmTiles.Spec whole =
        new GemmTiles.Spec(
            t.mr(),
            1,
            t.nv(),
            null,
            GemmTiles.Factors.ADJACENT,
            problem.epilogue().residual(),
            activation.inTile(),
            panels.masked());
    Im2colTask.Kernels kernels =
        new Im2colTask.Kernels(
            ChunkedTile.of(whole, geometry.chunks() > 1),
            activation.after(),
            RowKernel.of(Activation.none(), geometry.channels()),
            RowKernel.of(Activation.none(), panels.columns()));
    return new ConvKernel(
        geometry.workspaceBytes(),
        operands -> new Im2colTask(problem, geometry, kernels, filter, bias, operands));
  }
}
