package dev.tilewright.zoo.network;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.algorithm.Anchors;
import dev.tilewright.zoo.block.BoxHead;
import dev.tilewright.zoo.block.Detections;
import dev.tilewright.zoo.block.Detections.Found;
import dev.tilewright.zoo.block.FeaturePyramid;
import dev.tilewright.zoo.block.KeypointHead;
import dev.tilewright.zoo.block.MaskHead;
import dev.tilewright.zoo.block.PastedMasks;
import dev.tilewright.zoo.block.PyramidRoiAlign;
import dev.tilewright.zoo.block.PyramidRoiAlign.Crops;
import dev.tilewright.zoo.block.RegionProposals;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.RuleException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Faster R-CNN (Ren et al. 2015, arXiv 1506.01497) and Mask R-CNN (He et al. 2017, arXiv
 * 1703.06870) on a feature pyramid, as torchvision has them: proposals, and for what lies under
 * them a class and a box; for what is found a mask or keypoints.
 *
 * <p>Input: images of red, green and blue from 0 to 1, at the size the network is to see. Outputs,
 * for each image of the batch: boxes [M, 4], classes [M] from 1 on, scores [M], and what {@code
 * more} says. M is what was found.
 *
 * @param backbone gives maps from fine to coarse, each of half the size of the one before; the last
 *     is for proposals alone
 * @param more about each detection
 */
public record RegionCnn(
    Block backbone,
    RegionProposals proposals,
    BoxHead head,
    Detections detections,
    Optional<More> more)
    implements Block {
  /** All maps of the pyramid have whole elements. */
  private static final int MULTIPLE = 32;

  private static final int CROP = 7;
  private static final int LARGER_CROP = 14;
  private static final int SAMPLES = 2;

  /** What is said about a detection besides its class and box, from the features under it. */
  public interface More {
    /**
     * Adds it to a network.
     *
     * @param crops [M, C, 14, 14]
     * @param height of the image
     * @return in the order of the detections
     */
    Feature apply(Layers n, Crops crops, Found found, int height, int width);
  }

  /** Of ResNet-50, for the 90 classes of COCO and the background. */
  public static RegionCnn faster() {
    return resNet50(91, Optional.empty());
  }

  /** The same with the mask of each detection in the image, [M, 1, H, W]: probabilities. */
  public static RegionCnn mask() {
    return resNet50(91, Optional.of(masks(91)));
  }

  /** Of people, with a map of logits for each of their keypoints, [M, 17, 56, 56] over the box. */
  public static RegionCnn keypoint() {
    return resNet50(2, Optional.of(keypoints(new KeypointHead())));
  }

  private static RegionCnn resNet50(int classes, Optional<More> more) {
    return new RegionCnn(
        new PyramidBackbone(ResNet.bottleneck(3, 4, 6, 3), new FeaturePyramid()),
        new RegionProposals(new Anchors(), 1000, 1000, 0.7),
        new BoxHead(1024, classes),
        new Detections(0.05f, 0.5, 100),
        more);
  }

  /** The mask of a detection's class, where its box is. */
  public static More masks(int classes) {
    return (n, crops, found, height, width) -> {
      Feature all = new MaskHead(classes).apply(n, crops.features());
      Feature own = n.pick(all, n.gather(found.labels(), crops.places()));
      return new PastedMasks(height, width).apply(n, crops.inOrder(n, own), found.boxes());
    };
  }

  public static More keypoints(KeypointHead head) {
    return (n, crops, found, height, width) -> crops.inOrder(n, head.apply(n, crops.features()));
  }

  @Override
  public List<Feature> apply(Layers n, List<Feature> inputs) {
    require(inputs.size() == 1, "R-CNN takes images as one value, not %d", inputs.size());
    Feature images = inputs.getFirst();
    int height = images.height();
    int width = images.width();
    List<Feature> maps = maps(n, images);
    List<Feature> boxes = proposals.apply(n.in("rpn"), maps, height, width);
    List<Feature> fine = maps.subList(0, maps.size() - 1);
    Layers heads = n.in("roi_heads").shared();
    List<Feature> outputs = new ArrayList<>();
    for (int i = 0; i < boxes.size(); i++) {
      List<Feature> own = ofImage(n, fine, i);
      Found found = found(heads, own, boxes.get(i), height, width);
      outputs.addAll(List.of(found.boxes(), found.labels(), found.scores()));
      more.ifPresent(said -> outputs.add(about(said, heads, own, found, height, width)));
    }
    return outputs;
  }

  /**
   * What {@code more} says of detections that are given, of each image of a batch; the rest of the
   * network is as it is in this one.
   *
   * @param given the boxes [M, 4], classes [M] and scores [M] of each image
   */
  public Block about(List<List<Tensor>> given) {
    More said = more.orElseThrow(() -> new RuleException("R-CNN: says no more of detections"));
    return (n, inputs) -> {
      Feature images = inputs.getFirst();
      require(
          images.batch() == given.size(),
          "R-CNN: detections are of %d images, not %d",
          images.batch(),
          given.size());
      List<Feature> maps = maps(n, images);
      List<Feature> fine = maps.subList(0, maps.size() - 1);
      Layers heads = n.in("roi_heads").shared();
      List<Feature> outputs = new ArrayList<>();
      for (int i = 0; i < given.size(); i++) {
        List<Feature> known = given.get(i).stream().map(n::constant).toList();
        Found found = new Found(known.get(0), known.get(1), known.get(2));
        List<Feature> own = ofImage(n, fine, i);
        outputs.add(about(said, heads, own, found, images.height(), images.width()));
      }
      return outputs;
    };
  }

  private static Feature about(
      More said, Layers n, List<Feature> maps, Found found, int height, int width) {
    PyramidRoiAlign larger = new PyramidRoiAlign(LARGER_CROP, SAMPLES);
    Crops crops = larger.apply(n, maps, found.boxes(), height);
    return said.apply(n, crops, found, height, width);
  }

  private List<Feature> maps(Layers n, Feature images) {
    require(
        images.height() % MULTIPLE == 0 && images.width() % MULTIPLE == 0,
        "R-CNN: height and width are multiples of %d, not %dx%d",
        MULTIPLE,
        images.height(),
        images.width());
    return n.block("backbone", backbone, List.of(normalised(n, images)));
  }

  private static List<Feature> ofImage(Layers n, List<Feature> maps, int image) {
    return maps.stream().map(map -> n.slice(map, 0, image, image + 1)).toList();
  }

  private Found found(Layers n, List<Feature> maps, Feature boxes, int height, int width) {
    Crops crops = new PyramidRoiAlign(CROP, SAMPLES).apply(n, maps, boxes, height);
    List<Feature> said = head.apply(n, List.of(crops.features()));
    // The order of the proposals decides nothing, so they follow the crops.
    Feature ordered = n.gather(boxes, crops.places());
    return detections.apply(n, said.get(0), said.get(1), ordered, height, width);
  }

  /** By the mean and deviation of ImageNet's colours. */
  private static Feature normalised(Layers n, Feature images) {
    Shape each = Shape.of(1, 3, 1, 1);
    Feature mean = n.constant(Tensor.of(each, 0.485f, 0.456f, 0.406f));
    Feature deviation = n.constant(Tensor.of(each, 0.229f, 0.224f, 0.225f));
    return n.div(n.sub(images, mean), deviation);
  }
}
