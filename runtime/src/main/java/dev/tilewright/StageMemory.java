package dev.tilewright;

import dev.tilewright.conv.Weights;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Op;
import dev.tilewright.op.Operators;
import dev.tilewright.plan.Planner;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Constants and packed weights of one stage. What depends on the weights of the file is the model's
 * and shared by all plans; what depends on values of a run is forgotten with the stage, or a model
 * would grow with every run.
 */
final class StageMemory implements GraphBuilder.Folder, Planner.ModelMemory {
  private final ModelMemory model;

  /** Held here because kernels may know no more than their address. */
  private final Queue<Weights> own = new ConcurrentLinkedQueue<>();

  StageMemory(ModelMemory model) {
    this.model = model;
  }

  /** That of the next stage, which knows more values. */
  StageMemory next(Collection<Tensor> known) {
    model.pass(known);
    return new StageMemory(model);
  }

  @Override
  public List<Tensor> fold(Op op, List<Tensor> in, List<TensorType> out) {
    if (!model.isPassing(in)) {
      return model.fold(op, in, out);
    }
    List<Tensor> results = Operators.evaluate(op, in, out);
    model.pass(results);
    return results;
  }

  @Override
  public Tensor derive(Object recipe, List<Tensor> from, Function<Arena, Tensor> compute) {
    if (!model.isPassing(from)) {
      return model.derive(recipe, from, compute);
    }
    Tensor result = compute.apply(Arena.ofAuto());
    model.pass(List.of(result));
    return result;
  }

  @Override
  public Weights weights(Tensor filter, @Nullable Tensor bias) {
    if (model.isLasting(filter) && (bias == null || model.isLasting(bias))) {
      return model.weights(filter, bias);
    }
    Weights weights = new Weights(filter, bias, Arena.ofAuto());
    own.add(weights);
    return weights;
  }

  @Override
  public Tensor resident(Tensor constant) {
    return model.resident(constant);
  }

  @Override
  public long packedBytes() {
    return model.packedBytes();
  }
}
