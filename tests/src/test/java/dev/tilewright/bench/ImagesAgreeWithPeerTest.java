package dev.tilewright.bench;

import static dev.tilewright.bench.Samples.IMAGE;
import static dev.tilewright.bench.Samples.floats;
import static dev.tilewright.bench.Samples.longs;
import static dev.tilewright.bench.Samples.map;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sampling, pooling and normalising of images, against ONNX Runtime. */
class ImagesAgreeWithPeerTest {
  private static final List<Long> TWO = List.of(2L, 2L);

  static Stream<OneNode> operators() {
    List<OneNode> cases = new ArrayList<>();
    samples(cases);
    grids(cases);
    regions(cases);
    pools(cases);
    normalizations(cases);
    products(cases);
    return cases.stream();
  }

  private static void samples(List<OneNode> cases) {
    Tensor grid = floats(1, 2, 4, 9, 2);
    for (String outside : List.of("zeros", "border", "reflection")) {
      for (long corners = 0; corners < 2; corners++) {
        for (String mode : List.of("bilinear", "nearest", "bicubic")) {
          cases.add(
              OneNode.of("GridSample", 16)
                  .input("x", IMAGE)
                  .input("grid", grid)
                  .attribute("mode", mode)
                  .attribute("padding_mode", outside)
                  .attribute("align_corners", corners));
        }
      }
    }
    for (String mode : List.of("linear", "cubic")) {
      cases.add(
          OneNode.of("GridSample", 20)
              .input("x", IMAGE)
              .input("grid", grid)
              .attribute("mode", mode));
    }
  }

  private static void grids(List<OneNode> cases) {
    for (long corners = 0; corners < 2; corners++) {
      cases.add(
          OneNode.of("AffineGrid", 20)
              .input("theta", floats(1, 2, 2, 3))
              .constant("size", longs(2, 5, 4, 3))
              .attribute("align_corners", corners));
      cases.add(
          OneNode.of("AffineGrid", 20)
              .input("theta", floats(1, 2, 3, 4))
              .constant("size", longs(2, 5, 4, 3, 2))
              .attribute("align_corners", corners));
    }
    cases.add(
        OneNode.of("Col2Im", 18)
            .input("x", floats(2, 2, 15, 8))
            .constant("image", longs(8, 7))
            .constant("block", longs(1, 5))
            .attribute("strides", List.of(2L, 2L)));
    cases.add(
        OneNode.of("Col2Im", 18)
            .input("x", floats(2, 1, 18, 15))
            .constant("image", longs(6, 7))
            .constant("block", longs(3, 2))
            .attribute("pads", List.of(1L, 0L, 0L, 1L))
            .attribute("dilations", List.of(1L, 3L))
            .attribute("strides", List.of(2L, 1L)));
    for (long[] size : new long[][] {{9, 3}, {4, 6}, {2, 9}}) {
      cases.add(
          OneNode.of("CenterCropPad", 18)
              .input("x", IMAGE)
              .constant("size", longs(size))
              .attribute("axes", List.of(2L, 3L)));
    }
  }

  private static void regions(List<OneNode> cases) {
    // Corners in any place, some outside the image; first x1 y1, then x2 y2 beyond them.
    Tensor regions = floats(2, 12, 4);
    float[] corners = regions.toFloats();
    for (int i = 0; i < corners.length; i += 4) {
      for (int j = 0; j < 2; j++) {
        corners[i + j] = 4 * corners[i + j] + 3;
        corners[i + j + 2] = corners[i + j] + 8 * Math.abs(corners[i + j + 2]);
      }
    }
    Tensor boxes = Tensor.of(regions.shape(), corners);
    Tensor images = Samples.integers(DType.INT64, 3, 0, 2, 12);
    for (String mode : List.of("avg", "max")) {
      for (long ratio : new long[] {0, 2}) {
        OneNode node =
            OneNode.of("RoiAlign", 10)
                .input("x", IMAGE)
                .input("regions", boxes)
                .input("images", images)
                .attribute("mode", mode)
                .attribute("output_height", 3L)
                .attribute("output_width", 2L)
                .attribute("sampling_ratio", ratio)
                .attribute("spatial_scale", 0.5f);
        cases.add(node);
        cases.add(node.at(16));
        cases.add(node.at(16).attribute("coordinate_transformation_mode", "output_half_pixel"));
      }
    }
  }

