package dev.tilewright.tuning;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import java.util.List;

/** One way to compute a problem: an algorithm that applies to it, with one of its tiles. */
public record Candidate(ConvAlgorithm algorithm, Tile tile) {
  /**
   * All there is to choose from, in order of preference.
   *
   * @param backends that run here
   */
  public static List<Candidate> all(List<Backend> backends, ConvProblem problem) {
    return backends.stream()
        .flatMap(backend -> backend.convolutions().stream())
        .filter(algorithm -> algorithm.check(problem).isYes())
        .flatMap(algorithm ->
            algorithm.tiles(problem).stream().map(tile -> new Candidate(algorithm, tile)))
        .toList();
  }
}
