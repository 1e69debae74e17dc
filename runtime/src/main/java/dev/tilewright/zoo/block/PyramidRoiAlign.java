package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * What lies under boxes of an image, from the map of a pyramid that suits a box's size (Lin et al.
 * 2017, arXiv 1612.03144, equation 1): map floor(4 + log2(sqrt(area) / 224)), where map k has 2^k
 * pixels of the image from one element to the next.
 *
 * @param size of the results
 * @param samples in each direction for each element of a result
 */
public record PyramidRoiAlign(int size, int samples) {
  /** The side of a box that is taken from map 4: of the images networks are trained on first. */
  private static final float CANONICAL = 224;

  private static final int CANONICAL_MAP = 4;

  /** So that rounding puts no power of two of the canonical side on the map below. */
  private static final float ROUNDING = 1e-6f;

  public PyramidRoiAlign {
    require(
        size > 0 && samples > 0,
        "RoIAlign: size and samples are at least 1: %d, %d",
        size,
        samples);
  }

  /**
   * What lies under boxes, map by map.
   *
   * @param features [M, C, size, size]
   * @param places of the boxes they belong to
   */
  public record Crops(Feature features, Feature places) {
    /** Something about each crop, in the order of the boxes. */
    public Feature inOrder(Layers n, Feature ofCrops) {
      Feature backwards = n.mul(n.floats(places), n.constant(-1));
      Feature order = n.best("order", backwards, places.dim(0)).places();
      return n.gather(ofCrops, n.asMany(order, places));
    }
  }

  /**
   * Adds it to a network.
   *
   * @param maps of one image, from fine to coarse
   * @param boxes [M, 4], in pixels of the image
   * @param height of the image
   */
  public Crops apply(Layers n, List<Feature> maps, Feature boxes, int height) {
    int finest = map(maps.getFirst(), height);
    for (int i = 1; i < maps.size(); i++) {
      require(
          map(maps.get(i), height) == finest + i,
          "RoIAlign: each map of a pyramid has half the size of the one before, not %s",
          maps.get(i).shape());
    }
    Feature map = suited(n, boxes, finest, finest + maps.size() - 1);
    List<Feature> features = new ArrayList<>();
    List<Feature> places = new ArrayList<>();
    for (int i = 0; i < maps.size(); i++) {
      Feature here = n.places("here", n.equal(map, n.constant(finest + i)));
      float scale = 1f / (1 << (finest + i));
      features.add(n.roiAlign(maps.get(i), n.gather(boxes, here), size, samples, scale));
      places.add(here);
    }
    // Each box has one map.
    return new Crops(n.asMany(n.concat(0, features), boxes), n.asMany(n.concat(0, places), boxes));
  }

  /** The binary logarithm of how much smaller a map is than the image. */
  private static int map(Feature map, int height) {
    return (int) Math.round(Math.log((double) height / map.height()) / Math.log(2));
  }

  private static Feature suited(Layers n, Feature boxes, int finest, int coarsest) {
    Feature size = PredictedBoxes.size(n, boxes);
    Feature area = n.mul(n.slice(size, 1, 0, 1), n.slice(size, 1, 1, 2));
    Feature ratio = n.div(n.sqrt(n.reshape(area, area.dim(0))), n.constant(CANONICAL));
    Feature octaves = n.div(n.log(ratio), n.constant((float) Math.log(2)));
    Feature map = n.floor(n.add(octaves, n.constant(CANONICAL_MAP + ROUNDING)));
    return n.min(n.max(map, n.constant(finest)), n.constant(coarsest));
  }
}
