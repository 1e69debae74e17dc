package dev.tilewright.plan;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
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
 *
 * <p>One in many groups, as where each image of a batch has a filter of its own, is done in pieces
 * of a few groups: each packs its filter where the piece before it had its own, and reads it from
 * the cache.
 */
final class ComputedWeights implements Kernel {
  /**
   * A piece takes no more groups than have so large a filter. Packed for Winograd's F(4x4) it is
   * four times as large, and is still in the cache of a core when it is read, more or less.
   */
  private static final long PIECE_BYTES = 512 << 10;

  private final ConvAlgorithm algorithm;
  private final ConvProblem problem;
  private final Tile tile;
  private final int pieces;
  private final int threads;
  private final long workspaceBytes;
  private final long packedBytes;

  /**
   * @param problem of a piece
   * @param filter [K, C/G, FH, FW] of a piece
   * @param threads that share the pieces
   */
  ComputedWeights(
      ConvAlgorithm algorithm,
      ConvProblem problem,
      Tile tile,
      Shape filter,
      int pieces,
      int threads) {
    this.algorithm = algorithm;
    this.problem = problem;
    this.tile = tile;
    this.pieces = pieces;
    this.threads = threads;
    try (Arena arena = Arena.ofConfined()) {
      boolean bias = problem.epilogue().bias();
      Weights zeros =
          new Weights(
              zeros(filter, arena), bias ? zeros(Shape.of(filter.dim(0)), arena) : null, arena);
      workspaceBytes = algorithm.prepare(problem, tile, zeros).workspaceBytes();
      packedBytes = zeros.packedBytes() * (pieces == 1 ? 1 : threads);
    }
  }

  /** In how many pieces a convolution is done, each of the same number of groups. */
  static int pieces(ConvShape shape, Shape filter) {
    int pieces = 1;
    while (4 * filter.elements() / pieces > PIECE_BYTES && pieces < shape.groups()) {
      do {
        pieces++;
      } while (shape.groups() % pieces != 0);
    }
    return pieces;
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
    if (pieces == 1) {
      return bind(operands, operands.arena());
    }
    Repacked[][] tasks = new Repacked[threads][pieces];
    for (Repacked[] own : tasks) {
      SameMemory memory = new SameMemory(operands.arena());
      for (int i = 0; i < pieces; i++) {
        memory.rewind();
        own[i] = bind(piece(operands, i), memory);
      }
    }
    return new InPieces(tasks);
  }

  /**
   * @param packed where packed weights will be
   */
  private Repacked bind(Operands operands, Arena packed) {
    List<View> in = new ArrayList<>(operands.in());
    Tensor filter = tensor(in.remove(1));
    Tensor bias = problem.epilogue().bias() ? tensor(in.remove(1)) : null;
    Weights weights = new Weights(filter, bias, packed);
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

  /** The operands of a piece: channels of images, filters. */
  private Operands piece(Operands whole, int piece) {
    List<View> in = new ArrayList<>();
    for (int i = 0; i < whole.in().size(); i++) {
      View view = whole.in().get(i);
      in.add(i == 1 ? filters(view, piece) : channels(view, piece));
    }
    return new Operands(
        in,
        List.of(channels(whole.out().getFirst(), piece)),
        whole.workspace(),
        whole.workspaceStride(),
        whole.arena());
  }

  private View channels(View view, int piece) {
    int count = view.columns() / pieces;
    Shape shape = view.shape().with(view.shape().rank() - 1, count);
    return new View(
        view.address() + 4L * piece * count, TensorType.floats(shape), view.rowStride());
  }

  private View filters(View view, int piece) {
    Shape shape = view.shape().with(0, view.shape().dim(0) / pieces);
    return View.dense(view.address() + 4L * piece * shape.elements(), TensorType.floats(shape));
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

    @Override
    public void goOn(int from, int to, int worker) {
      convolution.goOn(from, to, worker);
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

  /** Of each worker, all pieces over the same packed weights. */
  private record InPieces(Repacked[][] tasks) implements Task {
    @Override
    public int parts() {
      return tasks[0].length;
    }

    @Override
    public void run(int from, int to, int worker) {
      for (int i = from; i < to; i++) {
        Repacked piece = tasks[worker][i];
        piece.weights.repack();
        piece.convolution.run(0, piece.convolution.parts(), worker);
      }
    }
  }
}
