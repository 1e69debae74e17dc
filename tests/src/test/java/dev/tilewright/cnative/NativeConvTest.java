package dev.tilewright.cnative;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Platform;
import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.Tile;
import dev.tilewright.conv.Weights;
import dev.tilewright.kernel.Applicability;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.reference.ReferenceBackend;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The path from Java to C and back: what the C tests cannot see. */
class NativeConvTest {
  private static final List<Activation> ACTIVATIONS =
      List.of(
          Activation.none(),
          Activation.relu(),
          new Activation.Clip(-0.5f, 1),
          new Activation.LeakyRelu(0.1f),
          new Activation.Sigmoid(),
          new Activation.HardSigmoid(0.2f, 0.4f),
          new Activation.Silu(),
          new Activation.HardSwish(),
          new Activation.Gelu(),
          new Activation.Tanh());

  @BeforeAll
  static void aMissingCompilerIsAFailureOnCi() {
    Applicability available = new NativeBackend().available();
    if (System.getenv("CI") != null) {
      assertThat(available).isEqualTo(Applicability.yes());
    }
    assumeTrue(available.isYes(), available.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "n1g1c64k64_i9x11_f3x3_s1x1_d1x1_p1,1,1,1",
        "n1g1c3k32_i15x15_f3x3_s2x2_d1x1_p0,0,1,1",
        "n2g1c3k19_i14x13_f7x7_s2x2_d1x1_p3,3,3,3",
        "n3g1c1k1_i5x5_f1x1_s1x1_d1x1_p0,0,0,0",
        "n1g1c1024k80_i4x4_f1x1_s1x1_d1x1_p0,0,0,0",
        "n1g1c20k40_i7x9_f3x3_s1x1_d2x3_p2,3,2,3",
        "n1g4c12k20_i6x6_f3x3_s1x1_d1x1_p1,1,1,1",
        "n1g1c5k7_i6x7_f2x3_s3x2_d1x1_p1,0,0,2",
        "n1g32c32k32_i14x14_f3x3_s1x1_d1x1_p1,1,1,1",
        "n2g21c21k21_i9x8_f5x5_s2x2_d1x1_p2,2,2,2",
        "n1g40c40k40_i7x7_f3x3_s1x1_d2x2_p2,2,2,2",
        "n1g6c6k12_i8x8_f3x3_s1x1_d1x1_p1,1,1,1"
      })
  void agreesWithReference(String key) {
    ConvShape shape = ConvShape.parse(key);
    int seed = key.hashCode();
    int ran = 0;
    for (ConvAlgorithm algorithm : new NativeBackend().convolutions()) {
      for (int i = 0; i < ACTIVATIONS.size(); i++) {
        Epilogue epilogue = new Epilogue(i % 2 == 0, i % 3 == 0, ACTIVATIONS.get(i));
        ConvProblem problem = new ConvProblem(shape, epilogue, 1 + i % 3);
        if (algorithm.check(problem).isYes()) {
          for (Tile tile : algorithm.tiles(problem)) {
            compare(algorithm, tile, problem, new Random(seed), i % 4);
            ran++;
          }
        }
      }
    }
    assertThat(ran).isPositive();
  }

  @Test
  void refusesWithAReason() {
    ConvShape dense = ConvShape.parse("n1g1c8k8_i5x5_f3x3_s1x1_d1x1_p1,1,1,1");
    ConvProblem problem = new ConvProblem(dense, Epilogue.NONE, 1);
    for (ConvAlgorithm algorithm : new NativeBackend().convolutions()) {
      if (algorithm.id().contains("depthwise")) {
        assertThat(algorithm.check(problem)).isInstanceOf(Applicability.No.class);
      }
    }
  }

  @Test
  void aCapSwitchesOffWhatIsAboveIt() {
    ConvShape shape = ConvShape.parse("n1g8c8k8_i5x5_f3x3_s1x1_d1x1_p1,1,1,1");
    ConvProblem problem = new ConvProblem(shape, Epilogue.NONE, 1);
    Applicability off = new Applicability.No("switched off by " + Isa.VARIABLE);
    List<Isa> isas = Isa.of(Platform.RESOURCE_PREFIX);
    for (Isa cap : isas) {
      for (int kernel = 0; kernel < CLibrary.tw_count(); kernel++) {
        NativeConv algorithm = new NativeConv(kernel, cap);
        Isa needs =
            isas.stream()
                .filter(isa -> algorithm.id().endsWith("_" + isa))
                .findFirst()
                .orElseThrow();
        assertThat(algorithm.check(problem).equals(off))
            .as("%s under %s", algorithm.id(), cap)
            .isEqualTo(needs.code > cap.code);
      }
    }
  }

