package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.tilewright.Workers;
import dev.tilewright.backend.Backend;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningTable;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Chains of convolutions band by band: the bits of the layers one by one, and only where it pays.
 */
class FusionTest {
  private static final String LARGE = "1,112,112,16,96,3,2,24";
  private static final String SMALL = "1,7,7,160,960,3,1,160";

  /** Java kernels are made for each new spec, which takes up to a second. */
  @ParameterizedTest
  @CsvSource({"native, 0, 120", "vector, 0, 12", "reference, 200, 220"})
  void fusedIsTheSameBits(String backend, long firstSeed, long endSeed) {
    for (long seed = firstSeed; seed < endSeed; seed++) {
      RandomChain chain = new RandomChain(seed);
      Map<String, float[]> apart = run(chain, backend, 1, Fusing.NEVER);
      for (int threads = 1; threads <= 3; threads++) {
        Map<String, float[]> fused =
            run(chain, backend, threads, Fusing.always(chain.rowsOfBand()));
        fused.forEach((name, values) ->
            assertThat(values).as("%s, %s of %s", name, backend, chain).isEqualTo(apart.get(name)));
        chain.requireClose(fused);
      }
    }
  }

  private static Map<String, float[]> run(
      RandomChain chain, String backend, int threads, Fusing fusing) {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(threads)) {
      Plan plan = plan(chain.graph(), backend, threads, fusing, arena);
      assertThat(plan.steps().stream().anyMatch(FusionTest::isFused))
          .as("whether %s is fused", chain)
          .isEqualTo(fusing.allowed());
      return new PlanRun(plan, chain.inputs(), arena).run(workers).outputs();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"native", "vector"})
  void fusesWhereIntermediatesLeaveTheCache(String backend) {
    try (Arena arena = Arena.ofShared()) {
      Plan fused = plan(block(LARGE), backend, 1, Fusing.AUTO, arena);
      Plan apart = plan(block(LARGE), backend, 1, Fusing.NEVER, arena);
      Plan.Step step = fused.steps().getFirst();
      assertThat(fused.steps()).hasSize(1);
      assertThat(apart.steps()).hasSize(3);
      assertThat(step.macs()).isEqualTo(apart.macs()).isEqualTo(fused.macs());
      assertThat(step.choice().algorithm().split("\\+"))
          .containsExactly(
              apart.steps().stream().map(s -> s.choice().algorithm()).toArray(String[]::new));
      assertThat(step.choice().reason()).contains("fused", "apart", "beyond the cache");
      assertThat(step.choice().others()).containsKey("layer by layer");
      assertThat(fused.arenaBytes()).isLessThan(apart.arenaBytes() / 2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"native", "vector"})
  void leavesSmallMapsAlone(String backend) {
    try (Arena arena = Arena.ofShared()) {
      Plan plan = plan(block(SMALL), backend, 1, Fusing.AUTO, arena);
      assertThat(plan.steps()).hasSize(3);
      Plan wider = plan(block("1,14,14,64,384,3,1,64"), backend, 1, Fusing.AUTO, arena);
      assertThat(wider.steps()).hasSize(3);
      assertThat(wider.steps().get(1).choice().others().get("fused")).contains("bands", "apart");
    }
  }

  @Test
  void doesNotLookAwayFromWhoeverReadsAnIntermediate() {
    RandomChain.Builder b = new RandomChain.Builder(1);
    Value x = b.input("x", 1, 12, 12, 8);
    Value expanded = b.conv(x, 16, 1, 1, 0, false, null);
    Value depthwise = b.conv(expanded, 16, 3, 1, 1, true, null);
    Value projected = b.conv(depthwise, 8, 1, 1, 0, false, null);
    assertThat(ConvChain.of(b.build(projected)).getFirst()).hasSize(3);
    // Read by the caller.
    assertThat(ConvChain.of(b.build(projected, expanded)).getFirst())
        .singleElement()
        .satisfies(c -> assertThat(c.before()).isNull());
    assertThat(ConvChain.of(b.build(projected, depthwise)).getFirst())
        .singleElement()
        .satisfies(c -> assertThat(c.after()).isNull());
    // Read by a second layer.
    Value again = b.conv(depthwise, 8, 1, 1, 0, false, projected);
    assertThat(ConvChain.of(b.build(again)).getFirst())
        .singleElement()
        .satisfies(c -> assertThat(c.after()).isNull());
    // Read as the residual of the next.
    Value own = b.conv(depthwise, 16, 1, 1, 0, false, depthwise);
    assertThat(ConvChain.of(b.build(own)).getFirst())
        .singleElement()
        .satisfies(c -> assertThat(c.after()).isNull());
  }

  @Test
  void aResidualIsForTheLastMember() {
    RandomChain.Builder b = new RandomChain.Builder(2);
    Value x = b.input("x", 1, 12, 12, 16);
    Value depthwise = b.conv(b.conv(x, 16, 1, 1, 0, false, x), 16, 3, 1, 1, true, null);
    assertThat(ConvChain.of(b.build(depthwise))).isEmpty();
    Value added = b.conv(b.conv(x, 16, 1, 1, 0, false, null), 16, 3, 1, 1, true, x);
    Value projected = b.conv(added, 8, 1, 1, 0, false, null);
    assertThat(ConvChain.of(b.build(projected)).getFirst())
        .singleElement()
        .satisfies(c -> assertThat(c.after()).isNull());
  }

  @Test
  void weightsOfARunAndDilatedTapsAreNotFused() {
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    Value x = b.input("x", TensorType.floats(Shape.of(1, 12, 12, 8)));
    Value filter = b.input("filter", TensorType.floats(Shape.of(8, 1, 3, 3)));
    Value depthwise = b.add("depthwise", depthwise(1), x, filter);
    Value known = b.constant("known", Tensor.of(Shape.of(8, 1, 3, 3), new float[72]));
    Value dilated = b.add("dilated", depthwise(2), depthwise, known);
    Value ones = b.constant("ones", Tensor.of(Shape.of(8, 8, 1, 1), new float[64]));
    Size unit = new Size(1, 1);
    Op.Window window = new Op.Window(unit, unit, unit, new Padding(0, 0, 0, 0));
    b.output("y", b.add("pointwise", new Op.Conv(window, 1, Epilogue.NONE), dilated, ones));
    assertThat(ConvChain.of(b.build())).isEmpty();
  }

  private static Op depthwise(int dilation) {
    Size unit = new Size(1, 1);
    Padding pad = new Padding(dilation, dilation, dilation, dilation);
    Op.Window window = new Op.Window(new Size(3, 3), unit, new Size(dilation, dilation), pad);
    return new Op.Conv(window, 8, Epilogue.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"native", "vector"})
  void runsWithoutAllocating(String backend) {
    RandomChain.Builder b = new RandomChain.Builder(3);
    Value x = b.input("x", 2, 21, 19, 8);
    Value expanded = b.conv(x, 24, 1, 1, 0, false, null);
    Value y = b.conv(b.conv(expanded, 24, 3, 1, 1, true, null), 8, 1, 1, 0, false, x);
    try (Arena arena = Arena.ofShared()) {
      Plan plan = plan(b.build(y), backend, 1, Fusing.always(4), arena);
      PlanRun run = new PlanRun(plan, b.inputs(), arena);
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long least = Long.MAX_VALUE;
      for (int i = 0; i < 5; i++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int j = 0; j < 1000; j++) {
          run.run();
        }
        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
      }
      // What the loop of the test itself makes.
      assertThat(least).isLessThan(1000 * 64L);
    }
  }

  @Test
  void thePropertyTakesWhatItSays() {
    assertThat(Fusing.of("auto")).isEqualTo(Fusing.AUTO);
    assertThat(Fusing.of("never").allowed()).isFalse();
    assertThat(Fusing.of("7")).isEqualTo(Fusing.always(7));
    assertThatThrownBy(() -> Fusing.of("0"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tilewright.fuse");
  }

  private static boolean isFused(Plan.Step step) {
    return step.choice().reason().startsWith("fused");
  }

  /** An inverted residual: N, H, W, C, expanded to, side, stride, K. */
  private static Graph block(String text) {
    int[] v = List.of(text.split(",")).stream().mapToInt(Integer::parseInt).toArray();
    RandomChain.Builder b = new RandomChain.Builder(4, new Activation.Clip(0, 6));
    Value x = b.input("x", v[0], v[1], v[2], v[3]);
    Value expanded = b.conv(x, v[4], 1, 1, 0, false, null);
    Value depthwise = b.conv(expanded, v[4], v[5], v[6], v[5] / 2, true, null);
    return b.build(b.conv(depthwise, v[7], 1, 1, 0, false, null));
  }

  private static final Machine HERE =
      new Machine("Acme 1", "avx2", "L1 32K L2 1024K", 2, "Acme 25", "native=1");

  private static final Machine FAR =
      new Machine("Acme 2", "avx2", "L1 48K L2 2048K", 2, "Acme 25", "native=1");

  private static TuningRecord measured(Machine on, Graph graph, int session, Way way) {
    return new TuningRecord(
        Way.key(ConvChain.of(graph).getFirst()),
        "native",
        session,
        on,
        TuningRecord.Status.CHOSEN,
        way.algorithm(),
        way.tile(),
        way.threads(),
        9,
        1000,
        900,
        1100,
        7);
  }

  private static Planner.Means means(int threads, TuningRecord... records) {
    List<Backend> backends = Backends.load().usable("native");
    TuningTable table = TuningTable.of(List.of(List.of(records)), HERE);
    return new Planner.Means(backends, "native", threads, table);
  }

  private static List<Plan.Step> steps(Graph graph, int threads, TuningRecord... records) {
    try (Arena arena = Arena.ofShared()) {
      return new Planner(PlanRun.memory(arena), means(threads, records), Fusing.AUTO)
          .plan(graph)
          .steps();
    }
  }

  @Test
  void aMeasuredWayIsFollowed() {
    Graph large = block(LARGE);
    Graph small = block("1,14,14,64,384,3,1,64");
    List<Plan.Step> fused = steps(small, 1, measured(HERE, small, 1, Way.bands(0, 5, 1)));
    assertThat(fused).hasSize(1);
    assertThat(fused.getFirst().choice().tile()).startsWith("rows=5 ");
    assertThat(fused.getFirst().choice().origin()).isEqualTo(Origin.TUNED);
    assertThat(fused.getFirst().choice().reason()).contains("measured 1.0 us here");
    // The shorter chain that leaves the first layer alone.
    assertThat(steps(small, 1, measured(HERE, small, 1, Way.bands(1, 7, 1)))).hasSize(2);
    List<Plan.Step> apart = steps(large, 1, measured(HERE, large, 1, Way.layers(1)));
    assertThat(apart).hasSize(3);
    assertThat(apart.get(1).choice().others().get("fused")).contains("measured 1.0 us here");
    // Of three threads, two.
    List<Plan.Step> two = steps(large, 3, measured(HERE, large, 3, Way.bands(0, 8, 2)));
    assertThat(two).singleElement().satisfies(s -> assertThat(s.threads()).isEqualTo(2));
  }

  @Test
  void whatDoesNotApplyIsEstimated() {
    Graph large = block(LARGE);
    List<String> estimated = steps(large, 1).stream().map(s -> s.choice().tile()).toList();
    for (TuningRecord other :
        List.of(
            measured(FAR, large, 1, Way.layers(1)),
            measured(HERE, large, 2, Way.layers(2)),
            measured(HERE, large, 1, Way.bands(7, 8, 1)),
            measured(HERE, large, 1, new Way("chain.bands", Tile.NONE, 1)),
            measured(HERE, large, 1, new Way("chain.spiral", Tile.NONE, 1)))) {
      assertThat(steps(large, 1, other)).extracting(s -> s.choice().tile()).isEqualTo(estimated);
    }
  }

  @Test
  void offersWaysToTryWithThePlansOwnFirst() {
    Graph large = block(LARGE);
    Tunable.Site chain = Tunable.chains(means(2), large).getFirst();
    assertThat(chain.ways()).doesNotHaveDuplicates().hasSizeBetween(4, 9);
    assertThat(chain.ways().getFirst().isFused()).isTrue();
    assertThat(chain.ways()).contains(Way.layers(2));
    assertThat(chain.ways()).anyMatch(w -> w.isFused() && w.threads() == 1);
    List<Way> again =
        Tunable.chains(means(2, measured(HERE, large, 2, chain.ways().getLast())), large)
            .getFirst()
            .ways();
    assertThat(again.getFirst()).isEqualTo(chain.ways().getLast());
    // Each can be planned, and its steps are known by name.
    for (Way way : chain.ways()) {
      assertThat(steps(large, 2, measured(HERE, large, 2, way)))
          .hasSizeLessThanOrEqualTo(3)
          .allMatch(step -> chain.steps().contains(step.layer()));
    }
  }

  private static Plan plan(Graph graph, String backend, int threads, Fusing fusing, Arena arena) {
    List<Backend> backends =
        ServiceLoader.load(Backend.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(b -> b.name().equals(backend) && b.available().isYes())
            .toList();
    assertThat(backends).as("backend %s", backend).hasSize(1);
    return new Planner(PlanRun.memory(arena), new Planner.Means(backends, backend, threads), fusing)
        .plan(graph);
  }
}
