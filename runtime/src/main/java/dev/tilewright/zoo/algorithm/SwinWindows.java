package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;

/**
 * The windows of Swin transformers (Liu et al. 2021, arXiv 2103.14030): M x M tokens that attend to
 * each other.
 */
public final class SwinWindows {
  /** Added to the scores of tokens that are no neighbours; its exponential is 0. */
  public static final float APART = -100;

  private SwinWindows() {}

  /**
   * Which row of the table of (2M-1)^2 relative positions belongs to two tokens of a window: [M*M,
   * M*M], row by row, the first token's row.
   */
  public static int[] relativeIndex(int window) {
    int tokens = window * window;
    int[] index = new int[tokens * tokens];
    for (int i = 0; i < tokens; i++) {
      for (int j = 0; j < tokens; j++) {
        int down = i / window - j / window + window - 1;
        int right = i % window - j % window + window - 1;
        index[i * tokens + j] = down * (2 * window - 1) + right;
      }
    }
    return index;
  }

  /**
   * What keeps tokens apart that only the cyclic shift has brought into one window: 0 or {@link
   * #APART}, [windows, M*M, M*M], windows row by row.
   *
   * @param shift by how many tokens the map was rolled up and left
   */
  public static Tensor mask(int height, int width, int window, int shift) {
    require(
        window > 0 && height % window == 0 && width % window == 0,
        "the window (%d) divides the map (%dx%d)",
        window,
        height,
        width);
    require(
        0 <= shift && shift < window,
        "the shift (%d) is less than the window (%d), and not negative",
        shift,
        window);
    int tokens = window * window;
    int across = width / window;
    int windows = height / window * across;
    float[] mask = new float[windows * tokens * tokens];
    for (int w = 0; w < windows; w++) {
      int[] regions = new int[tokens];
      for (int t = 0; t < tokens; t++) {
        int row = w / across * window + t / window;
        int column = w % across * window + t % window;
        regions[t] = 3 * region(row, height, window, shift) + region(column, width, window, shift);
      }
      for (int i = 0; i < tokens * tokens; i++) {
        boolean together = regions[i / tokens] == regions[i % tokens];
        mask[w * tokens * tokens + i] = together ? 0 : APART;
      }
    }
    return Tensor.of(Shape.of(windows, tokens, tokens), mask);
  }

  /** 0 outside the last window, 1 in what of it was there before the shift, 2 in what came in. */
  private static int region(int place, int size, int window, int shift) {
    if (place < size - window) {
      return 0;
    }
    return place < size - shift ? 1 : 2;
  }
}
