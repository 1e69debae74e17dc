package dev.tilewright.plan;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.FilterSum;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.op.OpProblem;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * How the kernel of a step is made. Data alone: the same recipe makes the same kernel in any
 * process with the same program on the same machine, so a plan can be kept without its kernels.
 */
public sealed interface Recipe {
  /** Instead of a backend: {@link Operators}. */
  String PORTABLE = "portable";

  /**
   * What kernels are made from.
   *
   * @param weights the weights over a filter and a bias; the same object for the same tensors
   */
  record Ingredients(
      List<Backend> backends, BiFunction<Tensor, @Nullable Tensor, Weights> weights) {
    public Ingredients {
      backends = List.copyOf(backends);
    }

    private ConvAlgorithm algorithm(String id) {
      for (Backend backend : backends) {
        for (ConvAlgorithm algorithm : backend.convolutions()) {
          if (algorithm.id().equals(id)) {
            return algorithm;
          }
        }
      }
      throw new IllegalStateException("no algorithm " + id);
    }
  }

  /**
   * The kernel.
   *
   * @throws IllegalStateException if an ingredient is missing
   */
  Kernel make(Ingredients from);

  /** A convolution with weights that are known. */
  record Conv(
      String algorithm, Tile tile, ConvProblem problem, Tensor filter, @Nullable Tensor bias)
      implements Recipe {
    @Override
    public Kernel make(Ingredients from) {
      Weights weights = from.weights().apply(filter, bias);
      return from.algorithm(algorithm).prepare(problem, tile, weights);
    }
  }

  /**
   * A convolution with a filter that is a sum of constant ones.
   *
   * @param conv its filter is what the sum is of
   */
  record Summed(Conv conv, FilterSum sum) implements Recipe {
    @Override
    public Kernel make(Ingredients from) {
      Weights experts = from.weights().apply(conv.filter, conv.bias);
      return from.algorithm(conv.algorithm).prepare(conv.problem, conv.tile, sum, experts);
    }
  }

  /**
   * A convolution with weights that the model computes.
   *
   * @param problem of a piece
   * @param filter shape of a piece's
   * @param pieces of as many groups each
   * @param threads that share them
   */
  record Computed(
      String algorithm, Tile tile, ConvProblem problem, Shape filter, int pieces, int threads)
      implements Recipe {
    @Override
    public Kernel make(Ingredients from) {
      return new ComputedWeights(from.algorithm(algorithm), problem, tile, filter, pieces, threads);
    }
  }

  /**
   * Any other operator.
   *
   * @param backend its name, or {@link #PORTABLE}
   */
  record Operator(String backend, OpProblem problem) implements Recipe {
    @Override
    public Kernel make(Ingredients from) {
      if (backend.equals(PORTABLE)) {
        return Operators.kernel(problem);
      }
      return from.backends().stream()
          .filter(b -> b.name().equals(backend))
          .findFirst()
          .flatMap(b -> b.operator(problem))
          .orElseThrow(() -> new IllegalStateException(backend + " has no " + problem.op()));
    }
  }

  /**
   * One convolution of a chain.
   *
   * @param shape of all images
   * @param bands one for each shape that a band has
   */
  record Member(ConvShape shape, List<Conv> bands) {
    public Member {
      bands = List.copyOf(bands);
    }

    private FusedKernel.Member make(Ingredients from) {
      Map<ConvShape, Kernel> kernels = new LinkedHashMap<>();
      bands.forEach(band -> kernels.put(band.problem.shape(), band.make(from)));
      return new FusedKernel.Member(shape, kernels);
    }
  }

  /**
   * Convolutions band by band.
   *
   * @param rows output rows of a band of the depthwise one
   * @param parts into which the bands are cut
   */
  record Chain(
      @Nullable Member before,
      Member depthwise,
      @Nullable Member after,
      int rows,
      int parts,
      int threads)
      implements Recipe {
    @Override
    public Kernel make(Ingredients from) {
      return new FusedKernel(
          before == null ? null : before.make(from),
          depthwise.make(from),
          after == null ? null : after.make(from),
          Bands.of(depthwise.shape, rows, parts),
          threads);
    }
  }
}
