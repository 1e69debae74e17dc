package dev.tilewright.backend;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A family of kernels that share a way of reaching the hardware: reference (plain Java), vector
 * (jdk.incubator.vector), native (C through JNA). Found with {@link java.util.ServiceLoader}.
 */
public interface Backend {
  /** Lower-case name, the first half of its algorithms' ids. */
  String name();

  /** Whether the backend runs on this machine; asked once. Must not throw. */
  Applicability available();

  /**
   * Changes whenever its kernels' code may have; part of what a measurement is valid for. Only
   * asked if available.
   */
  default String revision() {
    return "1";
  }

  /**
   * Its convolution algorithms, the same objects each time: what they promise is kept by them. Only
   * asked if available.
   */
  List<ConvAlgorithm> convolutions();

  /**
   * About how many vector instructions this operator is as a step of {@link Op.Elementwise}, of
   * which this backend then has kernels for most shapes; empty if it has none. Cheap to ask.
   *
   * @param in element types of the inputs
   */
  default OptionalInt joins(Op op, List<DType> in) {
    return OptionalInt.empty();
  }

  /** Whether each kernel of joined operators has to be made, which takes a tenth of a second. */
  default boolean makesJoined() {
    return true;
  }

  /**
   * A kernel for an operator that is not a convolution, if this backend has a better one than the
   * portable one of {@link dev.tilewright.op.Operators}.
   */
  default Optional<Kernel> operator(OpProblem problem) {
    return Optional.empty();
  }

  /** Large pages for the memory of models and sessions. Only asked if available. */
  default Optional<LargePages> largePages() {
    return Optional.empty();
  }
}
