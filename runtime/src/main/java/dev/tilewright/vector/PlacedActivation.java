package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import org.jspecify.annotations.Nullable;

/**
 * Where an activation is applied: a short one to the accumulators of a tile, any other to the rows
 * that tiles have stored.
 *
 * @param inTile none if it comes after
 * @param after null if it is in the tile
 */
record PlacedActivation(Activation inTile, @Nullable RowKernel after) {
  /**
   * @param columns of the rows
   */
  static PlacedActivation of(Activation activation, int columns) {
    return FunctionCode.isShort(activation)
        ? new PlacedActivation(activation, null)
        : new PlacedActivation(Activation.none(), RowKernel.of(activation, columns));
  }
}
