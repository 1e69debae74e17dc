package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One node as the author of a kernel sees it.
 *
 * @param in types of the inputs
 * @param constants per input, its values if they are known, else null; unmodifiable
 * @param out types of the outputs
 */
public record OpProblem(
    Op op, List<TensorType> in, List<@Nullable Tensor> constants, List<TensorType> out) {
  public OpProblem {
    in = List.copyOf(in);
    constants = Collections.unmodifiableList(new ArrayList<>(constants));
    out = List.copyOf(out);
  }
}
