package dev.tilewright.bench;

import static dev.tilewright.bench.Samples.floats;

import dev.tilewright.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Windows over volumes, against ONNX Runtime. */
class VolumesAgreeWithPeerTest {
  private static final Tensor VOLUME = floats(1, 2, 4, 5, 7, 6);

  static Stream<OneNode> convolutions() {
    OneNode conv = OneNode.of("Conv", 13).input("x", VOLUME);
    OneNode transposed = OneNode.of("ConvTranspose", 13).input("x", VOLUME);
    return Stream.of(
        conv.constant("w", floats(2, 6, 4, 3, 3, 2)).constant("b", floats(3, 6)),
        conv.constant("w", floats(4, 6, 2, 2, 3, 3))
            .attribute("group", 2L)
            .attribute("strides", List.of(2L, 1L, 3L))
            .attribute("dilations", List.of(2L, 2L, 1L))
            .attribute("pads", List.of(1L, 0L, 2L, 2L, 1L, 0L)),
        conv.constant("w", floats(5, 3, 4, 3, 2, 3))
            .attribute("strides", List.of(2L, 2L, 1L))
            .attribute("auto_pad", "SAME_LOWER"),
        conv.input("w", floats(6, 3, 4, 2, 1, 1)).input("b", floats(7, 3)),
        OneNode.of("Conv", 13)
            .input("x", floats(8, 1, 2, 3, 4, 5, 4))
            .constant("w", floats(9, 3, 2, 2, 3, 3, 2))
            .attribute("pads", List.of(1L, 0L, 1L, 0L, 0L, 1L, 1L, 1L)),
        transposed.constant("w", floats(10, 4, 3, 3, 2, 3)).constant("b", floats(11, 3)),
        transposed
            .constant("w", floats(12, 4, 3, 2, 3, 3))
            .attribute("strides", List.of(3L, 2L, 1L))
            .attribute("pads", List.of(1L, 0L, 1L, 0L, 1L, 1L))
            .attribute("output_padding", List.of(1L, 1L, 0L)),
        transposed
            .constant("w", floats(13, 4, 2, 3, 3, 3))
            .attribute("group", 2L)
            .attribute("dilations", List.of(2L, 1L, 1L))
            .attribute("strides", List.of(1L, 2L, 2L)));
  }

  static Stream<OneNode> pools() {
    return Stream.of("AveragePool", "MaxPool")
        .map(op -> OneNode.of(op, 12).input("x", VOLUME))
        .flatMap(pool ->
            Stream.of(
                pool.attribute("kernel_shape", List.of(2L, 3L, 3L)),
                pool.attribute("kernel_shape", List.of(3L, 3L, 2L))
                    .attribute("strides", List.of(2L, 3L, 2L))
                    .attribute("pads", List.of(1L, 1L, 0L, 2L, 0L, 1L))
                    .attribute("ceil_mode", 1L),
                pool.attribute("kernel_shape", List.of(2L, 2L, 4L))
                    .attribute("auto_pad", "SAME_UPPER")));
  }

  static Stream<OneNode> others() {
    OneNode pool =
        OneNode.of("AveragePool", 12)
            .input("x", VOLUME)
            .attribute("kernel_shape", List.of(3L, 2L, 2L))
            .attribute("pads", List.of(1L, 1L, 1L, 1L, 0L, 0L))
            .attribute("count_include_pad", 1L);
    return Stream.of(pool, OneNode.of("GlobalAveragePool", 12).input("x", VOLUME));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"convolutions", "pools", "others"})
  void agreesWithOnnxRuntime(OneNode node) {
    Peer.agrees(node);
  }
}
