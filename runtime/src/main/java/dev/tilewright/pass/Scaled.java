package dev.tilewright.pass;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import org.jspecify.annotations.Nullable;

/** A value times a known number. */
record Scaled(Value value, double factor) {
  /** What the node scales, if that is all it does. */
  static @Nullable Scaled by(Rewriter.At at, Node node) {
    if (!(node.op() instanceof Op.Binary(BinaryFunction f))
        || (f != BinaryFunction.MUL && f != BinaryFunction.DIV)) {
      return null;
    }
    for (int side = 0; side < (f == BinaryFunction.DIV ? 1 : 2); side++) {
      Double number = at.scalar(node.input(1 - side));
      if (number != null && node.input(side).shape().equals(node.output().shape())) {
        return new Scaled(node.input(side), f == BinaryFunction.MUL ? number : 1 / number);
      }
    }
    return null;
  }
}
