package dev.tilewright.bench;

import static dev.tilewright.bench.Samples.IMAGE;
import static dev.tilewright.bench.Samples.integers;
import static dev.tilewright.bench.Samples.longs;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Resize in its rarer ways, against ONNX Runtime. */
class ResizeAgreesWithPeerTest {
  static Stream<OneNode> operators() {
    List<OneNode> cases = new ArrayList<>();
    for (String mode : List.of("nearest", "linear", "cubic")) {
      cases.add(
          scaled(19, IMAGE, 1, 1, 1.7f, 0.6f)
              .attribute("mode", mode)
              .attribute("coordinate_transformation_mode", "half_pixel_symmetric"));
      crops(cases, mode);
    }
    for (String nearest : List.of("floor", "ceil", "round_prefer_floor", "round_prefer_ceil")) {
      cases.add(scaled(13, IMAGE, 1, 1, 2.5f, 0.5f).attribute("nearest_mode", nearest));
    }
    for (String mode : List.of("linear", "cubic")) { // corners of the result, whole rows of it
      cases.add(
          scaled(13, IMAGE, 1, 1, 0.8f, 1.3f)
              .attribute("mode", mode)
              .attribute("coordinate_transformation_mode", "align_corners"));
    }
    cases.add(
        scaled(11, IMAGE, 1, 1, 2, 0.5f)
            .attribute("coordinate_transformation_mode", "tf_half_pixel_for_nn"));
    for (String mode : List.of("linear", "cubic")) {
      for (long excludes = 0; excludes < 2; excludes++) {
        for (float scale : new float[] {0.35f, 1.6f}) {
          cases.add(
              scaled(18, IMAGE, 1, 1, scale, 0.6f)
                  .attribute("mode", mode)
                  .attribute("antialias", 1L)
                  .attribute("exclude_outside", excludes));
        }
      }
    }
    cases.add(
        scaled(13, IMAGE, 1, 1, 1.6f, 0.6f)
            .attribute("mode", "cubic")
            .attribute("cubic_coeff_a", -0.5f)
            .attribute("exclude_outside", 1L));
    for (String policy : List.of("stretch", "not_larger", "not_smaller")) {
      cases.add(
          OneNode.of("Resize", 18)
              .input("x", IMAGE)
              .constant("roi", Samples.absent())
              .constant("", Samples.absent())
              .constant("sizes", longs(10, 9))
              .attribute("axes", List.of(2L, 3L))
              .attribute("mode", "linear")
              .attribute("keep_aspect_ratio_policy", policy));
    }
    for (DType dtype : List.of(DType.INT32, DType.UINT8)) {
      cases.add(scaled(13, integers(dtype, 1, 0, 200, 1, 2, 4, 5), 1, 1, 2, 0.6f).output(dtype));
    }
    return cases.stream();
  }

  private static void crops(List<OneNode> cases, String mode) {
    OneNode crop =
        OneNode.of("Resize", 13)
            .input("x", IMAGE)
            .constant("roi", Tensor.of(Shape.of(8), 0, 0, 0.3f, -0.2f, 1, 1, 0.8f, 1.1f))
            .attribute("mode", mode)
            .attribute("coordinate_transformation_mode", "tf_crop_and_resize")
            .attribute("extrapolation_value", 7f);
    cases.add(crop.constant("", Samples.absent()).constant("sizes", longs(2, 5, 4, 9)));
    cases.add(crop.constant("scales", Tensor.of(Shape.of(4), 1f, 1f, 0.2f, 1.5f)));
  }

  private static OneNode scaled(int opset, Tensor x, float... scales) {
    return OneNode.of("Resize", opset)
        .input("x", x)
        .constant("roi", Samples.absent())
        .constant("scales", Tensor.of(Shape.of(4), scales));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operators")
  void agreesWithOnnxRuntime(OneNode node) {
    Peer.agrees(node);
  }
}
