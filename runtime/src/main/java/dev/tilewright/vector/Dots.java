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
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Few outputs a group, as dot products along the input channels: in a matrix product most columns
 * of a tile would be empty. Channels of neighbouring taps are adjacent where pixels are, so a row
 * of taps is one run of floats.
 */
final class Dots implements ConvAlgorithm {
  private static final int MOST_OUTPUTS = 4;

  /** Functions applied to what has been stored: adjacent values, and rows of few. */
  record After(RowKernel wide, RowKernel narrow) {}

  @Override
  public String id() {
    return "vector.dots";
  }

  @Override
  public Applicability check(ConvProblem problem) {
    ConvShape s = problem.shape();
    return Applicability.when(
        s.outChannels() / s.groups() <= MOST_OUTPUTS,
        "more than " + MOST_OUTPUTS + " outputs a group; a gemm takes it");
  }

  /** Counted in cycles: three a step of four pixels, a call for each run, and adding the lanes. */
  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    ConvShape s = problem.shape();
    DotGeometry g = DotGeometry.of(s);
    int channels = s.inChannels() / s.groups();
    boolean joined = g.mayJoin();
    int length = joined ? s.kernel().width() * channels : channels;
    double runs = (double) s.kernel().height() * (joined ? 1 : s.kernel().width());
    double vectors = Math.ceilDiv(length, Lanes.LENGTH);
    double inner = (double) g.lines() * (g.innerTo() - g.innerFrom());
    double edge = (double) g.lines() * g.width() - inner;
    double four = runs * (15 + 3 * vectors) + 60;
    double one = runs * (15 + 4 * vectors) + 15;
    double cycles = s.outChannels() * (inner / DotTile.PIXELS * four + edge * one);
    double fmas = (inner + edge) * s.outChannels() * runs * vectors;
    double src = 4.0 * s.batch() * s.inChannels() * s.in().height() * s.in().width();
    double dst = 4.0 * (inner + edge) * s.outChannels();
    double bytes = src + dst * (problem.epilogue().residual() ? 2 : 1);
    return new Cost(fmas * Lanes.LENGTH, bytes, fmas / 2 / cycles);
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    ConvShape s = problem.shape();
    Activation activation = problem.epilogue().activation();
    @Nullable After after =
        activation instanceof Activation.None
            ? null
            : new After(RowKernel.of(activation, Lanes.LENGTH), RowKernel.of(activation, 1));
    boolean masked = s.inChannels() / s.groups() % Lanes.LENGTH != 0;
    DotTile one = DotTile.of(new DotTile.Spec(1, masked));
    DotTile four = DotTile.of(new DotTile.Spec(DotTile.PIXELS, masked));
    long filter = pack(s, weights).address();
    long bias = Panels.bias(weights).address();
    return new ConvKernel(
        (long) DotTile.PIXELS * Lanes.BYTES,
        operands -> new DotsTask(problem, one, four, filter, bias, after, operands));
  }

  /** The filter as [K][FH][FW][C/G]. */
  private static MemorySegment pack(ConvShape s, Weights weights) {
    int taps = s.kernel().height() * s.kernel().width();
    int channels = s.inChannels() / s.groups();
    MemorySegment filter = weights.filter().data();
    return weights.packed(
        "vector.dots",
        4L * s.outChannels() * taps * channels,
        to -> {
          for (int k = 0; k < s.outChannels(); k++) {
            long first = (long) k * taps * channels;
            for (int t = 0; t < taps; t++) {
              for (int c = 0; c < channels; c++) {
                to.setAtIndex(
                    JAVA_FLOAT_UNALIGNED,
                    first + (long) t * channels + c,
                    filter.getAtIndex(JAVA_FLOAT_UNALIGNED, first + (long) c * taps + t));
              }
            }
          }
        });
  }
}