  /** In the JVMs of {@link CappedTest}: what the environment says is what the backend does. */
  @Test
  void theEnvironmentIsTheCap() {
    Isa cap = Isa.limit(System.getenv(Isa.VARIABLE)).orElseThrow();
    ConvShape shape = ConvShape.parse("n1g8c8k8_i5x5_f3x3_s1x1_d1x1_p1,1,1,1");
    ConvProblem problem = new ConvProblem(shape, Epilogue.NONE, 1);
    List<String> off =
        new NativeBackend()
            .convolutions().stream()
                .filter(a -> a.check(problem).toString().contains("switched off"))
                .map(ConvAlgorithm::id)
                .toList();
    assertThat(off.isEmpty()).isEqualTo(cap == Isa.of(Platform.RESOURCE_PREFIX).getLast());
    assertThat(off).noneMatch(id -> id.endsWith("_" + cap));
  }

  /** Runs the task in shuffled pieces over strided rows and compares every value and every gap. */
  private static void compare(
      ConvAlgorithm algorithm, Tile tile, ConvProblem problem, Random random, int gap) {
    ConvShape s = problem.shape();
    try (Arena arena = Arena.ofConfined()) {
      View src = view(arena, s.batch(), s.in(), s.inChannels(), gap, random);
      View residual = view(arena, s.batch(), s.out(), s.outChannels(), gap, random);
      Shape filterShape =
          Shape.of(
              s.outChannels(),
              s.inChannels() / s.groups(),
              s.kernel().height(),
              s.kernel().width());
      Tensor filter = Tensor.of(filterShape, values(filterShape.elements(), random));
      @Nullable Tensor bias =
          problem.epilogue().bias()
              ? Tensor.of(Shape.of(s.outChannels()), values(s.outChannels(), random))
              : null;
      List<View> in = problem.epilogue().residual() ? List.of(src, residual) : List.of(src);
      View want = view(arena, s.batch(), s.out(), s.outChannels(), gap, null);
      View got = view(arena, s.batch(), s.out(), s.outChannels(), gap, null);
      Weights weights = new Weights(filter, bias, arena);
      run(new ReferenceBackend().convolutions().getFirst(), Tile.NONE, problem, weights, in, want);
      run(algorithm, tile, problem, weights, in, got);
      float[] wanted = floats(want);
      float[] gotten = floats(got);
      // A sum of n products of magnitude 1 errs by about sqrt(n) * 2^-24; activations by 3e-7.
      double taps = filterShape.elements() / (double) s.outChannels();
      double tolerance = 16 * Math.ulp(1f) * Math.sqrt(taps) + 1e-6;
      for (int i = 0; i < wanted.length; i++) {
        double allowed = tolerance * Math.max(1, Math.abs(wanted[i]));
        boolean same =
            Float.isNaN(wanted[i])
                ? Float.isNaN(gotten[i])
                : Math.abs(wanted[i] - gotten[i]) <= allowed;
        if (!same) {
          throw new AssertionError(
              "%s %s %s at %d: want %s, got %s"
                  .formatted(algorithm.id(), tile, problem.key(), i, wanted[i], gotten[i]));
        }
      }
    }
  }

  private static void run(
      ConvAlgorithm algorithm,
      Tile tile,
      ConvProblem problem,
      Weights weights,
      List<View> in,
      View out) {
    try (Arena arena = Arena.ofConfined()) {
      Kernel kernel = algorithm.prepare(problem, tile, weights);
      long stride = (kernel.workspaceBytes() + 63) / 64 * 64;
      MemorySegment workspace = arena.allocate(Math.max(64, stride * problem.threads()), 64);
      Task task = kernel.bind(new Operands(in, List.of(out), workspace.address(), stride, arena));
      List<Integer> cuts = new ArrayList<>();
      for (int part = 0; part < task.parts(); part += 1 + part % 3) {
        cuts.add(part);
      }
      cuts.add(task.parts());
      for (int i = cuts.size() - 2; i >= 0; i--) {
        task.run(cuts.get(i), cuts.get(i + 1), i % problem.threads());
      }
    }
  }

  /**
   * Channels-last rows with a gap behind each; NaN in the gaps, and everywhere if random is null.
   */
  private static View view(
      Arena arena, int batch, ConvShape.Size size, int channels, int gap, @Nullable Random random) {
    long rows = (long) batch * size.height() * size.width();
    MemorySegment memory = arena.allocate(JAVA_FLOAT, rows * (channels + gap));
    for (long i = 0; i < rows * (channels + gap); i++) {
      boolean inRow = i % (channels + gap) < channels;
      float value = random != null && inRow ? (float) random.nextGaussian() : Float.NaN;
      memory.setAtIndex(JAVA_FLOAT, i, value);
    }
    TensorType type = TensorType.floats(Shape.of(batch, size.height(), size.width(), channels));
    return new View(memory.address(), type, channels + gap);
  }

  private static float[] values(long count, Random random) {
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static float[] floats(View view) {
    long bytes = view.rows() * view.rowStride() * 4;
    return MemorySegment.ofAddress(view.address()).reinterpret(bytes).toArray(JAVA_FLOAT);
  }
}