  private static void pools(List<OneNode> cases) {
    DType[] both = {DType.FLOAT32, DType.INT64};
    OneNode max =
        OneNode.of("MaxPool", 12)
            .input("x", IMAGE)
            .attribute("kernel_shape", List.of(3L, 2L))
            .attribute("strides", List.of(2L, 1L))
            .output(both);
    cases.add(max);
    cases.add(max.attribute("storage_order", 1L));
    cases.add(max.attribute("pads", List.of(1L, 0L, 2L, 1L)).attribute("ceil_mode", 1L));
    cases.add(max.attribute("dilations", List.of(1L, 3L)));
    cases.add(
        OneNode.of("MaxPool", 12)
            .input("x", floats(4, 2, 3, 11))
            .attribute("kernel_shape", List.of(3L))
            .output(both));
    cases.add(
        OneNode.of("MaxUnpool", 11)
            .input("x", floats(5, 1, 1, 2, 2))
            .input("places", Tensor.of(Shape.of(1, 1, 2, 2), 5L, 7L, 13L, 8L))
            .attribute("kernel_shape", TWO)
            .attribute("strides", TWO));
    cases.add(
        OneNode.of("MaxUnpool", 11)
            .input("x", floats(5, 1, 1, 2, 2))
            .input("places", Tensor.of(Shape.of(1, 1, 2, 2), 6L, 8L, 16L, 18L))
            .constant("shape", Tensor.of(Shape.of(4), 1L, 1L, 5L, 5L))
            .attribute("kernel_shape", TWO)
            .attribute("strides", TWO));
    for (long p = 1; p < 4; p++) {
      cases.add(
          OneNode.of("LpPool", 11)
              .input("x", IMAGE)
              .attribute("kernel_shape", List.of(3L, 2L))
              .attribute("strides", TWO)
              .attribute("pads", List.of(1L, 0L, 1L, 1L))
              .attribute("p", p));
      cases.add(OneNode.of("GlobalLpPool", 7).input("x", IMAGE).attribute("p", p));
    }
    cases.add(
        OneNode.of("LpPool", 18)
            .input("x", IMAGE)
            .attribute("kernel_shape", List.of(3L, 2L))
            .attribute("dilations", List.of(1L, 2L))
            .attribute("strides", List.of(3L, 3L))
            .attribute("ceil_mode", 1L));
  }

  private static void normalizations(List<OneNode> cases) {
    for (long size = 1; size < 7; size += 2) {
      cases.add(
          OneNode.of("LRN", 13)
              .input("x", IMAGE)
              .attribute("size", size)
              .attribute("alpha", 0.3f)
              .attribute("beta", size == 5 ? 0.6f : 0.75f)
              .attribute("bias", 1.5f));
    }
    for (long p = 1; p < 3; p++) {
      cases.add(
          OneNode.of("LpNormalization", 7)
              .input("x", map(IMAGE, v -> v > 0 ? v : 0))
              .attribute("p", p)
              .attribute("axis", p));
    }
    cases.add(OneNode.of("MeanVarianceNormalization", 13).input("x", IMAGE));
    cases.add(
        OneNode.of("MeanVarianceNormalization", 9)
            .input("x", IMAGE)
            .attribute("axes", List.of(1L, 3L)));
    Tensor image = floats(6, 2, 6, 4, 3);
    cases.add(
        OneNode.of("GroupNormalization", 18)
            .input("x", image)
            .constant("scale", floats(7, 2))
            .constant("shift", floats(8, 2))
            .attribute("num_groups", 2L));
    cases.add(
        OneNode.of("GroupNormalization", 21)
            .input("x", image)
            .constant("scale", floats(7, 6))
            .constant("shift", floats(8, 6))
            .attribute("epsilon", 0.01f)
            .attribute("num_groups", 3L));
    for (long axis = -2; axis < 0; axis++) {
      Tensor scale = axis == -1 ? floats(9, 6) : floats(9, 7, 6);
      cases.add(
          OneNode.of("LayerNormalization", 17)
              .input("x", IMAGE)
              .constant("scale", scale)
              .attribute("axis", axis)
              .output(DType.FLOAT32, DType.FLOAT32, DType.FLOAT32));
    }
  }

  private static void products(List<OneNode> cases) {
    cases.add(einsum("ij,jk->ik", floats(1, 3, 4), floats(2, 4, 5)));
    cases.add(einsum("ij,jk", floats(1, 3, 4), floats(2, 4, 5)));
    cases.add(einsum("bij, bkj -> bki", floats(1, 2, 3, 4), floats(2, 2, 5, 4)));
    cases.add(einsum("bhwc,hkc->bhwk", floats(1, 2, 3, 4, 5), floats(2, 3, 6, 5)));
    cases.add(einsum("...ij,...jk->...ik", floats(1, 5, 3, 4), floats(2, 5, 4, 6)));
    cases.add(einsum("i...,ij->...j", floats(1, 3, 4, 2), floats(2, 3, 5)));
    cases.add(einsum("i...j,...jk", floats(1, 3, 4, 2), floats(2, 4, 2, 5)));
    cases.add(einsum("ijk->kj", floats(1, 2, 3, 4)));
    cases.add(einsum("ijk->", floats(1, 2, 3, 4)));
    cases.add(einsum("i,j->ij", floats(1, 2), floats(2, 3)));
    cases.add(einsum("...ii->...i", floats(1, 2, 4, 4)));
    cases.add(einsum("iji,ik->jk", floats(1, 3, 2, 3), floats(2, 3, 5)));
    cases.add(einsum("ii", floats(1, 4, 4)));
    cases.add(einsum("bi,bi->b", floats(1, 2, 3), floats(2, 2, 3)));
    cases.add(einsum("abc,abd->abcd", floats(1, 2, 3, 4), floats(2, 2, 3, 5)));
    cases.add(einsum("ij,jk,kl->il", floats(1, 3, 4), floats(2, 4, 5), floats(3, 5, 2)));
  }

  private static OneNode einsum(String equation, Tensor... operands) {
    OneNode node = OneNode.of("Einsum", 12).attribute("equation", equation);
    for (Tensor operand : operands) {
      node = node.input("x" + node.inputs().size(), operand);
    }
    return node;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operators")
  void agreesWithOnnxRuntime(OneNode node) {
    Peer.agrees(node);
  }
}
