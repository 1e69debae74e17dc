package dev.tilewright.cnative;

import dev.tilewright.backend.Backend;
import dev.tilewright.backend.LargePages;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.DType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The kernels of the C library, in the order of kernels.h. The library is loaded when {@link
 * #available} is first asked, which takes 100-160 ms; it stays loaded.
 */
public final class NativeBackend implements Backend {
  /** The library is per process, whoever asks first. */
  private static final class Loaded {
    static final Applicability RESULT =
        NativeLoader.load(
            System.getProperty(NativeLoader.PATH_PROPERTY), System.getenv(Isa.VARIABLE));
  }

  /** Of the library that was loaded. */
  private static final class Convolutions {
    static final List<ConvAlgorithm> ALL =
        all(Isa.limit(System.getenv(Isa.VARIABLE)).orElseThrow());

    private static List<ConvAlgorithm> all(Isa limit) {
      return IntStream.range(0, CLibrary.tw_count())
          .<ConvAlgorithm>mapToObj(kernel -> new NativeConv(kernel, limit))
          .toList();
    }
  }

  /** The system is asked once. */
  private static final class Pages {
    static final Optional<LargePages> FOUND = LinuxPages.find();
  }

  @Override
  public String name() {
    return "native";
  }

  @Override
  public Applicability available() {
    return Loaded.RESULT;
  }

  /** The library's checksum, and the instruction set that it is limited to. */
  @Override
  public String revision() {
    String isa = System.getenv(Isa.VARIABLE);
    return NativeLoader.checksum(System.getProperty(NativeLoader.PATH_PROPERTY))
        + (isa == null ? "" : " up to " + isa);
  }

  @Override
  public List<ConvAlgorithm> convolutions() {
    return Convolutions.ALL;
  }

  @Override
  public Optional<LargePages> largePages() {
    return Pages.FOUND;
  }

  @Override
  public OptionalInt joins(Op op, List<DType> in) {
    return NativeElementwise.instructions(op, in);
  }

  @Override
  public boolean makesJoined() {
    return false;
  }

  @Override
  public Optional<Kernel> operator(OpProblem problem) {
    return NativeOperators.kernel(problem, Isa.limit(System.getenv(Isa.VARIABLE)).orElseThrow());
  }
}
