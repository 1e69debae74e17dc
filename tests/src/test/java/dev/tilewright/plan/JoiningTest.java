package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.tilewright.Workers;
import dev.tilewright.backend.Backend;
import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.RandomElements;
import dev.tilewright.graph.Value;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Chains of elementwise operators as one step: the bits of the steps one by one, where it pays. */
class JoiningTest {
  /** Every expression is a kernel, which takes up to a second to make. */
  private static final int GRAPHS = 8;

  @ParameterizedTest
  @ValueSource(strings = {"vector", "native"})
  void joinedChainsGiveTheSameBits(String backend) {
    int joined = 0;
    for (long seed = 0; seed < GRAPHS; seed++) {
      RandomElements elements = new RandomElements(seed);
      Map<String, float[]> apart = run(elements, backend, 1, Fusing.NEVER);
      for (int threads = 1; threads <= 2; threads++) {
        run(elements, backend, threads, Fusing.always(0))
            .forEach((name, values) ->
                assertThat(values).as("%s of %s", name, elements).isEqualTo(apart.get(name)));
      }
      Interpreter.run(elements.graph(), elements.inputs())
          .forEach((name, want) -> agree(elements, name, apart.get(name), want.toFloats()));
      try (Arena arena = Arena.ofShared()) {
        Plan plan = plan(elements.graph(), backend, 1, Fusing.always(0), arena);
        joined += (int) plan.steps().stream().filter(JoiningTest::isJoined).count();
      }
    }
    // Chains with masks are none in C.
    assertThat(joined).isGreaterThan(backend.equals("vector") ? GRAPHS / 2 : 1);
  }

  private static void agree(RandomElements elements, String name, float[] got, float[] want) {
    for (int i = 0; i < want.length; i++) {
      boolean same =
          Float.compare(got[i], want[i]) == 0
              || Math.abs(got[i] - want[i]) <= 1e-5f * Math.max(1, Math.abs(want[i]));
      assertThat(same).as("%s[%d]: %s for %s, %s", name, i, got[i], want[i], elements).isTrue();
    }
  }

