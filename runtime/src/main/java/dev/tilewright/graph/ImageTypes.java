package dev.tilewright.graph;

import static dev.tilewright.graph.ShapeInference.floats;
import static dev.tilewright.graph.ShapeInference.image;
import static dev.tilewright.graph.ShapeInference.require;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import java.util.List;

/** Result types of operators that sample images. */
final class ImageTypes {
  private ImageTypes() {}

  static TensorType gridSample(TensorType src, TensorType points) {
    Shape image = image(src);
    Shape grid = floats(points).shape();
    require(
        grid.rank() == 4 && grid.last() == 2 && grid.dim(0) == image.dim(0),
        () -> "grid must be [N, OH, OW, 2] for " + image + ", is " + grid);
    require(image.elements() > 0 || grid.elements() == 0, "an empty image has no samples");
    return TensorType.floats(Shape.of(image.dim(0), grid.dim(1), grid.dim(2), image.dim(3)));
  }

  static TensorType roiAlign(Op.RoiAlign op, List<TensorType> in) {
    Shape image = image(in.getFirst());
    Shape regions = floats(in.get(1)).shape();
    Shape batches = IndexedTypes.indices(in.get(2));
    require(
        regions.rank() == 2 && regions.last() == 4, () -> "regions must be [R, 4], are " + regions);
    require(
        batches.equals(Shape.of(regions.dim(0))),
        () -> "images of " + regions + " regions are " + batches);
    require(image.elements() > 0 || regions.dim(0) == 0, "an empty image has no samples");
    return TensorType.floats(Shape.of(regions.dim(0), op.height(), op.width(), image.dim(3)));
  }

  static TensorType maxPositions(TensorType src, Op.MaxPositions op) {
    Shape image = image(src);
    return new TensorType(
        DType.INT64, Shape.of(image.dim(0), op.out().height(), op.out().width(), image.dim(3)));
  }
}
