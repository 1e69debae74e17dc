package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.algorithm.Anchors;
import dev.tilewright.zoo.algorithm.BoxCoder;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Selection.Kept;
import dev.tilewright.zoo.build.Selection.Ranked;
import java.util.ArrayList;
import java.util.List;

/**
 * The boxes of an image where there may be an object (region proposal network, Ren et al. 2015,
 * arXiv 1506.01497): of each map of a pyramid the anchors with the best scores, as they are
 * predicted, of those that overlap one; of all maps the best.
 *
 * @param before anchors of each map that are looked at
 * @param after boxes of an image
 * @param overlap at which two boxes are around the same object
 */
public record RegionProposals(Anchors anchors, int before, int after, double overlap) {
  /** Sides in pixels below which a box is none. */
  private static final float SMALLEST = 1e-3f;

  /** Below all scores, but above that of what is none. */
  private static final float ANY = -0.5f;

  public RegionProposals {
    require(
        before > 0 && after > 0, "RPN: at least one box is proposed, not %d of %d", after, before);
  }

  /**
   * Adds it to a network.
   *
   * @param maps from fine to coarse, one for each size of the anchors
   * @param height of the images
   * @return boxes [M, 4] of each image
   */
  public List<Feature> apply(Layers n, List<Feature> maps, int height, int width) {
    require(
        maps.size() == anchors.sizes().size(),
        "RPN: anchors have a size for each map: %d maps, sizes %s",
        maps.size(),
        anchors.sizes());
    List<Feature> said = n.block("head", new RpnHead(anchors.ratios().size()), maps);
    PredictedBoxes boxes = new PredictedBoxes(BoxCoder.proposals(), height, width);
    List<Feature> all = new ArrayList<>();
    for (int image = 0; image < maps.getFirst().batch(); image++) {
      List<Feature> found = new ArrayList<>();
      List<Feature> scores = new ArrayList<>();
      for (int i = 0; i < maps.size(); i++) {
        Feature logits = perAnchor(n, said.get(i), image, 1);
        Feature deltas = perAnchor(n, said.get(maps.size() + i), image, 4);
        Kept kept = ofMap(n, boxes, i, maps.get(i), logits, deltas);
        found.add(kept.boxes());
        scores.add(kept.scores());
      }
      Ranked best = n.best("proposals", n.concat(0, scores), after);
      all.add(n.gather(n.concat(0, found), best.places()));
    }
    return all;
  }

  private Kept ofMap(
      Layers n, PredictedBoxes boxes, int i, Feature map, Feature logits, Feature deltas) {
    int strideH = boxes.height() / map.height();
    int strideW = boxes.width() / map.width();
    Feature from = n.constant(anchors.of(i, map.height(), map.width(), strideH, strideW));
    int m = logits.dim(0);
    Ranked best = n.best("before", n.reshape(logits, m), before);
    Feature box = boxes.decode(n, n.gather(from, best.places()), n.gather(deltas, best.places()));
    int k = best.scores().dim(0);
    Feature score = PredictedBoxes.largeEnough(n, box, n.sigmoid(best.scores()), SMALLEST);
    return n.suppress("kept", n.reshape(box, k, 1, 4), n.reshape(score, k, 1), overlap, ANY);
  }

  /** [N, A * values, H, W] of one image as [H * W * A, values]. */
  private static Feature perAnchor(Layers n, Feature x, int image, int values) {
    int a = x.channels() / values;
    Feature apart = n.reshape(x, x.batch(), a, values, x.height(), x.width());
    Feature last = n.transpose(apart, 0, 3, 4, 1, 2);
    Feature one = n.slice(last, 0, image, image + 1);
    return n.reshape(one, x.height() * x.width() * a, values);
  }
}
