package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves an addition of another tensor and an activation into the convolution before them, which
 * applies them while the result is still in a register. A Reshape or Transpose in between does not
 * matter to an activation, nor a Reshape to an addition: it is moved behind it.
 */
final class FuseEpilogue implements Pass {
  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Conv;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    boolean fused =
        switch (at.op()) {
          case Op.Activate(Activation activation) -> activation(at, activation);
          case Op.Binary(BinaryFunction f) when f == BinaryFunction.ADD ->
              residual(at, 0) || residual(at, 1);
          default -> false;
        };
    if (!fused) {
      at.keep();
    }
  }

  private static boolean activation(Rewriter.At at, Activation activation) {
    List<Op> movers = new ArrayList<>();
    Node node = at.soleProducer(0);
    while (node != null && (node.op() instanceof Op.Reshape || node.op() instanceof Op.Transpose)) {
      movers.addFirst(node.op());
      node = at.soleProducer(node.input(0));
    }
    if (node == null || !(node.op() instanceof Op.Conv conv) || isActive(conv)) {
      return false;
    }
    Epilogue epilogue = conv.epilogue().withActivation(activation);
    Value value =
        at.emit(node.name(), new Op.Conv(conv.window(), conv.groups(), epilogue), node.inputs());
    for (Op mover : movers) {
      value = at.emit(mover, value);
    }
    at.replace(value);
    return true;
  }

  private static boolean residual(Rewriter.At at, int side) {
    Node node = at.soleProducer(side);
    Value addend = at.in(1 - side);
    Shape shape = at.in(side).shape();
    if (node != null && node.op() instanceof Op.Reshape) {
      node = at.soleProducer(node.input(0)); // what is added can be reshaped the other way
    }
    if (node == null
        || !(node.op() instanceof Op.Conv conv)
        || isActive(conv)
        || conv.epilogue().residual()
        || at.constant(addend) != null
        || !addend.shape().equals(shape)) {
      return false;
    }
    List<Value> in = new ArrayList<>(node.inputs());
    in.add(reshaped(at, addend, node.output().shape()));
    Epilogue epilogue = new Epilogue(conv.epilogue().bias(), true, Activation.none());
    Op sum = new Op.Conv(conv.window(), conv.groups(), epilogue);
    at.replace(reshaped(at, at.emit(node.name(), sum, in), shape));
    return true;
  }

  private static Value reshaped(Rewriter.At at, Value value, Shape shape) {
    return value.shape().equals(shape) ? value : at.emit(new Op.Reshape(shape), value);
  }

  private static boolean isActive(Op.Conv conv) {
    return !(conv.epilogue().activation() instanceof Activation.None);
  }
}
