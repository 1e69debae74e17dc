package dev.tilewright.vector;

import dev.tilewright.conv.ConvAlgorithm;
import java.util.List;
import java.util.stream.Stream;

/** The convolution algorithms of this backend; a new one is one line here. */
final class VectorConvolutions {
  private VectorConvolutions() {}

  static List<ConvAlgorithm> all() {
    return Stream.concat(
            Stream.of(
                GemmConv.POINTWISE,
                GemmConv.IMPLICIT,
                new Im2col(),
                new Depthwise(),
                new Grouped()),
            Winograd.ALL.stream())
        .toList();
  }
}
