package dev.tilewright.zoo.build;

import java.util.List;

/**
 * A piece of a network: a record of its parameters that knows how it is made of layers. A network
 * is a block too.
 */
public interface Block {
  /**
   * Adds the block to a network.
   *
   * @return the outputs, in the order of the paper
   * @throws RuleException if the inputs are not ones it takes
   */
  List<Feature> apply(Layers n, List<Feature> inputs);

  /** A block with one input and one output, as most are. */
  interface Single extends Block {
    /**
     * Adds the block to a network.
     *
     * @throws RuleException if it cannot take such an input
     */
    Feature apply(Layers n, Feature x);

    @Override
    default List<Feature> apply(Layers n, List<Feature> inputs) {
      RuleException.require(
          inputs.size() == 1,
          "%s takes one input, %d are given",
          getClass().getSimpleName(),
          inputs.size());
      return List.of(apply(n, inputs.getFirst()));
    }
  }
}
