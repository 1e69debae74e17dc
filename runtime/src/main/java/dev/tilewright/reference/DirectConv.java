package dev.tilewright.reference;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
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
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The definition of convolution, written to be read. Accumulates in double. A piece of the task is
 * one row of the output image.
 */
final class DirectConv implements ConvAlgorithm {
  @Override
  public String id() {
    return "reference.direct";
  }

  @Override
  public Applicability check(ConvProblem problem) {
    return Applicability.yes();
  }

  @Override
  public Cost cost(ConvProblem problem, Tile tile) {
    // Dearer than anything else can be: the oracle computes what nothing else does.
    return new Cost(problem.shape().macs(), 0, 1e-6);
  }

  @Override
  public Kernel prepare(ConvProblem problem, Tile tile, Weights weights) {
    return new Kernel() {
      @Override
      public Task bind(Operands operands) {
        return new Rows(problem, weights, operands);
      }

      @Override
      public boolean acceptsStridedRows() {
        return true;
      }
    };
  }

  /** One piece is one row of one output image. */
  private static final class Rows implements Task {
    private final ConvShape s;
    private final ConvShape.Size out;
    private final Activation activation;
    private final MemorySegment filter;
    private final @Nullable MemorySegment bias;
    private final View src;
    private final @Nullable View residual;
    private final View dst;

    Rows(ConvProblem problem, Weights weights, Operands operands) {
      s = problem.shape();
      out = s.out();
      activation = problem.epilogue().activation();
      filter = weights.filter().data();
      bias = weights.bias() == null ? null : weights.bias().data();
      src = operands.in().getFirst();
      residual = problem.epilogue().residual() ? operands.in().get(1) : null;
      dst = operands.out().getFirst();
    }

    @Override
    public int parts() {
      return s.batch() * out.height();
    }

    @Override
    public void run(int from, int to, int worker) {
      for (int part = from; part < to; part++) {
        for (int x = 0; x < out.width(); x++) {
          long pixel = (long) part * out.width() + x;
          for (int k = 0; k < s.outChannels(); k++) {
            double sum = dot(part / out.height(), part % out.height(), x, k);
            sum += bias == null ? 0 : bias.getAtIndex(JAVA_FLOAT_UNALIGNED, k);
            sum += residual == null ? 0 : Memory.ALL.get(JAVA_FLOAT, residual.at(pixel, k));
            Memory.ALL.set(JAVA_FLOAT, dst.at(pixel, k), (float) activation.apply(sum));
          }
        }
      }
    }

    private double dot(int n, int y, int x, int k) {
      int channels = s.inChannels() / s.groups();
      int group = k / (s.outChannels() / s.groups());
      double sum = 0;
      for (int fy = 0; fy < s.kernel().height(); fy++) {
        for (int fx = 0; fx < s.kernel().width(); fx++) {
          int iy = y * s.stride().height() - s.pad().top() + fy * s.dilation().height();
          int ix = x * s.stride().width() - s.pad().left() + fx * s.dilation().width();
          if (iy < 0 || iy >= s.in().height() || ix < 0 || ix >= s.in().width()) {
            continue; // padding
          }
          long pixel = ((long) n * s.in().height() + iy) * s.in().width() + ix;
          for (int c = 0; c < channels; c++) {
            long tap = (((long) k * channels + c) * s.kernel().height() + fy) * s.kernel().width();
            sum +=
                (double) Memory.ALL.get(JAVA_FLOAT, src.at(pixel, (long) group * channels + c))
                    * filter.getAtIndex(JAVA_FLOAT_UNALIGNED, tap + fx);
          }
        }
      }
      return sum;
    }
  }
}
