package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/** Blocks beside each other, named by their places; their channels are put together in order. */
public record Branches(List<Block.Single> branches) implements Block.Single {
  public static Branches of(Block.Single... branches) {
    return new Branches(List.of(branches));
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    List<Feature> parts = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      parts.add(n.block(String.valueOf(i), branches.get(i), x));
    }
    return n.concat(1, parts);
  }
}
