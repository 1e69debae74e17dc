package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Cost;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * One filter per channel, vectors over channels. A tile is {@code mr} neighbouring pixels of {@code
 * rows} output rows; {@code nr} channels are done before the next rows begin. With {@code nr} one
 * vector, all the rows below each other are done before the tiles beside them.
 */
final class Depthwise implements ConvAlgorithm {
  /** Largest {@link #weight} of a body: C2 takes 8,000 bytes of code. */
  private static final int MOST_WEIGHT = 235;

  /** Vectors of channels of which the loop goes down the rows: along so few it would be short. */
  private static final int MOST_DOWN = 4;

  /** Rows of the input that stay in L1, next to the output. */
  private static final int L1_BYTES = 40 << 10;

  /** Of the filter: a row of taps is in the code. */
  private static final int MOST_SIDE = 32;

  @Override
  public String id() {
    return "vector.depthwise";
  }

  @Override
  public Applicability check(ConvProblem problem) {
    ConvShape s = problem.shape();
    if (!s.isDepthwise() || s.outChannels() != s.inChannels()) {
      return new Applicability.No(
          "not one filter per channel (groups = C = K); vector.implicit_gemm takes it");
    }
    return Applicability.when(
        Math.max(s.kernel().height(), s.kernel().width()) <= MOST_SIDE,
        "filter has more than " + MOST_SIDE + " rows or columns; vector.implicit_gemm takes it");
  }

  @Override
  public List<Tile> tiles(ConvProblem problem) {
    ConvShape s = problem.shape();
    ConvShape.Size out = s.out();
    List<Tile> tiles = new ArrayList<>();
    // Two rows share input rows at stride 1 in straight code only; else they are for narrow maps.
    boolean pairs = isSmall(s) ? s.stride().height() == 1 : out.width() <= 8;
    pairs &= out.height() > 1 && s.inChannels() >= Lanes.LENGTH;
    for (int rows = 1; rows <= (pairs ? 2 : 1); rows++) {
      for (int mr : new int[] {14, 10, 8, 7, 5, 4, 3, 2, 1}) {
        boolean fits = rows * mr <= Lanes.REGISTERS / 2 && weight(s, rows, mr) <= MOST_WEIGHT;
        if (mr <= out.width() && (rows * mr == 1 || fits)) {
          for (int nr : channels(s, mr)) {
            tiles.add(new Tile(Map.of("rows", rows, "mr", mr, "nr", nr)));
          }
        }
      }
    }
    tiles.sort(Comparator.comparingDouble(t -> cost(problem, t).fmasAtPeak()));
    return tiles.subList(0, Math.min(8, tiles.size()));
  }

  private static int[] channels(ConvShape s, int mr) {
    int all = s.inChannels();
    if (isSmall(s) && all <= Lanes.LENGTH * MOST_DOWN) {
      return new int[] {Lanes.LENGTH, all};
    }
    // Much straight-line code along the channels came out slow in most starts.
    boolean slow = isSmall(s) && mr > 8;
    int[] blocks = {all, 8 * Lanes.LENGTH, 4 * Lanes.LENGTH};
    return slow ? new int[0] : IntStream.of(blocks).filter(nr -> nr <= all).distinct().toArray();
  }

  /** Whether all its taps are straight-line code. With masks, C2 boxes them where it is long. */
  private static boolean isSmall(ConvShape s) {
    return s.kernel().height() * s.kernel().width() <= 16 && s.inChannels() >= Lanes.LENGTH;
  }

  private static DepthwiseSpec.Order order(ConvShape s, int nr) {
    if (!isSmall(s)) {
      return DepthwiseSpec.Order.FILTER_ROWS;
    }
    boolean down = nr <= Lanes.LENGTH && s.inChannels() <= Lanes.LENGTH * MOST_DOWN;
    return down ? DepthwiseSpec.Order.DOWN : DepthwiseSpec.Order.CHANNELS;
  }

  /**
   * Counted in cycles: arithmetic, and next to it lines of the input and output between L1 and L2,
   * which together came within 20 % of what 3x3 and 5x5 layers take at 512 bits from L2.
   */
  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    ConvShape s = problem.shape();
    int mr = tile.get("mr");
    int rows = tile.get("rows");
    int nr = Math.min(tile.get("nr"), s.inChannels());
    DepthwiseSpec.Order order = order(s, nr);
    ConvShape.Size out = s.out();
    int taps = s.kernel().height() * s.kernel().width();
    double vectors = Math.ceilDiv(s.inChannels(), Lanes.LENGTH);
    double tiles =
        (double) s.batch() * Math.ceilDiv(out.height(), rows) * Math.ceilDiv(out.width(), mr);
    double fmas = (double) rows * mr * taps;

