package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import org.jspecify.annotations.Nullable;

/**
 * The micro-kernels of one tile for a sum in one piece or in chunks, between which it passes
 * through dst: as the residual of those after the first. All but the whole are null if it never is
 * cut.
 *
 * @param whole bias, residual and activation
 * @param first bias and residual
 * @param middle adds to what dst holds
 * @param last adds to it and applies the activation
 */
record ChunkedTile(
    GemmTile whole, @Nullable GemmTile first, @Nullable GemmTile middle, @Nullable GemmTile last) {

  /**
   * Makes them.
   *
   * @param whole what the sum in one piece is made for
   * @param cut whether there are chunks
   */
  static ChunkedTile of(GemmTiles.Spec whole, boolean cut) {
    return new ChunkedTile(
        GemmTiles.get(whole),
        cut ? GemmTiles.get(whole.with(whole.residual(), Activation.none())) : null,
        cut ? GemmTiles.get(whole.with(true, Activation.none())) : null,
        cut ? GemmTiles.get(whole.with(true, whole.activation())) : null);
  }

  GemmTile of(boolean isFirst, boolean isLast) {
    GemmTile kernel = isFirst && isLast ? whole : isFirst ? first : isLast ? last : middle;
    if (kernel == null) {
      throw new IllegalStateException("made for a sum in one piece");
    }
    return kernel;
  }
}
