package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Cost;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * One filter per channel, vectors over channels. The tile's {@code mr} is the number of
 * neighbouring output pixels computed at once, {@code nr} the channels done before the next row
 * begins.
 */
final class Depthwise implements ConvAlgorithm {
  /** Largest {@link #weight} of a body: C2 takes 8,000 bytes of code. */
  private static final int MOST_WEIGHT = 235;

  /** With more the addresses at the edges alone are too much code. */
  private static final int MOST_TAPS = 49;

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
        s.kernel().height() * s.kernel().width() <= MOST_TAPS,
        "filter has more than " + MOST_TAPS + " taps; vector.implicit_gemm takes it");
  }

  @Override
  public List<Tile> tiles(ConvProblem problem) {
    ConvShape s = problem.shape();
    int width = s.out().width();
    // 8 accumulators and a row of taps fit 16 registers at KW = 3; 7 divides the common widths.
    return IntStream.of(8, 7, 4, 3, 2, 1)
        .filter(mr -> mr <= width && (mr == 1 || weight(s, mr) <= MOST_WEIGHT))
        .boxed()
        .flatMap(mr ->
            IntStream.of(s.inChannels(), 8 * Lanes.LENGTH, 2 * Lanes.LENGTH)
                .filter(nr -> nr <= s.inChannels())
                .distinct()
                .mapToObj(nr -> new Tile(Map.of("mr", mr, "nr", nr))))
        .toList();
  }

  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    ConvShape s = problem.shape();
    int mr = tile.get("mr");
    ConvShape.Size out = s.out();
    double rows = (double) s.batch() * out.height();
    double vectors = Math.ceilDiv(s.inChannels(), Lanes.LENGTH);
    int taps = s.kernel().height() * s.kernel().width();
    double fmas = rows * Math.ceilDiv(out.width(), mr) * mr * vectors * Lanes.LENGTH * taps;
    double src = 4.0 * s.batch() * s.inChannels() * s.in().height() * s.in().width();
    double dst = 4.0 * rows * out.width() * s.inChannels();
    double bytes = src + dst * (problem.epilogue().residual() ? 2 : 1);
    // Two loads a cycle: window columns and taps; one store.
    double window = (mr - 1.0) * s.stride().width() + s.kernel().width();
    double loads = s.kernel().height() * (window + s.kernel().width()) / 2 + mr;
    double cycles = mr * taps / 2.0;
    return new Cost(fmas, bytes, 0.8 * cycles / Math.max(loads, cycles) * cycles / (cycles + 6));
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    ConvShape s = problem.shape();
    int mr = tile.get("mr");
    boolean masked = s.inChannels() < Lanes.LENGTH;
    Activation activation = problem.epilogue().activation();
    boolean inTile = FunctionCode.isShort(activation);
    RowKernel after = inTile ? null : RowKernel.of(activation, s.inChannels());
    int width = s.out().width();
    int left = 0;
    int right = 0;
    for (int x = 0; x < width; x += mr) {
      left = Math.max(left, leftPadding(s, firstPixel(x / mr, mr, width)));
      right = Math.max(right, rightPadding(s, firstPixel(x / mr, mr, width), mr));
    }
    DepthwiseTile micro =
        DepthwiseTiles.get(
            new DepthwiseTiles.Spec(
                s.kernel().height(),
                s.kernel().width(),
                s.stride().width(),
                s.dilation().width(),
                mr,
                left,
                right,
                problem.epilogue().residual(),
                inTile ? activation : Activation.none(),
                masked));
    long filter = pack(s, weights).address();
    int vectors = Math.max(1, tile.get("nr") / Lanes.LENGTH);
    return new Kernel() {
      @Override
      public Task bind(Operands operands) {
        return new DepthwiseTask(problem, mr, vectors, micro, filter, after, operands);
      }

      @Override
      public boolean acceptsStridedRows() {
        return true;
      }
    };
  }

  /** First output pixel of a tile; the last tile of a row ends with it. */
  static int firstPixel(int tile, int mr, int width) {
    return Math.min(tile * mr, width - mr);
  }

  /** Size of a body: multiply-adds, and twice the places that may be padding. */
  private static int weight(ConvShape s, int mr) {
    int edges = Math.min(window(s, mr), s.pad().left() + s.pad().right());
    return s.kernel().height() * (mr * s.kernel().width() + 2 * edges);
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
