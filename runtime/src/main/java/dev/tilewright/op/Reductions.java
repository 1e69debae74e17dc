package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import java.util.ArrayList;
import java.util.List;

/**
 * Reductions of one tensor, one after the other: what kernels that do them together are held to. No
 * plan has it, so it is not shared among threads.
 */
record Reductions(Op.Reductions op) implements Kernel {
  @Override
  public long workspaceBytes() {
    return new Reduce(op.each().getFirst()).workspaceBytes();
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < op.kinds().size(); i++) {
      Operands own =
          new Operands(
              operands.in(),
              List.of(operands.out().get(i)),
              operands.workspace(),
              operands.workspaceStride(),
              operands.arena());
      tasks.add(new Reduce(op.each().get(i)).bind(own));
    }
    return new Sequential(tasks);
  }
}
