package dev.tilewright.graph;

/** Multiply-accumulates of the direct algorithm: the numerator of every GFLOP/s we report. */
final class Macs {
  private Macs() {}

  static long of(Node node) {
    return switch (node.op()) {
      case Op.Conv conv -> node.output().shape().elements() * node.input(1).shape().product(1, 4);
      case Op.ConvTranspose t ->
          node.input(0).shape().elements() * node.input(1).shape().product(1, 4);
      case Op.MatMul m -> node.output().shape().elements() * node.input(0).shape().last();
      default -> 0;
    };
  }
}
