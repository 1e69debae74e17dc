package dev.tilewright.bench;

import dev.tilewright.backend.Backend;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.View;
import dev.tilewright.tuning.Oracle;
import dev.tilewright.tuning.Workload;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A computation to find the fastest kernel for. */
sealed interface Layer {
  String name();

  /** What is computed, canonical. */
  String key();

  /** Multiply-accumulates of the direct algorithm. */
  long macs();

  /** A convolution; the epilogue and the threads come from the command line. */
  record Conv(String name, ConvShape shape) implements Layer {
    @Override
    public String key() {
      return shape.key();
    }

    @Override
    public long macs() {
      return shape.macs();
    }

    ConvProblem problem(Epilogue epilogue, int threads) {
      return new ConvProblem(shape, epilogue, threads);
    }
  }

  /** [M, K] x [K, N], both computed at run time. */
  record Product(String name, int batch, int m, int k, int n) implements Layer {
    public Product {
      if (batch < 1 || m < 1 || k < 1 || n < 1) {
        throw new IllegalArgumentException("sizes must be positive");
      }
    }

    @Override
    public String key() {
      return "matmul_n" + batch + "m" + m + "k" + k + "n" + n;
    }

    @Override
    public long macs() {
      return (long) batch * m * k * n;
    }

    Optional<Kernel> kernel(Backend backend, Workload workload) {
      return backend.operator(
          new OpProblem(
              new Op.MatMul(),
              workload.in().stream().map(View::type).toList(),
              Arrays.asList(null, null),
              List.of(workload.dst().type())));
    }
  }

  /** Random data for the layer. */
  default Workload workload(Epilogue epilogue, int threads, long seed) {
    return switch (this) {
      case Conv conv -> Workload.of(conv.problem(epilogue, threads), seed);
      case Product p -> Workload.ofProduct(p.batch(), p.m(), p.k(), p.n(), seed);
    };
  }

  /** What comes of that data. */
  default Oracle oracle(Workload workload, Epilogue epilogue, int threads, long seed) {
    return switch (this) {
      case Conv conv -> Oracle.of(conv.problem(epilogue, threads), workload, seed);
      case Product p -> Oracle.ofProduct(workload, seed);
    };
  }
}
