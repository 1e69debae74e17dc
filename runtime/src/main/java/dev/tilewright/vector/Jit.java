package dev.tilewright.vector;

import static java.lang.System.Logger.Level.DEBUG;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.ThreadMXBean;
import dev.tilewright.kernel.Applicability;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What the kernels of this package need from the virtual machine's compiler. Mentions no type of
 * jdk.incubator.vector.
 */
final class Jit {
  /** A kernel that has not been compiled after so much of a processor's time never will be. */
  private static final long WARM_UP_NANOS = 3_000_000_000L;

  private static final System.Logger LOG = System.getLogger(Jit.class.getName());

  private Jit() {}

  /** Whether C2 is there; every other compiler runs the Vector API 100 times slower or worse. */
  static Applicability compilesVectors() {
    String mode = System.getProperty("java.vm.info", "");
    if (!System.getProperty("java.vm.name", "").contains("HotSpot")
        && !System.getProperty("java.vm.name", "").contains("OpenJDK")) {
      return new Applicability.No(
          "vector code is only known to be fast on HotSpot; use a JDK with it");
    }
    if (System.getProperty("java.vm.name", "").contains("Zero")
        || mode.contains("interpreted")
        || !option("UseCompiler", "true").equals("true")) {
      return new Applicability.No("this VM only interprets; start java without -Xint, not on Zero");
    }
    if (mode.contains("emulated-client") || !option("TieredStopAtLevel", "4").equals("4")) {
      return new Applicability.No(
          "the C2 compiler is off; start java without -XX:TieredStopAtLevel and emulated client mode");
    }
    return Applicability.when(
        !option("UseAVX", "1").equals("0"),
        "this CPU has no AVX, or -XX:UseAVX=0 says so; C2 has no maximum and no masks for SSE and"
            + " makes objects instead");
  }

  /**
   * Whether fused multiply-add is an instruction. If not, {@code fma} of the Vector API goes
   * through BigDecimal, 10,000 times slower.
   */
  static boolean fusedMultiplyAdd() {
    return Fused.AVAILABLE;
  }

  private static final class Fused {
    static final boolean AVAILABLE = option("UseFMA", "false").equals("true");
  }

  /**
   * Calls the kernel until the machine code of C2 runs it: until calls allocate nothing, for as
   * long as a vector is an object each call makes hundreds.
   *
   * @return whether that came to pass; if not, C2 made code that boxes vectors
   */
  static boolean warm(Runnable call) {
    Directives.ensure();
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long end = threads.getCurrentThreadCpuTime() + WARM_UP_NANOS;
    int quiet = 0;
    while (quiet < 3 && threads.getCurrentThreadCpuTime() < end) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 50; i++) {
        call.run();
      }
      quiet = threads.getCurrentThreadAllocatedBytes() == before ? quiet + 1 : 0;
    }
    return quiet == 3;
  }

  /**
   * C1 handles vectors by boxing, and kernels too big for it stay at its slowest level (seen in 8
   * of 9 starts with a 14x2 tile; without C1, in none of 20). And C2 must not inline a kernel into
   * the loop that calls it: in that company its accumulators are spilled, 97 instead of 235
   * GFLOP/s.
   */
  private static final class Directives {
    static {
      install();
    }

    static void ensure() {}

    private static void install() {
      String directive =
          """
          [{ match: ["dev/tilewright/vector/Generated*.run"],
             c1: { Exclude: true }, c2: { BackgroundCompilation: false } },
           { match: ["dev/tilewright/*.*"],
             inline: ["-dev/tilewright/vector/Generated*.run"] }]
          """;
      try {
        Path file = Files.createTempFile("tilewright", ".json");
        try {
          Files.writeString(file, directive);
          Object answer =
              ManagementFactory.getPlatformMBeanServer()
                  .invoke(
                      new ObjectName("com.sun.management:type=DiagnosticCommand"),
                      "compilerDirectivesAdd",
                      new Object[] {new String[] {file.toString()}},
                      new String[] {String[].class.getName()});
          LOG.log(DEBUG, "compiler directive for kernels: {0}", answer);
        } finally {
          Files.delete(file);
        }
      } catch (IOException | JMException | RuntimeException e) {
        LOG.log(DEBUG, "no compiler directive for kernels; they may warm up slowly", e);
      }
    }
  }

  private static String option(String name, String otherwise) {
    HotSpotDiagnosticMXBean vm = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
    try {
      return vm == null ? otherwise : vm.getVMOption(name).getValue();
    } catch (IllegalArgumentException e) {
      return otherwise;
    }
  }
}
