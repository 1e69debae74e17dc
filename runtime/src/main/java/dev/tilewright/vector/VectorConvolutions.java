package dev.tilewright.vector;

import dev.tilewright.conv.ConvAlgorithm;
import java.util.List;

/** The convolution algorithms of this backend; a new one is one line here. */
final class VectorConvolutions {
  static final List<ConvAlgorithm> ALL =
      List.of(
          GemmConv.POINTWISE,
          GemmConv.IMPLICIT,
          new Im2col(),
          new Indirect(),
          new Depthwise(),
          new Grouped(),
          new Dots(),
          Winograd.F2,
          Winograd.F4,
          Winograd.F6);

  private VectorConvolutions() {}
}
