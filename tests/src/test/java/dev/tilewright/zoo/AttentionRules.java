package dev.tilewright.zoo;

import static dev.tilewright.zoo.Mistake.broken;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.block.Cbam;
import dev.tilewright.zoo.block.DoubleAttention;
import dev.tilewright.zoo.block.ScSe;
import dev.tilewright.zoo.block.SelectiveKernel;
import dev.tilewright.zoo.block.SpatialGroupEnhance;
import dev.tilewright.zoo.block.SplitAttention;
import dev.tilewright.zoo.block.Ulsam;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import java.util.List;

/** Rules of attention. */
final class AttentionRules {
  private static final Shape SIX = Shape.of(1, 6, 8, 8);

  static final List<Mistake> ALL =
      List.of(
          broken("CBAM: the filter over places is of odd size, not 6", () -> new Cbam(2, 6)),
          broken("CBAM: the reduction ratio (16) is no more than the channels (6)", Cbam::new, SIX),
          broken("CBAM: the reduction ratio is at least 1, not 0", () -> new Cbam(0, 7)),
          broken("scSE: the reduction r is at least 1, not 0", () -> scSe(0)),
          broken("scSE: the reduction r (8) is no more than the channels (6)", () -> scSe(8), SIX),
          broken("SGE: there is at least one group, not 0", () -> new SpatialGroupEnhance(0, true)),
          broken(
              "SGE: groups (4) divide the channels (6)",
              () -> new SpatialGroupEnhance(4, true),
              SIX),
          broken(
              "SGE: an unbiased deviation is that of at least two places",
              () -> new SpatialGroupEnhance(2, false),
              Shape.of(1, 6, 1, 1)),
          broken("SK: there is at least one branch, M is not 0", () -> selective(0, 16)),
          broken("SK: r and L are at least 1, not 0 and 32", () -> selective(2, 0)),
          broken("A2: c_m and c_n are at least 1, not 0 and 4", () -> new DoubleAttention(0, 4)),
          broken(
              "A2: what is added to the input is reconstructed first",
              () -> new DoubleAttention(4, 4, false, true, DoubleAttention.Form.PAPER)),
          broken(
              "ULSAM: there is at least one subspace, g is not 0",
              () -> new Ulsam(0, Ulsam.Form.PAPER)),
          broken("ULSAM: subspaces (4) divide the channels (6)", Ulsam::new, SIX),
          broken(
              "split attention: the radix is at least 1, not 0",
              () -> new SplitAttention(ConvSpec.of(8, 3), 0, true)));

  private AttentionRules() {}

  private static Block scSe(int r) {
    return new ScSe(r, ScSe.Form.SUM);
  }

  private static Block selective(int m, int r) {
    return new SelectiveKernel(32, 1, m, 32, r, 32, SelectiveKernel.Form.PAPER);
  }
}
