package dev.tilewright.zoo;

import static dev.tilewright.zoo.Mistake.broken;
import static java.lang.Double.NaN;

import dev.tilewright.tensor.Shape;
import dev.tilewright.zoo.algorithm.Anchors;
import dev.tilewright.zoo.block.BoxHead;
import dev.tilewright.zoo.block.Detections;
import dev.tilewright.zoo.block.KeypointHead;
import dev.tilewright.zoo.block.MaskHead;
import dev.tilewright.zoo.block.PyramidRoiAlign;
import dev.tilewright.zoo.block.RegionProposals;
import dev.tilewright.zoo.block.RpnHead;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.network.RegionCnn;
import java.util.List;
import java.util.Optional;

/** Rules of networks that find objects. */
final class DetectorRules {
  private static final Shape SIX = Shape.of(1, 6, 8, 8);
  private static final Anchors ONE = new Anchors(List.of(8), List.of(1.0));

  static final List<Mistake> ALL =
      List.of(
          broken(
              "anchors have a size of at least 1 for each map, not []",
              () -> proposals(new Anchors(List.of(), List.of(1.0)))),
          broken(
              "anchors have ratios above 0, not [NaN]",
              () -> proposals(new Anchors(List.of(8), List.of(NaN)))),
          broken(
              "anchors have a size for each map: 1 maps, sizes [8, 16]",
              () -> proposals(new Anchors(List.of(8, 16), List.of(1.0))),
              SIX),
          broken(
              "at least one box is proposed, not 0 of 5",
              () -> proposals(new RegionProposals(new Anchors(), 5, 0, 0.7))),
          broken(
              "an overlap lies in [0, 1], not at NaN",
              () -> proposals(new RegionProposals(ONE, 5, 5, NaN)),
              SIX),
          broken("at least one anchor at a place, not 0", () -> new RpnHead(0)),
          broken(
              "layers that share conv.0.0.weight are alike",
              () -> new RpnHead(3),
              SIX,
              Shape.of(1, 4, 4, 4)),
          broken("a layer has at least one output, not 0", () -> new BoxHead(0, 5)),
          broken(
              "box head: there is a class beside the background, not 1", () -> new BoxHead(8, 1)),
          broken("box head: crops are one value, not 2", () -> new BoxHead(8, 2), SIX, SIX),
          broken("mask head: there is a class beside the background, not 1", () -> new MaskHead(1)),
          broken("keypoints and channels are at least 1: 0, 8", () -> new KeypointHead(0, 8)),
          broken(
              "a least score is 0 to 1, not NaN",
              () -> detections(new Detections(Float.NaN, 0.5, 5))),
          broken(
              "detections: there is at least one, not 0",
              () -> detections(new Detections(0.5f, 0.5, 0))),
          broken("size and samples are at least 1: 0, 2", () -> crops(new PyramidRoiAlign(0, 2))),
          broken(
              "each map of a pyramid has half the size of the one before",
              () -> crops(new PyramidRoiAlign(7, 2)),
              SIX,
              SIX,
              Shape.of(5, 4)),
          broken(
              "R-CNN: height and width are multiples of 32, not 8x8",
              () -> TinyDetector.of(5, Optional.empty()),
              SIX),
          broken(
              "R-CNN: says no more of detections",
              () -> TinyDetector.of(5, Optional.empty()).about(List.of()),
              SIX),
          broken(
              "R-CNN: detections are of 1 images, not 0",
              () -> TinyDetector.of(4, Optional.of(RegionCnn.masks(4))).about(List.of()),
              SIX),
          broken(
              "R-CNN takes images as one value, not 2",
              () -> TinyDetector.of(5, Optional.empty()),
              SIX,
              SIX));

  private DetectorRules() {}

  private static Block proposals(Anchors anchors) {
    return proposals(new RegionProposals(anchors, 5, 5, 0.7));
  }

  private static Block proposals(RegionProposals proposals) {
    return (n, maps) -> proposals.apply(n, maps, 64, 64);
  }

  private static Block crops(PyramidRoiAlign align) {
    return (n, in) -> List.of(align.apply(n, in.subList(0, 2), in.get(2), 64).features());
  }

  private static Block detections(Detections detections) {
    return (n, in) -> List.of(detections.apply(n, in.get(0), in.get(1), in.get(2), 64, 64).boxes());
  }
}
