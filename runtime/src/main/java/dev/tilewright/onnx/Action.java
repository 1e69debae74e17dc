package dev.tilewright.onnx;

import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is done with a node of the model when its inputs are there. */
sealed interface Action {
  /** Adds to the graph of the stage and returns the results. */
  @FunctionalInterface
  non-sealed interface Import extends Action {
    /**
     * The results of the node as values of the stage's graph.
     *
     * @throws NeedsData if that takes the values of an input that are not known yet
     */
    List<Value> apply(NodeScope node);
  }

  /**
   * Computes results whose shapes depend on values. No graph can hold such a node: it runs between
   * two stages, on what the first one computed, or at once if its inputs are constants.
   */
  @FunctionalInterface
  non-sealed interface DataDependent extends Action {
    /**
     * The results, each of the shape that the inputs' values ask for.
     *
     * @param inputs null where one is left out
     */
    List<Tensor> apply(OnnxNode node, List<@Nullable Tensor> inputs);
  }

  /** Says what other nodes, lists or names the node stands for: control flow and sequences. */
  @FunctionalInterface
  non-sealed interface Structure extends Action {
    /** Returns false if that is not known yet. */
    boolean apply(Item item, StageImporter stage);
  }
}
