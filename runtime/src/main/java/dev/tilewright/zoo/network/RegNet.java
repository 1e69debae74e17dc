package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import java.util.ArrayList;
import java.util.List;

/**
 * RegNet (Radosavovic et al. 2020, arXiv 2003.13678): an {@link AnyNet} whose widths grow linearly
 * with the block, w0 + wa * j, rounded to powers of wm times w0, so that equal ones make stages.
 *
 * @param depth blocks in all
 * @param w0 initial width
 * @param wa slope
 * @param wm widths of neighbouring stages differ by a power of it
 * @param groupWidth channels of a group, or of the 3x3 if it has fewer
 */
public record RegNet(int depth, int w0, double wa, double wm, int groupWidth) {
  private static final int QUANTUM = 8;

  public RegNet {
    require(
        wa >= 0 && w0 > 0 && wm > 1 && w0 % QUANTUM == 0,
        "RegNet: wa >= 0, wm > 1 and w0 a multiple of %d, not wa %s, wm %s, w0 %d",
        QUANTUM,
        wa,
        wm,
        w0);
    require(groupWidth > 0, "a group has at least one channel, not %d", groupWidth);
  }

  /** The stages that these parameters give. */
  public List<AnyNet.Stage> stages() {
    List<AnyNet.Stage> stages = new ArrayList<>();
    int from = 0;
    for (int j = 1; j <= depth; j++) {
      if (j == depth || width(j) != width(from)) {
        int group = Math.min(groupWidth, width(from));
        int rounded = (int) (width(from) + group / 2.0) / group * group;
        stages.add(new AnyNet.Stage(j - from, Math.max(group, rounded), group, 1));
        from = j;
      }
    }
    return stages;
  }

  /** Of a block, before it is made a multiple of the group width. */
  private int width(int block) {
    double step = Math.rint(Math.log((w0 + wa * block) / w0) / Math.log(wm));
    return QUANTUM * (int) Math.rint(w0 * Math.pow(wm, step) / QUANTUM);
  }

  /** Of X blocks. */
  public Block.Single x() {
    return new AnyNet(32, stages(), 0, 1000);
  }

  /** Of Y blocks. */
  public Block.Single y() {
    return new AnyNet(32, stages(), 0.25, 1000);
  }
}
