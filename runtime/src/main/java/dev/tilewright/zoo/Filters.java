package dev.tilewright.zoo;

import static dev.tilewright.zoo.Zoo.line;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.Zoo.Entry;
import dev.tilewright.zoo.block.DepthwiseSeparable;
import dev.tilewright.zoo.block.DiverseBranchBlock;
import dev.tilewright.zoo.block.DoConv;
import dev.tilewright.zoo.block.RepVggBlock;
import dev.tilewright.zoo.build.ConvSpec;
import java.util.List;

/** Variants of the convolution, all with the input and the output of the same dense 3x3. */
final class Filters {
  private static final Shape IMAGE = Shape.of(1, 128, 28, 28);
  private static final ConvSpec DENSE = ConvSpec.of(128, 3);

  static final List<Entry> BLOCKS =
      List.of(
          line("doconv", IMAGE, () -> new DoConv(DENSE))
              .from("2006.12030", "depthwise over-parameterised convolution"),
          line("dbb", IMAGE, () -> new DiverseBranchBlock(DENSE, 128))
              .from("2103.13425", "diverse branch block, as trained"),
          line("repvgg-block", IMAGE, () -> new RepVggBlock(128))
              .from("2101.03697", "3x3 + 1x1 + identity, as trained"),
          line("depthwise-separable", IMAGE, () -> new DepthwiseSeparable(128, 1))
              .from("1704.04861", "depthwise 3x3, then 1x1"));

  private Filters() {}
}
