package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Weights;
import java.lang.foreign.MemorySegment;

/**
 * How the groups of a convolution are laid on vectors: slices of whole groups, each computed by one
 * kind of micro-kernel. If the groups are no whole number of slices, the last slice shares groups
 * with the one before, and both compute the same values.
 *
 * @param rotated whether slices are for {@link RotatedTiles}: one vector with as many groups as fit
 *     it; else for {@link SpreadTiles}: one group
 * @param in input channels of a group
 * @param out output channels of a group
 * @param groups of a slice
 * @param slices number of them
 */
record GroupLanes(ConvShape shape, boolean rotated, int in, int out, int groups, int slices) {
  /** Accumulators of a pixel in a rotated kernel: enough pixels fit beside each other. */
  private static final int MOST_ROTATIONS = Lanes.REGISTERS / 4;

  static GroupLanes of(ConvShape s) {
    int in = s.inChannels() / s.groups();
    int out = s.outChannels() / s.groups();
    int more = Math.max(in, out);
    int fewer = Math.min(in, out);
    boolean rotated = more <= Lanes.LENGTH && more % fewer == 0 && fewer <= MOST_ROTATIONS;
    int groups = rotated ? Math.min(s.groups(), Lanes.LENGTH / more) : 1;
    return new GroupLanes(s, rotated, in, out, groups, Math.ceilDiv(s.groups(), groups));
  }

  /** Slices that threads may compute apart, counted from the first; the rest go with the last. */
  int independent() {
    return slices > 1 && shape.groups() % groups != 0 ? slices - 1 : slices;
  }

  /** Output channels of the slices from {@code slice} to before {@code end}. */
  int outputs(int slice, int end) {
    return (firstGroup(end - 1) + groups - firstGroup(slice)) * out;
  }

  int firstGroup(int slice) {
    return Math.min(slice * groups, shape.groups() - groups);
  }

  /** Input channels of a slice. */
  int inputs() {
    return groups * in;
  }

  /** Output channels of a slice. */
  int outputs() {
    return groups * out;
  }

  /** Vectors of output channels of a slice. */
  int vectors() {
    return Math.ceilDiv(outputs(), Lanes.LENGTH);
  }

  boolean masked() {
    return outputs() < Lanes.LENGTH;
  }

  /** What {@link GroupTile#run} takes as {@code last}. */
  long last() {
    return masked() ? outputs() : 4L * (outputs() - Lanes.LENGTH);
  }

  /** Floats from one pixel of the band of a slice to the next. */
  int bandStride() {
    return rotated ? Lanes.LENGTH : Math.max(in, Lanes.LENGTH);
  }

  /** Steps of a kernel's loop. */
  int depth() {
    ConvShape.Size kernel = shape.kernel();
    return rotated ? kernel.height() * kernel.width() : kernel.height() * in;
  }

  /** Filter vectors of a step. */
  int factors() {
    return rotated ? Math.min(in, out) : shape.kernel().width() * vectors();
  }

  /** Bytes from the packed filter of one slice to the next. */
  long sliceBytes() {
    return (long) Lanes.BYTES * (biases() + (long) depth() * factors());
  }

  private int biases() {
    return rotated ? 1 : vectors();
  }

  /** The filter as [slices][biases + depth * factors][lanes]. */
  MemorySegment pack(Weights weights) {
    MemorySegment bias = Panels.bias(weights);
    MemorySegment filter = weights.filter().data();
    return weights.packed(
        "vector.grouped_g" + shape.groups() + "x" + Lanes.LENGTH,
        slices * sliceBytes(),
        to -> {
          for (int slice = 0; slice < slices; slice++) {
            MemorySegment part = to.asSlice(slice * sliceBytes(), sliceBytes());
            if (rotated) {
              packRotated(filter, bias, firstGroup(slice), part);
            } else {
              packSpread(filter, bias, firstGroup(slice), part);
            }
          }
        });
  }

  /** Lane i of factor d of a tap: from the input that lies in it to the output d lanes further. */
  private void packRotated(MemorySegment filter, MemorySegment bias, int first, MemorySegment to) {
    int unit = Math.min(in, out);
    int wide = Math.max(in, out);
    for (int lane = 0; lane < groups * wide; lane++) {
      int g = first + lane / wide;
      int i = lane % wide;
      if (i < out) {
        set(to, lane, bias.getAtIndex(JAVA_FLOAT_UNALIGNED, (long) g * out + i));
      }
      int c = i % in;
      for (int d = 0; d < unit; d++) {
        int k = (i - i % unit) % out + (i % unit + d) % unit;
        for (int tap = 0; tap < depth(); tap++) {
          long at = (1L + (long) tap * unit + d) * Lanes.LENGTH + lane;
          set(to, at, factor(filter, g * out + k, c, tap));
        }
      }
    }
  }

  /** A step is a filter row and an input channel; its factors are [FW][vectors][lanes]. */
  private void packSpread(MemorySegment filter, MemorySegment bias, int g, MemorySegment to) {
    int width = shape.kernel().width();
    for (int v = 0; v < vectors(); v++) {
      int column = Math.max(0, Math.min(v * Lanes.LENGTH, out - Lanes.LENGTH));
      for (int lane = 0; lane < Math.min(out, Lanes.LENGTH); lane++) {
        int k = g * out + column + lane;
        set(to, (long) v * Lanes.LENGTH + lane, bias.getAtIndex(JAVA_FLOAT_UNALIGNED, k));
        for (int step = 0; step < depth(); step++) {
          for (int t = 0; t < width; t++) {
            long factor = vectors() + ((long) step * width + t) * vectors() + v;
            int tap = step / in * width + t;
            set(to, factor * Lanes.LENGTH + lane, factor(filter, k, step % in, tap));
          }
        }
      }
    }
  }

  private float factor(MemorySegment filter, int k, int c, int tap) {
    int taps = shape.kernel().height() * shape.kernel().width();
    return filter.getAtIndex(JAVA_FLOAT_UNALIGNED, ((long) k * in + c) * taps + tap);
  }

  private static void set(MemorySegment to, long index, float value) {
    to.setAtIndex(JAVA_FLOAT_UNALIGNED, index, value);
  }
}
