package dev.tilewright.vector;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Cost;
import dev.tilewright.conv.Rounding;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * Convolution of stride 1 with fewer multiplications: tiles of the input are transformed,
 * multiplied with the transformed filter, one small matrix product over channels for each of the (m
 * + r - 1)^2 values of a tile, and transformed back to m x m outputs. Filters of one row or column
 * are transformed along the other dimension only.
 */
final class Winograd implements ConvAlgorithm {
  static final Winograd F2 = new Winograd(2);
  static final Winograd F4 = new Winograd(4);
  static final Winograd F6 = new Winograd(6);

  /** Transforms of this many values in two dimensions, or in one, are known to be worth it. */
  private static final int MOST_PRODUCTS = 8;

  private static final int MOST_PRODUCTS_ALONG_ONE = 10;

  private static final int LEAST_CHANNELS = 8;

  /** Rows of {@link BatchedProduct} fit the memory that it is warmed up on. */
  private static final int MOST_CHANNELS = 1536;

  /** What the tests of whole models allow, of the largest value. */
  private static final double MOST_ERROR = 1e-3;

  /** Transformed tiles that stay in an L2 of 1 MB beside what is read past them. */
  private static final long BLOCK_BYTES = 512 << 10;

  /** What stays there of a layer, of 1 and 32 MB. */
  private static final long L2_BYTES = 512 << 10;

  private static final long L3_BYTES = 16 << 20;

  private final int outputs;

  private Winograd(int outputs) {
    this.outputs = outputs;
  }

  @Override
  public String id() {
    return "vector.winograd_f" + outputs;
  }

  @Override
  public Applicability check(ConvProblem problem) {
    ConvShape s = problem.shape();
    ConvShape.Size one = new ConvShape.Size(1, 1);
    if (!s.stride().equals(one) || !s.dilation().equals(one)) {
      return new Applicability.No("stride or dilation is not 1");
    }
    int height = s.kernel().height();
    int width = s.kernel().width();
    int most = height == 1 || width == 1 ? MOST_PRODUCTS_ALONG_ONE : MOST_PRODUCTS;
    if (height % 2 == 0 || width % 2 == 0 || s.isPointwise()) {
      return new Applicability.No("made for odd filter sizes above 1");
    }
    if (Math.max(height, width) + outputs - 1 > most) {
      return new Applicability.No("filter too large for tiles of " + outputs + " outputs");
    }
    int channels = s.inChannels() / s.groups();
    if (Math.min(channels, s.outChannels() / s.groups()) < LEAST_CHANNELS) {
      return new Applicability.No("transforms of so few channels cost more than they save");
    }
    if (channels > MOST_CHANNELS) {
      return new Applicability.No("more than " + MOST_CHANNELS + " input channels in a group");
    }
    return Applicability.when(
        rounding(s).bound(s) <= MOST_ERROR,
        "rounding errors could exceed " + MOST_ERROR + " of the sum's magnitude");
  }

  @Override
  public Rounding rounding(ConvShape s) {
    WinogradMatrices down = WinogradGeometry.matrices(outputs, s.kernel().height());
    WinogradMatrices along = WinogradGeometry.matrices(outputs, s.kernel().width());
    return new Rounding(
        down.growth() * along.growth(), new ConvShape.Size(down.outputs(), along.outputs()), 1);
  }

  @Override
  public List<Tile> tiles(ConvProblem problem) {
    int vectors = Panels.of(problem.shape(), 1).vectors();
    return BatchedProduct.tiles().stream()
        .filter(t -> t.nv() <= vectors)
        .map(t -> tile(problem, t))
        .map(t -> new Timed(t, cycles(geometry(problem, t))))
        .sorted(Comparator.comparingDouble(Timed::cycles))
        .limit(6)
        .map(Timed::tile)
        .toList();
  }

  private record Timed(Tile tile, double cycles) {}

  /**
   * With blocks as large as fit L2, or more if the filter, which each block reads, is large: of
   * 512x512 28x28 blocks of 13, 26 and 49 tiles reach 170, 258 and 294 % of the peak.
   */
  private Tile tile(ConvProblem problem, MicroTile t) {
    WinogradGeometry g = WinogradGeometry.of(problem, outputs, t, 1);
    long bytes = Math.max(BLOCK_BYTES, g.panels().offset(1, 0) / 4);
    int block = (int) Math.clamp(bytes / (g.planes() * g.pitch()), t.mr(), g.tiles() + t.mr() - 1L);
    return new Tile(
        Map.of("mr", t.mr(), "nr", t.nv() * Lanes.LENGTH, "block", block / t.mr() * t.mr()));
  }

