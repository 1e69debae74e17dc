package dev.tilewright.zoo;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.build.Block;
import java.util.List;
import java.util.function.Supplier;

/**
 * Something that cannot be built.
 *
 * @param rule what the message says
 */
record Mistake(String rule, Supplier<Block> block, List<Shape> inputs) {
  static Mistake broken(String rule, Supplier<Block> block, Shape... inputs) {
    return new Mistake(rule, block, List.of(inputs));
  }

  @Override
  public String toString() {
    return rule;
  }
}
