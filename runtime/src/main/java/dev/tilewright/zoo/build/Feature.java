package dev.tilewright.zoo.build;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;

/**
 * A value of a network under construction: images are [N, C, H, W], tokens [N, T, C].
 *
 * <p>Data may decide how many there are of something, such as boxes that are kept. That is the
 * first dimension of a value and has a name; its size is the most there can be, so rules for the
 * other dimensions hold as they do everywhere, and work is counted for the most.
 *
 * @param name in the model file
 * @param many the name of the number that data decide, or empty if the shape is as it says
 * @param constant whether weights alone decide it, so that it is computed once, at load
 */
public record Feature(String name, TensorType type, String many, boolean constant) {
  public Shape shape() {
    return type.shape();
  }

  public DType dtype() {
    return type.dtype();
  }

  /** Whether data decide the first dimension. */
  public boolean isOpen() {
    return !many.isEmpty();
  }

  /**
   * The size of a dimension, counted from the end if negative.
   *
   * @throws RuleException if it has no such dimension
   */
  public int dim(int axis) {
    int rank = shape().rank();
    require(
        -rank <= axis && axis < rank, "%s is not %s, but has a dimension %d", name, shape(), axis);
    return shape().dim(axis);
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
    requireImage();
    return dim(2);
  }

  /** Of an image. */
  public int width() {
    requireImage();
    return dim(3);
  }

  private void requireImage() {
    require(shape().rank() == 4, "%s: an image is [N, C, H, W], not %s", name, shape());
  }
}
