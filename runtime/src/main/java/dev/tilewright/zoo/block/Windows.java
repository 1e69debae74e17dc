package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;

/** Tokens of a map [N, H, W, C] in windows of M x M: [N * H/M * W/M, M*M, C], row by row. */
public final class Windows {
  private Windows() {}

  /** Tokens [N, H*W, C] as a map. */
  public static Feature map(Layers n, Feature tokens, int height, int width) {
    require(
        tokens.dim(1) == height * width,
        "a map of %dx%d has %d tokens, not %d",
        height,
        width,
        height * width,
        tokens.dim(1));
    return n.reshape(tokens, tokens.batch(), height, width, tokens.dim(2));
  }

  /** Tokens [N, H*W, C] as an image [N, C, H, W]. */
  static Feature image(Layers n, Feature tokens, int height, int width) {
    return n.transpose(map(n, tokens, height, width), 0, 3, 1, 2);
  }

  static void check(int height, int width, int window) {
    require(
        window > 0 && height % window == 0 && width % window == 0,
        "the window (%d) divides the map (%dx%d)",
        window,
        height,
        width);
  }

  /** A map [N, H, W, C] in windows. */
  public static Feature split(Layers n, Feature map, int window) {
    int down = map.dim(1) / window;
    int across = map.dim(2) / window;
    int dim = map.dim(3);
    Feature y = n.reshape(map, map.batch(), down, window, across, window, dim);
    y = n.transpose(y, 0, 1, 3, 2, 4, 5);
    return n.reshape(y, map.batch() * down * across, window * window, dim);
  }

  /** The map whose windows these are. */
  public static Feature join(Layers n, Feature windows, int window, int height, int width) {
    int dim = windows.dim(2);
    int down = height / window;
    int across = width / window;
    int batch = windows.batch() / (down * across);
    Feature y = n.reshape(windows, batch, down, across, window, window, dim);
    y = n.transpose(y, 0, 1, 3, 2, 4, 5);
    return n.reshape(y, batch, height, width, dim);
  }
}
