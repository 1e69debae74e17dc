package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Weights;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * How the output channels of one group are cut into panels of {@code nv} vectors, and the filter
 * packed that way: [group][panel][FH][FW][C/G][nv][lanes].
 *
 * <p>All panels have the same width and no lane is masked, unless a vector is wider than a group:
 * the last panel ends with the last channel and shares some with the one before, and so does the
 * last vector of a panel wider than the group. Both compute the same values.
 *
 * @param columns output channels of a group
 * @param depth terms of each sum: taps times input channels of a group
 * @param nv vectors in a panel, at most those of a group
 */
record Panels(int groups, int columns, int depth, int nv) {
  /** Rows that are packed together: each lane writes to a line of all of them, which stay in L1. */
  private static final int BLOCK = 128;

  static Panels of(ConvShape shape, int nv) {
    int depth =
        shape.inChannels() / shape.groups() * shape.kernel().height() * shape.kernel().width();
    return new Panels(shape.groups(), shape.outChannels() / shape.groups(), depth, nv);
  }

  /** Vectors that a group fills, the last perhaps in part. */
  int vectors() {
    return Math.ceilDiv(columns, Lanes.LENGTH);
  }

  int count() {
    return Math.ceilDiv(vectors(), nv);
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
    return count() > 1 && columns % (nv * Lanes.LENGTH) != 0 ? count() - 1 : count();
  }

  /** First panel of a cut of those of a group; of the number of cuts, the number of panels. */
  int firstOfCut(int cut, int cuts) {
    return cut == cuts ? count() : (int) ((long) cut * independent() / cuts);
  }

  /** First output channel of a panel within the group. */
  int column(int panel) {
    return Math.max(0, Math.min(panel * nv * Lanes.LENGTH, columns - nv * Lanes.LENGTH));
  }

  /** What {@link GemmTile#run} takes as {@code last}. */
  long last() {
    return masked() ? columns : 4L * lastColumn();
  }

  /** First column of a panel's last vector, from the panel's. */
  private int lastColumn() {
    return Math.max(0, Math.min((nv - 1) * Lanes.LENGTH, columns - Lanes.LENGTH));
  }

  /** Byte offset of a panel in the packed filter. */
  long offset(int group, int panel) {
    return 4L * depth * nv * Lanes.LENGTH * ((long) group * count() + panel);
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
      for (int v = 0; v < count() * nv; v++) {
        int inPanel = v % nv == nv - 1 ? lastColumn() : v % nv * Lanes.LENGTH;
        int first = g * columns + column(v / nv) + inPanel;
        long at = offset(g, v / nv) / 4 + (long) (v % nv) * Lanes.LENGTH;
        int block = Math.max(1, BLOCK / taps);
        for (int c = 0; c < channels; c += block) {
          pack(filter, first, taps, c, Math.min(channels, c + block), to, at);
        }
      }
    }
  }

  /** Some channels of one vector of columns. */
  private void pack(
      MemorySegment filter, int first, int taps, int from, int end, MemorySegment to, long at) {
    int channels = depth / taps;
    long step = (long) nv * Lanes.LENGTH;
    for (int lane = 0; lane < Math.min(Lanes.LENGTH, columns); lane++) {
      long filterRow = (long) (first + lane) * depth;
      for (int t = 0; t < taps; t++) {
        long panelRow = at + (long) t * channels * step + lane;
        for (int c = from; c < end; c++) {
          to.setAtIndex(
              JAVA_FLOAT_UNALIGNED,
              panelRow + c * step,
              filter.getAtIndex(JAVA_FLOAT_UNALIGNED, filterRow + (long) c * taps + t));
        }
      }
    }
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
