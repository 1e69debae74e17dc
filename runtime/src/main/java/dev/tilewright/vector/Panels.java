package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Weights;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * How the output channels of one group are cut into vectors and panels, and the filter packed that
 * way: [group][panel][FH][FW][C/G][vectors of the panel][lanes].
 *
 * <p>No lane is masked if a group has at least a vector of channels: the last vector then ends at
 * the last channel and shares some with the vector before it, which compute the same values.
 *
 * @param columns output channels of a group
 * @param depth terms of each sum: taps times input channels of a group
 * @param nv vectors in a panel; the last panel may have fewer
 */
record Panels(int groups, int columns, int depth, int nv) {
  static Panels of(ConvShape shape, int nv) {
    int depth =
        shape.inChannels() / shape.groups() * shape.kernel().height() * shape.kernel().width();
    return new Panels(shape.groups(), shape.outChannels() / shape.groups(), depth, nv);
  }

  int vectors() {
    return Math.ceilDiv(columns, Lanes.LENGTH);
  }

  int count() {
    return Math.ceilDiv(vectors(), nv);
  }

  /** Vectors in one panel. */
  int width(int panel) {
    return Math.min(nv, vectors() - panel * nv);
  }

  /** Whether a vector is wider than a group, so that stores need a mask. */
  boolean masked() {
    return columns < Lanes.LENGTH;
  }

  /**
   * Panels that threads may compute apart, counted from the first. One fewer than there are if the
   * last shares columns with the one before.
   */
  int independent() {
    boolean overlap = count() > 1 && width(count() - 1) == 1 && columns % Lanes.LENGTH != 0;
    return overlap ? count() - 1 : count();
  }

  /** First output channel of a panel within the group. */
  int column(int panel) {
    return width(panel) == 1 ? vectorColumn(panel * nv) : panel * nv * Lanes.LENGTH;
  }

  /** What {@link GemmTile#run} takes as {@code last}. */
  long last(int panel) {
    int lastVector = panel * nv + width(panel) - 1;
    return masked() ? columns : 4L * (vectorColumn(lastVector) - column(panel));
  }

  /** Byte offset of a panel in the packed filter. */
  long offset(int group, int panel) {
    return 4L * depth * Lanes.LENGTH * ((long) group * vectors() + (long) panel * nv);
  }

  MemorySegment pack(Weights weights) {
    String form = "vector.panels_g" + groups + "_nv" + nv + "x" + Lanes.LENGTH;
    return weights.packed(
        form, offset(groups, 0), to -> pack(weights.filter().data(), weights, to));
  }

  private void pack(MemorySegment filter, Weights weights, MemorySegment to) {
    int taps = weights.filter().shape().dim(2) * weights.filter().shape().dim(3);
    int channels = depth / taps;
    for (int g = 0; g < groups; g++) {
      for (int v = 0; v < vectors(); v++) {
        int panel = v / nv;
        long at = offset(g, panel) / 4 + (long) (v % nv) * Lanes.LENGTH;
        long step = (long) width(panel) * Lanes.LENGTH;
        for (int lane = 0; lane < Math.min(Lanes.LENGTH, columns); lane++) {
          long k = (long) g * columns + vectorColumn(v) + lane;
          for (int c = 0; c < channels; c++) {
            for (int t = 0; t < taps; t++) {
              float w = filter.getAtIndex(JAVA_FLOAT_UNALIGNED, (k * channels + c) * taps + t);
              to.setAtIndex(JAVA_FLOAT_UNALIGNED, at + step * ((long) t * channels + c) + lane, w);
            }
          }
        }
      }
    }
  }

  private int vectorColumn(int vector) {
    return masked() ? 0 : Math.min(vector * Lanes.LENGTH, columns - Lanes.LENGTH);
  }

  /** The bias, or zeros, [K] and at least a vector after each group's first column. */
  static MemorySegment bias(Weights weights) {
    int k = weights.filter().shape().dim(0);
    return weights.packed(
        "vector.bias",
        4L * (k + Lanes.LENGTH),
        to -> {
          @Nullable MemorySegment from = weights.bias() == null ? null : weights.bias().data();
          if (from != null) {
            MemorySegment.copy(from, 0, to, 0, 4L * k);
          }
        });
  }
}
