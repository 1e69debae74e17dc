package dev.tilewright.zoo.build;

import dev.tilewright.tensor.Shape;

/**
 * A value of a network under construction: images are [N, C, H, W], tokens [N, T, C].
 *
 * @param name in the model file
 * @param constant whether weights alone decide it, so that it is computed once, at load
 */
public record Feature(String name, Shape shape, boolean constant) {
  public int dim(int axis) {
    return shape.dim(axis);
  }

  public int batch() {
    return dim(0);
  }

  /** Of an image. */
  public int channels() {
    return dim(1);
  }

  /** Of an image. */
  public int height() {
    return dim(2);
  }

  /** Of an image. */
  public int width() {
    return dim(3);
  }
}
