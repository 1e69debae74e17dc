package dev.tilewright.plan;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import dev.tilewright.graph.Op;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A way to compute a part of a graph, as tuning files write it: a convolution by a kernel, or what
 * stands around a depthwise one layer by layer or one of its {@link ConvChain}s band by band.
 *
 * @param algorithm a convolution's, or one of two names
 * @param tile of that; of a chain which one, longest 0, and output rows of a band
 * @param threads that share the work; of layer by layer, the session's
 */
public record Way(String algorithm, Tile tile, int threads) {
  private static final String LAYERS = "chain.layers";
  private static final String BANDS = "chain.bands";
  private static final String CHAIN = "chain";
  private static final String ROWS = "rows";
  private static final String BETWEEN = " > ";

  static Way layers(int threads) {
    return new Way(LAYERS, Tile.NONE, threads);
  }

  static Way bands(int chain, int rows, int threads) {
    return new Way(BANDS, new Tile(Map.of(CHAIN, chain, ROWS, rows)), threads);
  }

  /** Whether a record is of one of these ways, and not of a convolution. */
  static boolean names(String algorithm) {
    return algorithm.equals(LAYERS) || algorithm.equals(BANDS);
  }

  boolean isFused() {
    return algorithm.equals(BANDS);
  }

  /** Which of the chains; -1 if the tile is not of this version. */
  int chain() {
    return tile.params().getOrDefault(CHAIN, -1);
  }

  int rows() {
    return tile.params().getOrDefault(ROWS, -1);
  }

  /** What the chains of one depthwise convolution compute: the works of the longest one. */
  static String key(List<ConvChain> alternatives) {
    return alternatives.getFirst().nodes().stream()
        .map(n -> new ConvProblem(ConvChain.shape(n), ((Op.Conv) n.op()).epilogue(), 1).work())
        .collect(Collectors.joining(BETWEEN));
  }

  /**
   * Checks a key.
   *
   * @throws IllegalArgumentException if it is not one
   */
  static void check(String key) {
    for (String work : key.split(BETWEEN, -1)) {
      ConvProblem.parse(work);
    }
  }
}
