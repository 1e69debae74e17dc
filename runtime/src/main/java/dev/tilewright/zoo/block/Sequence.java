package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.List;

/** Blocks one after the other, named by their places. */
public record Sequence(List<Block.Single> parts) implements Block.Single {
  public static Sequence of(Block.Single... parts) {
    return new Sequence(List.of(parts));
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    Feature y = x;
    for (int i = 0; i < parts.size(); i++) {
      y = n.block(String.valueOf(i), parts.get(i), y);
    }
    return y;
  }
}
