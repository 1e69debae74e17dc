package dev.tilewright.zoo.block;

import dev.tilewright.zoo.block.ShiftMlp.Order;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/**
 * Tokenized MLP block of UNeXt (Valanarasu and Patel 2022, arXiv 2203.04967): x + ShiftMLP(LN(x)).
 * Its matrices are square, as in the released network.
 *
 * @param height of the map in tokens
 */
public record TokenizedMlp(int height, int width, Order order) implements Block.Single {
  @Override
  public Feature apply(Layers n, Feature x) {
    ShiftMlp mlp = new ShiftMlp(height, width, x.dim(2), 5, order);
    return n.add(x, n.block("mlp", mlp, n.layerNorm("norm2", x, Layers.EPSILON)));
  }
}
