package dev.tilewright.zoo;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.RuleException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** What can be built by name. A block or network is known when its family has a line for it. */
public final class Zoo {
  private Zoo() {}

  /**
   * A block or network with the parameters of its paper.
   *
   * @param name lower case, unique
   * @param inputs shapes for which {@link #blueprint} builds it
   * @param paper arXiv number, or where else it is defined
   * @param what in a few words
   * @param target how fast it is asked to be
   */
  public record Entry(
      String name,
      List<Shape> inputs,
      Supplier<Block> block,
      String paper,
      String what,
      Optional<Target> target) {
    /** The usual one, at the usual size. */
    public Blueprint blueprint() {
      return Blueprint.of(block.get(), inputs.toArray(Shape[]::new));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** One line of a family. */
  static Line line(String name, Shape input, Supplier<Block> block) {
    return line(name, List.of(input), block);
  }

  static Line line(String name, List<Shape> inputs, Supplier<Block> block) {
    return (paper, what, target) -> new Entry(name, inputs, block, paper, what, target);
  }

  /** An entry that lacks its source. */
  interface Line {
    Entry from(String paper, String what, Optional<Target> target);

    default Entry from(String paper, String what) {
      return from(paper, what, Optional.empty());
    }

    default Entry from(String paper, String what, Target target) {
      return from(paper, what, Optional.of(target));
    }
  }

  /** Convolution variants and pieces of networks. */
  public static List<Entry> blocks() {
    return joined(
        Stream.of(
            Filters.BLOCKS,
            Parts.BLOCKS,
            Attention.BLOCKS,
            Classics.BLOCKS,
            Compact.BLOCKS,
            Transformers.BLOCKS,
            Pyramids.BLOCKS,
            Detectors.BLOCKS));
  }

  /** Whole networks. */
  public static List<Entry> networks() {
    return joined(
        Stream.of(
            Filters.NETWORKS,
            Attention.NETWORKS,
            Classics.NETWORKS,
            Compact.NETWORKS,
            Transformers.NETWORKS,
            Pyramids.NETWORKS,
            Detectors.NETWORKS));
  }

  private static List<Entry> joined(Stream<List<Entry>> families) {
    return families.flatMap(List::stream).toList();
  }

  /**
   * A block or network.
   *
   * @throws RuleException if none has that name
   */
  public static Entry find(String name) {
    return Stream.concat(blocks().stream(), networks().stream())
        .filter(entry -> entry.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new RuleException(
                "the zoo has no '" + name + "'; `tilewright zoo list` shows what it has"));
  }
}
