package dev.tilewright.graph;

import static dev.tilewright.graph.ShapeInference.axis;
import static dev.tilewright.graph.ShapeInference.is;
import static dev.tilewright.graph.ShapeInference.require;
import static dev.tilewright.graph.ShapeInference.same;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Result types of operators that take or give positions in a tensor. */
final class IndexedTypes {
  private IndexedTypes() {}

  static Shape indices(TensorType indices) {
    require(
        indices.dtype() == DType.INT64 || indices.dtype() == DType.INT32,
        "indices must be integers");
    return indices.shape();
  }

  static TensorType runs(Op.Runs op, TensorType x, TensorType runs) {
    Shape to = op.shape();
    require(
        op.length() > 0
            && x.shape().elements() % op.length() == 0
            && to.elements() % op.length() == 0,
        () -> x + " and " + to + " are no runs of " + op.length());
    Shape count = Shape.of(Math.toIntExact(to.elements() / op.length()));
    require(
        is(runs, DType.INT64).shape().equals(count),
        () -> "there are " + count + " runs, not " + runs);
    return new TensorType(x.dtype(), to);
  }

  static TensorType gatherElements(int axis, TensorType data, TensorType indices) {
    Shape picked = indices(indices);
    axis(axis, data.shape());
    inside(axis, picked, data.shape());
    return new TensorType(data.dtype(), picked);
  }

  static TensorType gatherParts(int batch, TensorType data, TensorType indices) {
    Shape shape = data.shape();
    Shape rows = is(indices, DType.INT64).shape();
    require(rows.rank() > batch, "indices need a row of coordinates");
    int depth = rows.last();
    require(batch + depth <= shape.rank(), () -> depth + " coordinates in " + shape);
    require(
        rows.dims().subList(0, batch).equals(shape.dims().subList(0, batch)),
        () -> "the first " + batch + " dimensions of " + rows + " and " + shape + " differ");
    return new TensorType(data.dtype(), parts(rows, shape, batch + depth));
  }

  static TensorType scatter(List<TensorType> in) {
    Shape data = in.get(0).shape();
    Shape rows = is(in.get(1), DType.INT64).shape();
    require(rows.rank() > 0, "indices need a row of coordinates");
    require(rows.last() <= data.rank(), () -> rows.last() + " coordinates in " + data);
    Shape expected = parts(rows, data, rows.last());
    Shape updates = in.get(2).shape();
    require(updates.equals(expected), () -> "updates must be " + expected + ", are " + updates);
    same(in.get(0), in.get(2));
    return in.get(0);
  }

  static TensorType scatterElements(int axis, List<TensorType> in) {
    Shape picked = indices(in.get(1));
    axis(axis, in.getFirst().shape());
    inside(axis, picked, in.getFirst().shape());
    require(
        in.get(2).shape().equals(picked),
        () -> "updates must be " + picked + ", are " + in.get(2).shape());
    same(in.get(0), in.get(2));
    return in.getFirst();
  }

  static TensorType top(Op.Top top, TensorType x) {
    int size = x.shape().dim(axis(top.axis(), x.shape()));
    require(top.k() >= 0 && top.k() <= size, () -> "no " + top.k() + " of " + size + " elements");
    List<Integer> dims = new ArrayList<>(x.shape().dims());
    dims.set(top.axis(), top.k());
    return new TensorType(DType.INT64, new Shape(dims));
  }

  /** Of each row of coordinates, the rest of the data. */
  private static Shape parts(Shape rows, Shape data, int depth) {
    List<Integer> dims = new ArrayList<>(rows.dims().subList(0, rows.rank() - 1));
    dims.addAll(data.dims().subList(depth, data.rank()));
    return new Shape(dims);
  }

  private static void inside(int axis, Shape indices, Shape data) {
    require(
        indices.rank() == data.rank(), () -> "ranks of " + indices + " and " + data + " differ");
    for (int i = 0; i < data.rank(); i++) {
      int dim = i;
      require(
          i == axis || indices.dim(i) <= data.dim(i),
          () -> "indices " + indices + " leave data " + data + " in axis " + dim);
    }
  }
}
