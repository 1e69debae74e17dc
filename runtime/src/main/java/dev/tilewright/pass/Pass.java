package dev.tilewright.pass;

import dev.tilewright.graph.Graph;

/** A rewrite that preserves what the graph computes, up to float rounding. */
@FunctionalInterface
public interface Pass {
  Graph apply(Graph graph);
}
