package dev.tilewright.onnx;

import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Op;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.List;

/**
 * Constants bounded by the size of the model: the builder bounds every one by its inputs, this
 * bounds their sum, so that a small file cannot ask for many or for ever larger ones; and the work
 * of computing them.
 */
final class FoldingBudget implements GraphBuilder.Folder {
  private final GraphBuilder.Folder folder;
  private long elements = Limits.FOLDED_ELEMENTS;
  private long bytes = Limits.constantBytes();
  private long work = Limits.FOLDED_WORK;

  FoldingBudget(OnnxModel model, GraphBuilder.Folder folder) {
    this.folder = folder;
    // A weight may be transposed and scaled before use: allow a few copies.
    model.initializers().values().forEach(t -> elements += 4 * t.shape().elements());
  }

  /**
   * Takes a constant that is about to be made.
   *
   * @throws UnsupportedModelException if it is too much
   */
  void take(TensorType type) {
    elements -= type.shape().elements();
    bytes -= type.bytes();
    if (elements < 0) {
      throw new UnsupportedModelException(
          List.of("constants that are far larger than the weights they are computed from"));
    }
    if (bytes < 0) {
      throw new UnsupportedModelException(
          List.of(
              "computed constants of more than "
                  + Limits.constantBytes()
                  + " bytes; a larger heap (java -Xmx) allows more"));
    }
  }

  @Override
  public List<Tensor> fold(Op op, List<Tensor> in, List<TensorType> out) {
    out.forEach(this::take);
    work -= work(op, in, out.getFirst().shape());
    if (work < 0) {
      throw new UnsupportedModelException(
          List.of("constants that take more than " + Limits.FOLDED_WORK + " operations"));
    }
    return folder.fold(op, in, out);
  }

  /** Elements read and written, or products summed; no product overflows, as elements are few. */
  private static long work(Op op, List<Tensor> in, Shape out) {
    return switch (op) {
      case Op.MatMul m -> out.elements() * in.getFirst().shape().last();
      case Op.Attention a -> out.elements() * in.get(1).shape().dim(1) * 2;
      case Op.ConvTranspose t -> in.getFirst().shape().elements() * in.get(1).shape().product(1, 4);
      case Op.Pool pool ->
          out.elements() * pool.window().kernel().height() * pool.window().kernel().width();
      default -> out.elements() + in.stream().mapToLong(tensor -> tensor.shape().elements()).sum();
    };
  }
}
