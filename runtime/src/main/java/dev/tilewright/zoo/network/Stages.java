package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import java.util.List;

/** How many blocks of a kind follow each other. */
final class Stages {
  private Stages() {}

  /**
   * Blocks in each stage.
   *
   * @throws dev.tilewright.zoo.build.RuleException if a stage has none
   */
  static List<Integer> of(String network, List<Integer> depths) {
    require(
        !depths.isEmpty() && depths.stream().allMatch(depth -> depth > 0),
        "%s: each stage has at least one block, not %s",
        network,
        depths);
    return List.copyOf(depths);
  }
}
