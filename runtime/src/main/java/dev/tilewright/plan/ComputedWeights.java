package dev.tilewright.plan;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A convolution whose filter or bias is not known before the model runs, by any algorithm: every
 * session prepares it over the memory in which the weights will appear, and every run packs them
 * before it computes. Operands, in: src, filter, then bias and residual if there are any.
 */
final class ComputedWeights implements Kernel {
  private final ConvAlgorithm algorithm;
  private final ConvProblem problem;
  private final Tile tile;
  private final long workspaceBytes;
  private final long packedBytes;

  /**
   * @param filter [K, C/G, FH, FW]
   */
  ComputedWeights(ConvAlgorithm algorithm, ConvProblem problem, Tile tile, Shape filter) {
    this.algorithm = algorithm;
    this.problem = problem;
    this.tile = tile;
    try (Arena arena = Arena.ofConfined()) {
      boolean bias = problem.epilogue().bias();
      Weights zeros =
          new Weights(
              zeros(filter, arena), bias ? zeros(Shape.of(filter.dim(0)), arena) : null, arena);
      workspaceBytes = algorithm.prepare(problem, tile, zeros).workspaceBytes();
      packedBytes = zeros.packedBytes();
    }
  }

  private static Tensor zeros(Shape shape, Arena arena) {
    TensorType type = TensorType.floats(shape);
    return new Tensor(type, arena.allocate(type.bytes(), 64));
  }

  @Override
  public long packedBytes() {
    return packedBytes;
  }

  @Override
  public long workspaceBytes() {
    return workspaceBytes;
  }

  @Override
  public Task bind(Operands operands) {
    List<View> in = new ArrayList<>(operands.in());
    Tensor filter = tensor(in.remove(1));
    Tensor bias = problem.epilogue().bias() ? tensor(in.remove(1)) : null;
    Weights weights = new Weights(filter, bias, operands.arena());
    Task convolution =
        algorithm
            .prepare(problem, tile, weights)
            .bind(
                new Operands(
                    in,
                    operands.out(),
                    operands.workspace(),
                    operands.workspaceStride(),
                    operands.arena()));
    return new Repacked(weights, convolution);
  }

  /** The values at a place, which will change. */
  private static Tensor tensor(View view) {
    MemorySegment values = Memory.ALL.asSlice(view.address(), view.type().bytes());
    return new Tensor(view.type(), values);
  }

  private record Repacked(Weights weights, Task convolution) implements Task {
    @Override
    public @Nullable Task before() {
      return new Packing(weights);
    }

    @Override
    public int parts() {
      return convolution.parts();
    }

    @Override
    public void run(int from, int to, int worker) {
      convolution.run(from, to, worker);
    }
  }

  private record Packing(Weights weights) implements Task {
    @Override
    public int parts() {
      return 1;
    }

    @Override
    public void run(int from, int to, int worker) {
      weights.repack();
    }
  }
}