    // Few chains of sums wait for each other.
    double arithmetic = Math.max(fmas / 2, 4.0 * taps);
    boolean down = order == DepthwiseSpec.Order.DOWN;
    boolean inLoop = order == DepthwiseSpec.Order.FILTER_ROWS;
    double overhead = inLoop ? 25 : taps / 2.0;
    int inputRows = s.kernel().height() + (rows - 1) * s.stride().height();
    double rowBytes = 4.0 * nr * s.in().width();
    boolean rowsStay = down || inputRows * rowBytes <= L1_BYTES;
    double newRows = rowsStay ? Math.min(inputRows, rows * s.stride().height()) : inputRows;
    double columns = Math.min(window(s, mr), s.in().width());
    double lines = (inLoop ? 0.8 : 1.2) * newRows * columns + (inLoop ? 2 : 2.4) * rows * mr;
    double steps = down ? Math.ceilDiv(out.height(), rows) : Math.ceilDiv(nr, Lanes.LENGTH);
    double cycles = arithmetic + overhead + lines + 40 / steps;

    double src = 4.0 * s.batch() * s.inChannels() * s.in().height() * s.in().width();
    double dst = 4.0 * s.batch() * out.height() * out.width() * s.inChannels();
    double bytes = src + dst * (problem.epilogue().residual() ? 2 : 1);
    return new Cost(tiles * vectors * fmas * Lanes.LENGTH, bytes, fmas / 2 / cycles);
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    ConvShape s = problem.shape();
    int mr = tile.get("mr");
    int rows = tile.get("rows");
    boolean masked = s.inChannels() < Lanes.LENGTH;
    PlacedActivation activation =
        PlacedActivation.of(problem.epilogue().activation(), s.inChannels());
    int width = s.out().width();
    int left = 0;
    int right = 0;
    for (int x = 0; x < width; x += mr) {
      left = Math.max(left, leftPadding(s, firstPixel(x / mr, mr, width)));
      right = Math.max(right, rightPadding(s, firstPixel(x / mr, mr, width), mr));
    }
    DepthwiseSpec spec =
        new DepthwiseSpec(
            s.kernel().height(),
            s.kernel().width(),
            s.stride().height(),
            s.stride().width(),
            s.dilation().height(),
            s.dilation().width(),
            order(s, tile.get("nr")),
            rows,
            mr,
            left,
            right,
            problem.epilogue().residual(),
            activation.inTile(),
            masked);
    DepthwiseTile micro = DepthwiseTiles.get(spec);
    int vectors = Math.max(1, tile.get("nr") / Lanes.LENGTH);
    long filter = pack(s, weights).address();
    RowKernel after = activation.after();
    return new ConvKernel(
        0, operands -> new DepthwiseTask(problem, spec, vectors, micro, filter, after, operands));
  }

  /** First output pixel of a tile; the last tile of a row ends with it. */
  static int firstPixel(int tile, int mr, int width) {
    return Math.min(tile * mr, width - mr);
  }

  /** Size of a body: multiply-adds, and twice the places that may be padding. */
  private static int weight(ConvShape s, int rows, int mr) {
    int edges = Math.min(window(s, mr), s.pad().left() + s.pad().right());
    int inputRows = s.kernel().height() + (rows - 1) * s.stride().height();
    int perRow = mr * s.kernel().width();
    return isSmall(s)
        ? s.kernel().height() * rows * perRow + 2 * inputRows * edges
        : rows * (perRow + 2 * edges);
  }

  /** Input columns that mr pixels see. */
  static int window(ConvShape s, int mr) {
    return (mr - 1) * s.stride().width() + (s.kernel().width() - 1) * s.dilation().width() + 1;
  }

  /** Columns that lie before the image, of the window of the tile that starts at pixel x. */
  static int leftPadding(ConvShape s, int x) {
    return Math.max(0, s.pad().left() - x * s.stride().width());
  }

  /** Those that lie behind it. */
  static int rightPadding(ConvShape s, int x, int mr) {
    int end = x * s.stride().width() - s.pad().left() + window(s, mr);
    return Math.max(0, end - s.in().width());
  }

  /**
   * The filter as [vectors][1 + KH * KW][lanes], each vector's bias before its taps. The last
   * vector ends at the last channel.
   */
  private static MemorySegment pack(ConvShape s, Weights weights) {
    int taps = s.kernel().height() * s.kernel().width();
    int channels = s.inChannels();
    int vectors = Math.ceilDiv(channels, Lanes.LENGTH);
    MemorySegment filter = weights.filter().data();
    MemorySegment bias = Panels.bias(weights);
    return weights.packed(
        "vector.depthwise_x" + Lanes.LENGTH,
        4L * vectors * (1 + taps) * Lanes.LENGTH,
        to -> {
          for (int v = 0; v < vectors; v++) {
            int first = Math.max(0, Math.min(v * Lanes.LENGTH, channels - Lanes.LENGTH));
            for (int lane = 0; lane < Math.min(channels, Lanes.LENGTH); lane++) {
              int c = first + lane;
              long at = (long) v * (1 + taps) * Lanes.LENGTH + lane;
              to.setAtIndex(JAVA_FLOAT_UNALIGNED, at, bias.getAtIndex(JAVA_FLOAT_UNALIGNED, c));
              for (int t = 0; t < taps; t++) {
                to.setAtIndex(
                    JAVA_FLOAT_UNALIGNED,
                    at + (1L + t) * Lanes.LENGTH,
                    filter.getAtIndex(JAVA_FLOAT_UNALIGNED, (long) c * taps + t));
              }
            }
          }
        });
  }
}
