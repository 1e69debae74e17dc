package dev.tilewright.zoo;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.block.DoConv;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.PoolSpec;
import dev.tilewright.zoo.build.RuleException;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What cannot be built is refused by the name of the rule. */
class RulesTest {
  private static Arguments broken(String rule, Supplier<Block> block, Shape... inputs) {
    return Arguments.of(rule, block, inputs);
  }

  private static Block conv(ConvSpec spec) {
    return (Block.Single) (n, x) -> n.conv("conv", x, spec);
  }

  static Stream<Arguments> mistakes() {
    Shape six = Shape.of(1, 6, 8, 8);
    return Stream.of(
        broken(
            "groups (4) divide the output channels (6)", () -> conv(ConvSpec.of(6, 3).groups(4))),
        broken(
            "groups (4) divide the input channels (6)",
            () -> conv(ConvSpec.of(8, 3).groups(4)),
            six),
        broken(
            "the window (9) is no larger than the map and its padding (8 + 2 * 0)",
            () -> conv(ConvSpec.of(8, 5).dilation(2).padding(0)),
            six),
        broken("stride is at least 1", () -> conv(ConvSpec.of(8, 3).stride(0))),
        broken(
            "padding (3) is less than the window (3)",
            () -> (Block.Single) (n, x) -> n.maxPool(x, PoolSpec.of(3).padding(3)),
            six),
        broken(
            "D_mul is at least the filter's taps M * N = 9, not 4",
            () -> new DoConv(ConvSpec.of(8, 3), 4, DoConv.Form.KERNEL_COMPOSITION)),
        broken("takes one input, 2 are given", () -> conv(ConvSpec.of(8, 3)), six, six));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void namesTheRule(String rule, Supplier<Block> block, Shape[] inputs) {
    assertThatThrownBy(() -> Blueprint.of(block.get(), inputs))
        .isInstanceOf(RuleException.class)
        .hasMessageContaining(rule);
  }
}
