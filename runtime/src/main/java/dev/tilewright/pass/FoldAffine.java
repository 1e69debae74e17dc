package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A convolution followed by a scale or shift per output channel is a convolution with other
 * weights: filter' = filter * scale, bias' = bias * scale + shift. Batch normalisation, which the
 * importer writes as a scale and a shift, disappears this way, and so does the bias that some
 * exporters put in a node of its own.
 */
final class FoldAffine implements Pass {
  @Override
  public void rewrite(Rewriter.At at) {
    if (!(at.op() instanceof Op.Binary(BinaryFunction function)) || !fold(at, function)) {
      at.keep();
    }
  }

  private static boolean fold(Rewriter.At at, BinaryFunction function) {
    int side = at.constant(at.in(1)) != null ? 0 : 1;
    if (function != BinaryFunction.ADD && function != BinaryFunction.MUL && side == 1) {
      return false; // c - x and c / x are no scale or shift of x
    }
    // What a Reshape puts between a matrix product and its bias keeps the channels last.
    Node producer = at.soleProducer(side);
    Value x = producer == null ? at.in(side) : producer.output();
    Node reshape = null;
    if (producer != null && producer.op() instanceof Op.Reshape && x.shape().rank() > 0) {
      reshape = producer;
      producer = at.soleProducer(reshape.input(0));
    }
    if (producer == null
        || !(producer.op() instanceof Op.Conv conv)
        || conv.epilogue().residual()
        || !(conv.epilogue().activation() instanceof Activation.None)
        || x.shape().last() != producer.output().shape().last()) {
      return false;
    }
    Value perChannel = perChannel(at, at.in(1 - side), x.shape());
    if (perChannel == null || !at.node().output().shape().equals(x.shape())) {
      return false;
    }
    Value folded = fold(at, function, producer, conv, perChannel);
    at.replace(reshape == null ? folded : at.emit(reshape.op(), folded));
    return true;
  }

  private static Value fold(
      Rewriter.At at, BinaryFunction function, Node node, Op.Conv conv, Value vector) {
    Value filter = node.input(1);
    @Nullable Value bias = conv.epilogue().bias() ? node.input(2) : null;
    int k = filter.shape().dim(0);
    if (function == BinaryFunction.MUL || function == BinaryFunction.DIV) {
      Value scale = at.emit(new Op.Reshape(Shape.of(k, 1, 1, 1)), vector);
      filter = at.emit(new Op.Binary(function), filter, scale);
      bias = bias == null ? null : at.emit(new Op.Binary(function), bias, vector);
    } else if (bias != null) {
      bias = at.emit(new Op.Binary(function), bias, vector);
    } else {
      bias =
          function == BinaryFunction.ADD
              ? vector
              : at.emit(new Op.Unary(Op.UnaryFunction.NEG), vector);
    }
    List<Value> in = new ArrayList<>(List.of(node.input(0), filter));
    if (bias != null) {
      in.add(bias);
    }
    Op op =
        new Op.Conv(
            conv.window(),
            conv.groups(),
            new Epilogue(bias != null, false, conv.epilogue().activation()));
    return at.emit(node.name(), op, in);
  }

  /** The constant as a vector of one value per channel of a tensor of this shape, or null. */
  private static @Nullable Value perChannel(Rewriter.At at, Value constant, Shape shape) {
    Tensor tensor = at.constant(constant);
    if (tensor == null || tensor.dtype() != DType.FLOAT32) {
      return null;
    }
    int channels = shape.last();
    long elements = tensor.shape().elements();
    if (elements == 1) {
      Value one = at.emit(new Op.Reshape(Shape.of(1)), constant);
      return at.emit(new Op.Expand(Shape.of(channels)), one);
    }
    boolean vector = elements == channels && tensor.shape().last() == channels;
    return vector ? at.emit(new Op.Reshape(Shape.of(channels)), constant) : null;
  }
}
