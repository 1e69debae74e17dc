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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Groups of few channels, for which a matrix product of each would leave lanes empty or use every
 * factor once: slices of one vector or two, with two kinds of micro-kernel ({@link RotatedTiles},
 * {@link SpreadTiles}) over a band that is copied per slice. The tile's {@code mr} is the number of
 * pixels.
 */
final class Grouped implements ConvAlgorithm {
  /** Of the input under a tile, whose distances are in the code of {@link SpreadTiles}. */
  private static final long MOST_BYTES = 48 << 10;

  @Override
  public String id() {
    return "vector.grouped";
  }

  @Override
  public Applicability check(ConvProblem problem) {
    ConvShape s = problem.shape();
    if (s.groups() == 1 || s.outChannels() / s.groups() > 2 * Lanes.LENGTH) {
      return new Applicability.No(
          "not groups of at most " + 2 * Lanes.LENGTH + " outputs; a gemm takes it");
    }
    GroupLanes lanes = GroupLanes.of(s);
    if (!lanes.rotated() && !nearby(lanes, 1)) {
      return new Applicability.No(
          "a filter row spans more than " + MOST_BYTES + " bytes of input; a gemm takes it");
    }
    GroupGeometry g = GroupGeometry.of(problem, lanes, 1);
    return Applicability.when(
        g.rowBytes() * g.bandRows(s.out().height()) <= Integer.MAX_VALUE,
        "a group's band is more than 2 GiB; use a smaller image");
  }

  @Override
  public List<Tile> tiles(ConvProblem problem) {
    ConvShape s = problem.shape();
    GroupLanes lanes = GroupLanes.of(s);
    int most = lanes.rotated() ? s.out().height() * s.out().width() : s.out().width();
    return IntStream.of(14, 12, 10, 8, 7, 6, 5, 4, 3, 2, 1)
        .filter(mr -> mr <= most && (mr == 1 || (fits(lanes, mr) && nearby(lanes, mr))))
        .mapToObj(mr -> new Tile(Map.of("mr", mr)))
        .sorted(Comparator.comparingDouble(t -> cost(problem, t).fmasAtPeak()))
        .toList();
  }

  /**
   * Whether the registers hold accumulators, inputs, a factor and a permutation; or accumulators, a
   * filter row and an input.
   */
  private static boolean fits(GroupLanes lanes, int mr) {
    int factors = lanes.factors();
    return lanes.rotated()
        ? mr * (factors + 1) + 2 < Lanes.REGISTERS
        : mr * lanes.vectors() + factors < Lanes.REGISTERS;
  }

  private static boolean nearby(GroupLanes lanes, int mr) {
    int columns = Depthwise.window(lanes.shape(), mr);
    return lanes.rotated() || 4L * columns * lanes.bandStride() <= MOST_BYTES;
  }

  /**
   * Counted in cycles of a core with two FMA units of four cycles' latency and two load ports.
   *
   * <p>Measured at 512 bits, 3x3: within 5 % for the best tiles of 4, 8, 16, 24 and 32 channels.
   */
  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    ConvShape s = problem.shape();
    GroupLanes lanes = GroupLanes.of(s);
    int mr = tile.get("mr");
    GroupGeometry g = GroupGeometry.of(problem, lanes, mr);
    double tiles = (double) g.computedPixels() / mr * lanes.slices();
    double fmas = (double) mr * lanes.factors() * lanes.depth();
    double copies = (double) g.copiedPixels() * lanes.slices() * Lanes.cover(lanes.inputs());
    double cycles = tiles * tileCycles(s, lanes, mr) + 6 * copies;

    ConvShape.Size out = s.out();
    double src = 4.0 * s.batch() * s.inChannels() * s.in().height() * s.in().width();
    double dst = 4.0 * s.batch() * s.outChannels() * out.height() * out.width();
    double filter = (double) lanes.slices() * lanes.sliceBytes() * s.batch() * g.blocks();
    double bytes = src + dst * (problem.epilogue().residual() ? 2 : 1) + filter;
    return new Cost(fmas * tiles * Lanes.LENGTH, bytes, fmas * tiles / 2 / cycles);
  }

  private static double tileCycles(ConvShape s, GroupLanes lanes, int mr) {
    int width = s.kernel().width();
    int factors = lanes.factors();
    double fmas = mr * factors;
    double chain = lanes.rotated() ? 1 : width;
    double inputs = lanes.rotated() ? mr : mr * Math.min(width, s.stride().width()) + width;
    double step = Math.max(Math.max(fmas, inputs + factors) / 2, 4 * chain);
    if (!lanes.rotated()) {
      return lanes.depth() * step + 25 + 3.0 * mr * lanes.vectors();
    }
    // C2 unrolls smaller bodies, which costs more than it gains in a loop as short as this.
    return lanes.depth() * step + (fmas < 20 ? 40 : 10);
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    ConvShape s = problem.shape();
    GroupLanes lanes = GroupLanes.of(s);
    int mr = tile.get("mr");
    GroupGeometry geometry = GroupGeometry.of(problem, lanes, mr);
    boolean residual = problem.epilogue().residual();
    Activation activation = problem.epilogue().activation();
    boolean inTile = FunctionCode.isFew(activation);
    int lastOutputs = lanes.outputs(lanes.independent() - 1, lanes.slices());
    GroupTask.Activate after =
        inTile
            ? null
            : new GroupTask.Activate(
                RowKernel.of(activation, lanes.outputs()), RowKernel.of(activation, lastOutputs));
    Activation now = inTile ? activation : Activation.none();
    GroupTile micro =
        lanes.rotated()
            ? RotatedTiles.get(
                new RotatedTiles.Spec(mr, lanes.in(), lanes.out(), residual, now, lanes.masked()))
            : SpreadTiles.get(
                SpreadTiles.Spec.of(s, lanes.bandStride(), mr, lanes.vectors(), residual, now));
    boolean masked = lanes.inputs() < Lanes.LENGTH;
    PixelCopy copy =
        lanes.rotated() && lanes.in() < lanes.out()
            ? PixelCopy.repeating(lanes.in(), lanes.out())
            : PixelCopy.plain(masked);
    PixelCopy zeroing = PixelCopy.plain(false);
    long filter = lanes.pack(weights).address();
    return new ConvKernel(
        geometry.bandBytes(),
        operands ->
            new GroupTask(problem, geometry, micro, copy, zeroing, filter, after, operands));
  }
}
