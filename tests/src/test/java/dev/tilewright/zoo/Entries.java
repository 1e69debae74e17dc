package dev.tilewright.zoo;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.RuleException;
import java.util.stream.Stream;

/** All that the zoo can build, at sizes that tests have time for. */
public final class Entries {
  private static final int PIXELS = 224;

  private Entries() {}

  /** Blocks and networks. */
  public static Stream<Zoo.Entry> all() {
    return Stream.concat(Zoo.blocks().stream(), Zoo.networks().stream());
  }

  /**
   * For photographs of a third of the usual size, and whole pixels after every stride; the usual
   * size if it can take no other.
   */
  public static Blueprint small(Zoo.Entry entry) {
    Shape[] inputs = entry.inputs().stream().map(Entries::small).toArray(Shape[]::new);
    try {
      return Blueprint.of(entry.block().get(), inputs);
    } catch (RuleException e) {
      return entry.blueprint();
    }
  }

  private static Shape small(Shape input) {
    boolean photograph = input.rank() == 4 && input.dim(1) == 3 && input.dim(2) >= PIXELS;
    int side = photograph ? input.dim(2) / 3 / 32 * 32 : 0;
    return photograph ? Shape.of(input.dim(0), 3, side, side) : input;
  }
}
