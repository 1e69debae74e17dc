package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/** Two fully connected layers for each token with GELU between them, back to the width of x. */
public record Mlp(int hidden) implements Block.Single {
  @Override
  public Feature apply(Layers n, Feature x) {
    return n.linear("fc2", n.gelu(n.linear("fc1", x, hidden)), x.dim(-1));
  }
}