  private static Map<String, float[]> run(
      RandomElements elements, String backend, int threads, Fusing fusing) {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(threads)) {
      Plan plan = plan(elements.graph(), backend, threads, fusing, arena);
      return new PlanRun(plan, elements.inputs(), arena).run(workers).outputs();
    }
  }

  /** Of many parts, each of which begins somewhere in a row of vectors. */
  @ParameterizedTest
  @ValueSource(strings = {"vector", "native"})
  void partsGiveTheSameBits(String backend) {
    Graph graph = attention(Shape.of(1, 67, 71, 33));
    Map<String, Tensor> inputs =
        Map.of(
            "x", random(Shape.of(1, 67, 71, 33)),
            "channels", random(Shape.of(1, 1, 1, 33)),
            "pixels", random(Shape.of(1, 67, 71, 1)));
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      Plan one = plan(graph, backend, 1, Fusing.NEVER, arena);
      Plan two = plan(graph, backend, 2, Fusing.always(0), arena);
      assertThat(two.steps()).singleElement().matches(JoiningTest::isJoined);
      assertThat(two.steps().getFirst().threads()).isEqualTo(2);
      assertThat(new PlanRun(two, inputs, arena).run(workers).outputs().get("y"))
          .isEqualTo(new PlanRun(one, inputs, arena).run().outputs().get("y"));
    }
  }

  @Test
  void joinsOnlyWhereItPays() {
    try (Arena arena = Arena.ofShared()) {
      Shape large = Shape.of(1, 112, 112, 64);
      Shape small = Shape.of(1, 7, 7, 64);
      Plan pays = plan(attention(large), "vector", 1, Fusing.AUTO, arena);
      assertThat(pays.steps()).singleElement().matches(JoiningTest::isJoined);
      assertThat(pays.steps().getFirst().choice().reason()).startsWith("joined: 3 operators in ");
      // Not worth making a kernel.
      Plan apart = plan(attention(small), "vector", 1, Fusing.AUTO, arena);
      assertThat(apart.steps()).hasSize(3);
      assertThat(apart.steps().getLast().choice().others()).containsKey("joined");
      // In C none has to be made; one that is made takes less once it is worth that.
      assertThat(plan(attention(small), "auto", 1, Fusing.AUTO, arena).steps())
          .singleElement()
          .matches(s -> s.choice().algorithm().equals("native.elementwise"));
      assertThat(plan(attention(large), "auto", 1, Fusing.AUTO, arena).steps())
          .singleElement()
          .matches(s -> s.choice().algorithm().equals("vector.elementwise"));
      assertThat(plan(attention(large), "native", 1, Fusing.AUTO, arena).steps())
          .singleElement()
          .matches(JoiningTest::isJoined);
    }
  }

  /** C has no masks: what has one in the middle is not cut in two, but the other backend's. */
  @Test
  void aChainIsOfTheBackendThatHasAllOfIt() {
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    Value x = b.input("x", TensorType.floats(Shape.of(512, 512)));
    Value y = b.add("twice", add(), x, x);
    Value mask = b.add("mask", new Op.Binary(BinaryFunction.LESS), y, x);
    b.output("y", b.add("more", add(), b.add("where", new Op.Where(), mask, x, y), x));
    try (Arena arena = Arena.ofShared()) {
      assertThat(plan(b.build(), "auto", 1, Fusing.AUTO, arena).steps())
          .singleElement()
          .matches(s -> s.choice().algorithm().equals("vector.elementwise"));
    }
  }

  /** As those of attention over places: by channel and by place, in this order and the other. */
  @Test
  void reductionsOfOneTensorShareARead() {
    Shape shape = Shape.of(2, 40, 30, 64);
    for (List<Integer> axes : List.of(List.of(1, 2), List.of(3))) {
      GraphBuilder b = new GraphBuilder(Operators::evaluate);
      Value x = b.input("x", TensorType.floats(shape));
      b.output("max", b.add("max", new Op.Reduce(Op.ReduceKind.MAX, axes, true), x));
      b.output("mean", b.add("mean", new Op.Reduce(Op.ReduceKind.MEAN, axes, true), x));
      b.output("other", b.add("other", new Op.Reduce(Op.ReduceKind.MEAN, axes, false), x));
      Graph graph = b.build();
      Map<String, Tensor> inputs = Map.of("x", random(shape));
      try (Arena arena = Arena.ofShared();
          Workers workers = new Workers(2)) {
        Plan apart = plan(graph, "native", 1, Fusing.NEVER, arena);
        assertThat(apart.steps()).hasSize(3);
        Plan shared = plan(graph, "native", 2, Fusing.AUTO, arena);
        assertThat(shared.steps())
            .extracting(s -> s.choice().algorithm())
            .containsExactly("native.reductions", "native.reduce");
        assertThat(new PlanRun(shared, inputs, arena).run(workers).outputs())
            .usingRecursiveComparison()
            .isEqualTo(new PlanRun(apart, inputs, arena).run().outputs());
        // In Java there is no kernel of both.
        assertThat(plan(graph, "vector", 1, Fusing.AUTO, arena).steps()).hasSize(3);
      }
    }
  }

  /** The input dies, so the step writes over it. */
  @Test
  void aJoinedStepRunsInPlace() {
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    Value x = b.input("x", TensorType.floats(Shape.of(2, 30, 40)));
    Value sums = b.add("sums", new Op.CumulativeSum(1, false, false), x);
    Value half = b.constant("half", Tensor.of(Shape.SCALAR, 0.5f));
    Value y = b.add("relu", new Op.Activate(Activation.relu()), b.add("half", add(), sums, half));
    b.output("y", b.add("more", new Op.CumulativeSum(1, false, false), y));
    try (Arena arena = Arena.ofShared()) {
      Plan plan = plan(b.build(), "vector", 1, Fusing.always(0), arena);
      assertThat(plan.steps())
          .filteredOn(JoiningTest::isJoined)
          .singleElement()
          .matches(plan::isInPlace);
    }
  }

  @Test
  void whatIsReadOutsideIsNoPartOfAChain() {
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    Value x = b.input("x", TensorType.floats(Shape.of(4, 8)));
    Value row = b.input("row", TensorType.floats(Shape.of(1, 8)));
    Value small = b.add("small", new Op.Activate(Activation.relu()), row); // smaller: an input
    Value a = b.add("a", new Op.Binary(BinaryFunction.MUL), x, small);
    Value read = b.add("read", new Op.Activate(new Activation.Tanh()), a);
    Value sum = b.add("sum", new Op.Reduce(Op.ReduceKind.SUM, List.of(0), true), read);
    Value c = b.add("c", add(), read, sum);
    Value twice = b.add("twice", new Op.Binary(BinaryFunction.MUL), c, c);
    b.output("y", twice);
    List<ElementChain> chains = ElementChain.of(b.build(), JoiningTest::isElementwise);
    assertThat(chains)
        .extracting(chain -> chain.nodes().stream().map(Node::name).toList())
        .containsExactlyInAnyOrder(List.of("c", "twice"), List.of("a", "read"));
    assertThat(chains.getFirst().inputs()).containsExactly(read, sum);
    assertThat(chains.getFirst().joined().op())
        .isEqualTo(
            new Op.Elementwise(
                2,
                List.of(
                    new Op.Elementwise.Step(add(), List.of(0, 1)),
                    new Op.Elementwise.Step(new Op.Binary(BinaryFunction.MUL), List.of(2, 2)))));
    b.output("also", c);
    assertThat(ElementChain.of(b.build(), JoiningTest::isElementwise)).hasSize(1);
  }

  /** Of 20 additions of 20 inputs no kernel is made; of each run of seven one is. */
  @Test
  void longChainsAreCutWhereInputsAreMany() {
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    Value sum = b.input("x", TensorType.floats(Shape.of(4, 8)));
    for (int i = 0; i < 20; i++) {
      sum = b.add("add" + i, add(), sum, b.input("x" + i, TensorType.floats(Shape.of(4, 8))));
    }
    b.output("y", sum);
    List<ElementChain> chains = ElementChain.of(b.build(), JoiningTest::isElementwise);
    assertThat(chains).hasSize(3);
    assertThat(chains).allSatisfy(chain -> assertThat(chain.inputs()).hasSizeLessThanOrEqualTo(8));
    assertThat(chains.stream().mapToInt(chain -> chain.nodes().size()).sum()).isEqualTo(20);
  }

  @Test
  void runsWithoutAllocating() {
    Shape shape = Shape.of(2, 21, 19, 37);
    Map<String, Tensor> inputs =
        Map.of(
            "x", random(shape),
            "channels", random(Shape.of(2, 1, 1, 37)),
            "pixels", random(Shape.of(2, 21, 19, 1)));
    try (Arena arena = Arena.ofShared()) {
      Plan plan = plan(attention(shape), "vector", 1, Fusing.always(0), arena);
      assertThat(plan.steps()).hasSize(1);
      PlanRun run = new PlanRun(plan, inputs, arena);
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

  private static boolean isJoined(Plan.Step step) {
    return step.choice().algorithm().endsWith(".elementwise");
  }

  private static boolean isElementwise(Node node) {
    return node.op() instanceof Op.Binary || node.op() instanceof Op.Activate;
  }

  private static Op add() {
    return new Op.Binary(BinaryFunction.ADD);
  }

  /** x * channels + x * pixels, as concurrent squeeze and excitation ends. */
  private static Graph attention(Shape shape) {
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    int n = shape.dim(0);
    Value x = b.input("x", TensorType.floats(shape));
    Value channels = b.input("channels", TensorType.floats(Shape.of(n, 1, 1, shape.last())));
    Shape map = Shape.of(n, shape.dim(1), shape.dim(2), 1);
    Value pixels = b.input("pixels", TensorType.floats(map));
    Op mul = new Op.Binary(BinaryFunction.MUL);
    b.output("y", b.add("sum", add(), b.add("c", mul, x, channels), b.add("p", mul, x, pixels)));
    return b.build();
  }

  private static Tensor random(Shape shape) {
    Random random = new Random(shape.elements());
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(shape, values);
  }

  private static Plan plan(Graph graph, String choice, int threads, Fusing fusing, Arena arena) {
    List<Backend> backends =
        List.of("native", "vector").stream()
            .filter(name -> choice.equals("auto") || choice.equals(name))
            .map(JoiningTest::backend)
            .toList();
    return new Planner(PlanRun.memory(arena), new Planner.Means(backends, choice, threads), fusing)
        .plan(graph);
  }

  private static Backend backend(String name) {
    List<Backend> found =
        ServiceLoader.load(Backend.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(b -> b.name().equals(name) && b.available().isYes())
            .toList();
    assertThat(found).as("backend %s", name).hasSize(1);
    return found.getFirst();
  }
}
