package dev.tilewright.onnx;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;

/** Matrix products. */
final class ImportProducts {
  private ImportProducts() {}

  /** alpha * A' * B' + beta * C, where ' may transpose. Constant factors fold into the weights. */
  static Value gemm(NodeScope n) {
    Value a = matrix(n, 0, "transA");
    Value b = matrix(n, 1, "transB");
    float alpha = n.node().number("alpha", 1);
    float beta = n.node().number("beta", 1);
    if (n.isConstant(1)) {
      b = scaled(n, b, alpha);
    }
    Value product = n.add(new Op.MatMul(), a, b);
    if (!n.isConstant(1)) {
      product = scaled(n, product, alpha);
    }
    return n.maybe(2) == null
        ? product
        : n.binary(BinaryFunction.ADD, product, scaled(n, n.floats(2), beta));
  }

  /** As numpy.matmul: a vector on the left is a row, on the right a column. */
  static Value matMul(NodeScope n) {
    return matMul(n, n.floats(0), n.floats(1), (a, b) -> n.add(new Op.MatMul(), a, b));
  }

  /** The same with any product of matrices. */
  static Value matMul(NodeScope n, Value a, Value b, BinaryOperator<Value> matrices) {
    if (a.shape().rank() == 0 || b.shape().rank() == 0) {
      throw n.node().bad("a scalar is not a matrix");
    }
    boolean row = a.shape().rank() == 1;
    boolean column = b.shape().rank() == 1;
    Value left = row ? n.reshape(a, List.of(1, a.shape().dim(0))) : a;
    Value right = column ? n.reshape(b, List.of(b.shape().dim(0), 1)) : b;
    Value product = matrices.apply(left, right);
    int rank = product.shape().rank();
    List<Integer> dims = new ArrayList<>(product.shape().dims().subList(0, rank - 2));
    if (!row) {
      dims.add(product.shape().dim(-2));
    }
    if (!column) {
      dims.add(product.shape().dim(-1));
    }
    return n.reshape(product, dims);
  }

  private static Value matrix(NodeScope n, int input, String transposed) {
    Value x = n.floats(input);
    if (x.shape().rank() != 2) {
      throw n.node().bad("input " + input + " must be a matrix, is " + x.type());
    }
    return n.node().integer(transposed, 0) != 0 ? n.transpose(x, 1, 0) : x;
  }

  private static Value scaled(NodeScope n, Value x, float factor) {
    return factor == 1 ? x : n.binary(BinaryFunction.MUL, x, n.scalarLike(x, factor));
  }
}
