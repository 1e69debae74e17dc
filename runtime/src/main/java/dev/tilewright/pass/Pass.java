package dev.tilewright.pass;

import dev.tilewright.graph.Op;

/**
 * A rewrite that preserves what the graph computes, up to float rounding, and never adds work.
 *
 * <p>The graph is rebuilt node by node, in order. A pass looks at one node of the old graph at a
 * time, and backwards from it into the graph being built; what nothing uses any more disappears.
 */
@FunctionalInterface
interface Pass {
  /** Emits the node, or what replaces it, into the graph being built. */
  void rewrite(Rewriter.At at);

  /** Whether it may do anything at all in a graph with this operator. */
  default boolean looksFor(Op op) {
    return true;
  }
}
