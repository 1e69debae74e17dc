package dev.tilewright.zoo;

import static dev.tilewright.zoo.Zoo.line;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.Zoo.Entry;
import dev.tilewright.zoo.block.BoxHead;
import dev.tilewright.zoo.block.KeypointHead;
import dev.tilewright.zoo.block.MaskHead;
import dev.tilewright.zoo.block.RpnHead;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.network.RegionCnn;
import java.util.List;

/** Networks that find objects, and say how many there are. */
final class Detectors {
  private static final Shape IMAGE = Shape.of(1, 3, 800, 800);
  private static final Shape CROPS = Shape.of(8, 256, 14, 14);

  static final List<Entry> BLOCKS =
      List.of(
          line(
                  "rpn-head",
                  List.of(Shape.of(1, 256, 28, 28), Shape.of(1, 256, 14, 14)),
                  () -> new RpnHead(3))
              .from("1506.01497", "objects and boxes at each place of a pyramid", Target.work()),
          line("roi-align", Shape.of(1, 256, 50, 50), Detectors::aligned)
              .from("1703.06870", "what lies under eight boxes, 7x7", Target.copy()),
          line("box-head", Shape.of(8, 256, 7, 7), () -> new BoxHead(1024, 91))
              .from("1504.08083", "classes and boxes of crops", Target.work()),
          line("mask-head", CROPS, () -> new MaskHead(91))
              .from("1703.06870", "a mask of each crop for each class", Target.work()),
          line("keypoint-head", CROPS, KeypointHead::new)
              .from("1703.06870", "a map of each crop for each keypoint", Target.work()));

  static final List<Entry> NETWORKS =
      List.of(
          line("faster-rcnn-resnet50-fpn", IMAGE, RegionCnn::faster)
              .from("1506.01497", "classes and boxes of objects"),
          line("mask-rcnn-resnet50-fpn", IMAGE, RegionCnn::mask)
              .from("1703.06870", "classes, boxes and masks of objects"),
          line("keypoint-rcnn-resnet50-fpn", IMAGE, RegionCnn::keypoint)
              .from("1703.06870", "boxes and keypoints of people"));

  private Detectors() {}

  /** Boxes of 30 to 170 pixels in an image of 200, four of whose pixels are one of the map's. */
  private static Block.Single aligned() {
    float[] sides = new float[8 * 4];
    for (int i = 0; i < 8; i++) {
      sides[4 * i] = 3.7f * i;
      sides[4 * i + 1] = 2.3f * i;
      sides[4 * i + 2] = 30.1f + 23.7f * i;
      sides[4 * i + 3] = 60.2f + 17.9f * i;
    }
    Tensor boxes = Tensor.of(Shape.of(8, 4), sides);
    return (n, x) -> n.roiAlign(x, n.constant(boxes), 7, 2, 0.25f);
  }
}
