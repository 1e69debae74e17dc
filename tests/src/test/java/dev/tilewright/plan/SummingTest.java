package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Workers;
import dev.tilewright.backend.Backend;
import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvConformance;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Filters that a run adds up from constant ones, in the step of their convolution. */
class SummingTest {
  /** The largest of the Winograd transforms that are used (docs/numerics.md). */
  private static final double GROWTH = 46;

  /**
   * A convolution of so many images, each with a filter of its own that a layer computes.
   *
   * @param groups of an image
   * @param layers groups of the layer
   */
  private record Case(
      int images, int groups, int in, int out, int kernel, int stride, int experts, int layers) {
    Size size() {
      return new Size(9, 13);
    }

    Shape filter() {
      return Shape.of(images * out, in / groups, kernel, kernel);
    }

    int depth() {
      return in / groups * kernel * kernel;
    }
  }

  @Test
  void sumsOfSharedFactors() {
    check(new Case(1, 1, 40, 48, 3, 1, 8, 1), false, true);
    check(new Case(3, 1, 24, 37, 3, 1, 3, 1), true, true);
    check(new Case(2, 2, 32, 20, 5, 1, 1, 1), true, true);
  }

  @Test
  void sumsOfManyImagesInOneReadOfTheExperts() {
    check(new Case(4, 1, 13, 37, 3, 1, 8, 1), true, true);
    check(new Case(5, 1, 40, 19, 3, 1, 5, 1), false, true);
    check(new Case(4, 3, 27, 33, 3, 1, 2, 1), true, true);
    check(new Case(3, 1, 17, 70, 5, 1, 4, 1), false, true);
    check(new Case(40, 1, 29, 17, 3, 1, 3, 1), false, true); // in several sets
    check(new Case(5, 1, 33, 35, 3, 1, 3, 11 * 35), false, true);
  }

  @Test
  void sumsOfFactorsOfRowsAndParts() {
    check(new Case(1, 1, 32, 24, 3, 1, 1, 2 * 24), false, true);
    check(new Case(2, 1, 24, 70, 3, 1, 2, 3 * 70), true, true);
    check(new Case(2, 2, 32, 24, 3, 1, 4, 24), false, true);
  }

  @Test
  void whatNoAlgorithmAddsUpIsPacked() {
    check(new Case(2, 1, 24, 16, 3, 2, 3, 1), true, false);
    check(new Case(1, 1, 24, 16, 1, 1, 3, 1), false, false);
    check(new Case(1, 1, 24, 16, 3, 1, 2, 24), true, false); // parts of a row of the filter
  }

  private static void check(Case c, boolean residual, boolean sums) {
    Graph graph = graph(c, residual, false);
    Map<String, Tensor> inputs = inputs(graph, false);
    float[] want = Interpreter.run(graph, inputs).get("y").toFloats();
    float most = 0;
    Graph positive = graph(c, residual, true);
    for (float sum : Interpreter.run(positive, inputs(positive, true)).get("y").toFloats()) {
      most = Math.max(most, sum);
    }
    float bound = (float) (4 * GROWTH * Math.sqrt(c.depth() + c.experts + 2) * most * 0x1p-24);
    for (Backend backend : ConvConformance.backends()) {
      float[] apart = run(graph, inputs, backend, 1, Fusing.NEVER, false);
      assertThat(apart)
          .as("%s apart, %s", c, backend.name())
          .containsExactly(want, Offset.offset(bound));
      boolean joined = sums && backend.name().equals("native");
      float[] one = run(graph, inputs, backend, 1, Fusing.always(0), joined);
      assertThat(one).as("%s, %s", c, backend.name()).containsExactly(want, Offset.offset(bound));
      assertThat(run(graph, inputs, backend, 2, Fusing.always(0), joined))
          .as("%s on two threads, %s", c, backend.name())
          .isEqualTo(one);
    }
  }

  private static float[] run(
      Graph graph,
      Map<String, Tensor> inputs,
      Backend backend,
      int threads,
      Fusing fusing,
      boolean summed) {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(threads)) {
      Planner.Means means = new Planner.Means(List.of(backend), backend.name(), threads);
      Plan plan = new Planner(PlanRun.memory(arena), means, fusing).plan(graph);
      assertThat(plan.steps().getLast().recipe() instanceof Recipe.Summed).isEqualTo(summed);
      PlanRun run = new PlanRun(plan, inputs, arena);
      run.run(workers); // what a run leaves behind is nothing to the next
      return run.run(workers).outputs().get("y");
    }
  }

  private static Graph graph(Case c, boolean residual, boolean positive) {
    Random random = new Random(c.hashCode());
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    int columns = Math.toIntExact(c.filter().elements() / c.images);
    Value x = b.input("x", image(c, c.in));
    Value factors =
        b.input("factors", TensorType.floats(Shape.of(c.images, 1, 1, c.layers * c.experts)));
    Value experts =
        b.constant("experts", random(Shape.of(columns, c.experts, 1, 1), random, positive));
    Value mixed =
        b.add("mix", new Op.Conv(Op.Window.POINT, c.layers, Epilogue.NONE), factors, experts);
    Value filter = b.add("filter", new Op.Reshape(c.filter()), mixed);
    List<Value> in = new ArrayList<>(List.of(x, filter));
    in.add(b.constant("bias", random(Shape.of(c.images * c.out), random, positive)));
    int pad = c.kernel / 2;
    Op.Window window =
        new Op.Window(
            new Size(c.kernel, c.kernel),
            new Size(c.stride, c.stride),
            new Size(1, 1),
            new Padding(pad, pad, pad, pad));
    if (residual) {
      Size out = window.convolution(x.shape(), c.images * c.groups, c.images * c.out).out();
      in.add(
          b.input(
              "residual",
              TensorType.floats(Shape.of(1, out.height(), out.width(), c.images * c.out))));
    }
    Epilogue epilogue = new Epilogue(true, residual, Activation.none());
    b.output(
        "y",
        b.add(
            "conv", new Op.Conv(window, c.images * c.groups, epilogue), in.toArray(Value[]::new)));
    return b.build();
  }

  private static TensorType image(Case c, int channels) {
    return TensorType.floats(Shape.of(1, c.size().height(), c.size().width(), c.images * channels));
  }

  private static Map<String, Tensor> inputs(Graph graph, boolean positive) {
    Random random = new Random(7);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(v -> inputs.put(v.name(), random(v.shape(), random, positive)));
    return inputs;
  }

  private static Tensor random(Shape shape, Random random, boolean positive) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      float value = 2 * random.nextFloat() - 1;
      values[i] = positive ? Math.abs(value) : value;
    }
    return Tensor.of(shape, values);
  }
}