  private WinogradGeometry geometry(ConvProblem problem, Tile tile) {
    return WinogradGeometry.of(problem, outputs, MicroTile.of(tile), tile.get("block"));
  }

  /** Multiply-adds of the products, those of tiles and channels that do not exist included. */
  private static double products(WinogradGeometry g) {
    double rows = (double) Math.ceilDiv(g.tiles(), g.mr()) * g.mr();
    Panels panels = g.panels();
    return rows * panels.count() * panels.nv() * Lanes.LENGTH * panels.depth() * panels.groups();
  }

  /**
   * Of a core that does two vectors a cycle. Measured at 512 and 256 bits: a value of a transform
   * costs 5 cycles a vector in two dimensions and 4 in one, in L1 as in L2, and a call 100; a byte
   * of tensors that do not fit L2 0.25, for transforms wait for them. A byte of filter costs 0.1
   * when a run first reads it, for in a network it was evicted since the run before (64->256 13x13:
   * 197 us there, 101 alone), and for each further block 0.02 from L3, 0.075 from memory.
   */
  private static double cycles(WinogradGeometry g) {
    Panels panels = g.panels();
    MicroTile micro = new MicroTile(g.mr(), g.nv());
    double products =
        products(g) / (2 * Lanes.LENGTH) / BatchedProduct.efficiency(micro, g.depth());
    double vectors = Lanes.cover(g.depth()) + (double) panels.count() * panels.nv();
    boolean flat = g.down().taps() == 1 || g.along().taps() == 1;
    double transform = (flat ? 4 : 5) * g.planes() * vectors + 100 * (1 + panels.count());
    long filter = panels.offset(panels.groups(), 0);
    double perFilterByte = filter < L2_BYTES ? 0 : filter < L3_BYTES ? 0.02 : 0.075;
    double tensors = tensorBytes(g.shape());
    return products
        + transform * g.tiles() * panels.groups()
        + (0.1 + perFilterByte * (g.blocks() - 1)) * filter
        + (tensors < 4 * L2_BYTES ? 0 : 0.25) * tensors;
  }

  private static double tensorBytes(ConvShape s) {
    double src = (double) s.inChannels() * s.in().height() * s.in().width();
    double dst = (double) s.outChannels() * s.out().height() * s.out().width();
    return 4 * s.batch() * (src + dst);
  }

  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    WinogradGeometry g = geometry(problem, tile);
    ConvShape s = problem.shape();
    ConvShape.Size out = s.out();
    double residual =
        problem.epilogue().residual()
            ? 4.0 * s.batch() * s.outChannels() * out.height() * out.width()
            : 0;
    double filter = (double) g.panels().offset(s.groups(), 0) * g.blocks();
    double transformed = 4.0 * g.tiles() * g.planes() * (s.inChannels() + s.outChannels());
    double bytes = tensorBytes(s) + residual + filter + transformed;
    double fmas = products(g);
    return new Cost(fmas, bytes, fmas / (2 * Lanes.LENGTH) / cycles(g));
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    WinogradGeometry g = geometry(problem, tile);
    Panels panels = g.panels();
    long filter = WinogradFilter.pack(g, weights).address();
    long bias = Panels.bias(weights).address();
    PlacedActivation activation =
        PlacedActivation.of(problem.epilogue().activation(), panels.columns());
    int m = g.down().outputs();
    int n = g.along().outputs();
    int r = g.down().taps();
    int t = g.along().taps();
    WinogradTask.Kernels kernels =
        new WinogradTask.Kernels(
            InputTransform.of(new InputTransform.Spec(m, r, n, t, g.depth() < Lanes.LENGTH)),
            BatchedProduct.of(new BatchedProduct.Spec(g.mr(), g.nv(), g.pitch())),
            OutputTransform.of(
                new OutputTransform.Spec(
                    m,
                    r,
                    n,
                    t,
                    problem.epilogue().residual(),
                    activation.inTile(),
                    panels.masked())),
            activation.after());
    return new ConvKernel(
        g.workspaceBytes(),
        operands -> new WinogradTask(problem, g, kernels, filter, bias, operands));
  }
}
