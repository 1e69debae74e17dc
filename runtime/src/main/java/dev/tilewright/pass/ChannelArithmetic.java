package dev.tilewright.pass;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/** Weights times a number for each output channel. A network's are a hundred MB: in parallel. */
final class ChannelArithmetic {
  /** Values that are worked on at once: they stay in L1 and L2. */
  private static final int BLOCK = 16384;

  private ChannelArithmetic() {}

  /**
   * Each value times the factor of its channel, in double, rounded once.
   *
   * @param inner values of one channel that follow each other; then come those of the next
   */
  static Tensor scaled(Tensor weights, double[] factors, int inner, Arena arena) {
    long bytes = weights.type().bytes();
    MemorySegment to = arena.allocate(Math.max(64, bytes), 64).asSlice(0, bytes);
    int runs = inner == 0 ? 0 : Math.toIntExact(weights.shape().elements() / inner);
    int block = Math.max(1, BLOCK / Math.max(1, inner));
    IntStream.range(0, Math.ceilDiv(runs, block))
        .parallel()
        .forEach(i -> {
          int first = i * block;
          float[] values = new float[Math.min(block, runs - first) * inner];
          long at = 4L * first * inner;
          MemorySegment.copy(weights.data(), JAVA_FLOAT_UNALIGNED, at, values, 0, values.length);
          for (int run = 0; run < values.length / inner; run++) {
            scale(values, run * inner, inner, factors[(first + run) % factors.length]);
          }
          MemorySegment.copy(values, 0, to, JAVA_FLOAT_UNALIGNED, at, values.length);
        });
    return new Tensor(weights.type(), to);
  }

  private static void scale(float[] values, int from, int count, double factor) {
    for (int i = from; i < from + count; i++) {
      values[i] = (float) (values[i] * factor);
    }
  }
}
