package dev.tilewright.cnative;

import dev.tilewright.cnative.Loops.Loop;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.op.RoiAlign;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;
import java.util.List;
import java.util.Optional;

/**
 * Pools regions of an image in C. What the regions ask for is only known in a run: the portable
 * kernel's check goes first.
 */
record NativeRoiAlign(Op.RoiAlign op, Shape src, Isa limit) implements Kernel {
  static Optional<Kernel> of(OpProblem problem, Op.RoiAlign op, Isa limit) {
    boolean known =
        problem.in().get(0).dtype() == DType.FLOAT32
            && problem.in().get(1).dtype() == DType.FLOAT32
            && problem.in().get(2).dtype() == DType.INT64;
    return known
        ? Optional.of(new NativeRoiAlign(op, problem.in().getFirst().shape(), limit))
        : Optional.empty();
  }

  /** Factors in double, as op_roialign.h says. */
  @Override
  public long workspaceBytes() {
    return 8L * (src.dim(1) + (long) op.width() * src.dim(2));
  }

  @Override
  public Task bind(Operands operands) {
    View image = operands.in().get(0);
    View regions = operands.in().get(1);
    View batches = operands.in().get(2);
    View dst = operands.out().getFirst();
    int count = dst.shape().dim(0);
    Task task =
        new OperatorArguments("roialign", op.max() ? 1 : 0, limit, operands.arena())
            .parameters(op.scale(), 0)
            .tensors(dst.address(), image.address(), regions.address())
            .tableAt(batches.address())
            .loops(
                List.of(
                    new Loop(count, 0, 0, 4 * regions.rowStride()),
                    new Loop(op.height(), 0, 0, 0),
                    new Loop(op.width(), 4 * dst.rowStride(), 4 * image.rowStride(), 0),
                    new Loop(dst.columns(), 4, 4, 0)))
            .extra(src.dim(0), src.dim(1), src.dim(2), op.samplingRatio(), op.halfPixel() ? 1 : 0)
            .workspace(operands)
            .bind();
    return new Checked(new RoiAlign(op, src), regions, batches, count, task);
  }

  /** Each range of parts looks at the regions that it has bins of. */
  private record Checked(RoiAlign rules, View regions, View batches, long count, Task task)
      implements Task {
    @Override
    public int parts() {
      return task.parts();
    }

    @Override
    public void run(int from, int to, int worker) {
      rules.check(
          regions, batches, count * from / parts(), Math.ceilDiv(count * to, (long) parts()));
      task.run(from, to, worker);
    }
  }
}
