package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.Elementwise.Step;
import dev.tilewright.graph.ShapeInference;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Joined operators, one after the other by their own kernels: what kernels that join them are held
 * to. No plan has it, as operators are joined only where a backend does better; so it stores every
 * intermediate, in memory of its own, and is not shared among threads.
 */
final class Elementwise implements Kernel {
  private final List<Step> steps;
  private final List<TensorType> types;
  private final List<Kernel> kernels = new ArrayList<>();

  Elementwise(Op.Elementwise op, OpProblem problem) {
    steps = op.steps();
    types = ShapeInference.steps(op, problem.in());
    List<TensorType> known = new ArrayList<>(problem.in());
    for (int i = 0; i < steps.size(); i++) {
      List<TensorType> in = steps.get(i).operands().stream().map(known::get).toList();
      List<@Nullable Tensor> constants = Collections.<@Nullable Tensor>nCopies(in.size(), null);
      kernels.add(
          Operators.kernel(new OpProblem(steps.get(i).op(), in, constants, List.of(types.get(i)))));
      known.add(types.get(i));
    }
  }

  @Override
  public boolean acceptsStridedRows() {
    return kernels.stream().allMatch(Kernel::acceptsStridedRows);
  }

  @Override
  public Task bind(Operands operands) {
    List<View> known = new ArrayList<>(operands.in());
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      List<View> in = steps.get(i).operands().stream().map(known::get).toList();
      View out =
          i == steps.size() - 1
              ? operands.out().getFirst()
              : View.dense(
                  operands.arena().allocate(Math.max(1, types.get(i).bytes()), 64).address(),
                  types.get(i));
      tasks.add(kernels.get(i).bind(new Operands(in, List.of(out), 0, 0, operands.arena())));
      known.add(out);
    }
    return new Sequential(tasks);
  }
}
