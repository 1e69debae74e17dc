package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Boundary patch refinement (Tang et al. 2021, arXiv 2104.05239): patches along the boundary of a
 * coarse mask are cut out, a network says again what in them is the object, and their average
 * replaces the mask there. The network is not part of this: it gets the channels of {@link #cut}
 * and gives what {@link #probability} takes.
 *
 * @param patch pixels of a patch's side, even
 * @param overlap patches that overlap by more are not both taken
 * @param padding pixels around a patch that the network sees too
 */
public record BoundaryPatches(int patch, double overlap, int padding) {
  private static final float HALF = 0.5f;

  /** Pixels of a 3x3 neighbourhood, and the largest distance from all of them or none. */
  private static final float NEIGHBOURS = 9;

  public BoundaryPatches {
    require(patch > 0 && patch % 2 == 0, "BPR: the patch is even, not %d", patch);
    require(padding >= 0, "BPR: padding is at least 0, not %d", padding);
  }

  /** As the authors infer: 64 pixels, no padding. */
  public BoundaryPatches() {
    this(64, 0.55, 0);
  }

  /**
   * How much of a boundary each pixel is: 0 where its 3x3 neighbourhood is all object or none of
   * it, near 1 where it is half of each. Outside the image is no object.
   *
   * @param mask 1 where the object is, else 0
   */
  public static Plane score(Plane mask) {
    float[] scores = new float[mask.height() * mask.width()];
    for (int i = 0; i < scores.length; i++) {
      float sum = 0;
      for (int tap = 0; tap < NEIGHBOURS; tap++) {
        sum += mask.at(i / mask.width() + tap / 3 - 1, i % mask.width() + tap % 3 - 1);
      }
      scores[i] = Math.min(Math.abs(sum - NEIGHBOURS), Math.abs(sum)) / (NEIGHBOURS / 2);
    }
    return new Plane(mask.height(), mask.width(), scores);
  }

  /** Patches that cover a mask's boundary, inside the image; none if it is no larger than one. */
  public List<Box> find(Plane mask) {
    if (mask.height() <= patch || mask.width() <= patch) {
      return List.of();
    }
    float[] scores = score(mask).values();
    List<Box> around = new ArrayList<>();
    float[] found = new float[scores.length];
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] > 0) {
        found[around.size()] = scores[i];
        int left = i % mask.width() - patch / 2;
        int top = i / mask.width() - patch / 2;
        around.add(new Box(left, top, left + patch, top + patch));
      }
    }
    float[] best = Arrays.copyOf(found, around.size());
    return new NonMaximumSuppression(overlap)
        .keep(around, best).stream().map(i -> moved(around.get(i), mask)).toList();
  }

  /** Back into the image. */
  private Box moved(Box box, Plane mask) {
    float left = Math.clamp(box.left(), 0, mask.width() - patch);
    float top = Math.clamp(box.top(), 0, mask.height() - patch);
    return new Box(left, top, left + patch, top + patch);
  }

  /**
   * What the network sees of one channel: the patch and its padding, zeros outside the image.
   *
   * @param size pixels of the network's input, in each direction
   */
  public Plane cut(Plane channel, Box box, int size) {
    int side = patch + 2 * padding;
    return channel
        .crop((int) box.top() - padding, (int) box.left() - padding, side, side)
        .resized(size, size);
  }

  /** The softmax of the network's two scores: how likely each pixel is the object. */
  public static Plane probability(Plane background, Plane object) {
    float[] other = background.values();
    float[] values = object.values();
    require(
        other.length == values.length,
        "BPR: scores of background and object have one size, not %d and %d values",
        other.length,
        values.length);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (1 / (1 + Math.exp((double) other[i] - values[i])));
    }
    return new Plane(object.height(), object.width(), values);
  }

  /**
   * The refined mask: where patches are, whether their average exceeds a half; elsewhere as it was.
   *
   * @param probabilities of each patch, of the network's size
   */
  public Plane paste(Plane mask, List<Box> boxes, List<Plane> probabilities) {
    require(
        boxes.size() == probabilities.size(),
        "BPR: each patch has its probabilities: %d patches, %d of them",
        boxes.size(),
        probabilities.size());
    float[] refined = mask.values();
    float[] sums = new float[refined.length];
    int[] counts = new int[refined.length];
    for (int k = 0; k < boxes.size(); k++) {
      Box box = boxes.get(k);
      int side = patch + 2 * padding;
      Plane seen = probabilities.get(k).resized(side, side);
      for (int i = 0; i < patch * patch; i++) {
        int at = ((int) box.top() + i / patch) * mask.width() + (int) box.left() + i % patch;
        sums[at] += seen.at(padding + i / patch, padding + i % patch);
        counts[at]++;
      }
    }
    for (int i = 0; i < refined.length; i++) {
      if (counts[i] > 0) {
        refined[i] = sums[i] / counts[i] > HALF ? 1 : 0;
      }
    }
    return new Plane(mask.height(), mask.width(), refined);
  }
}
