package dev.tilewright.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Workers;
import dev.tilewright.backend.Backend;
import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvConformance;
import dev.tilewright.conv.ConvShape;
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

/** Filters that appear in a run, one for each of many groups: done in pieces of a few groups. */
class ComputedWeightsTest {
  /** The largest of the Winograd transforms that are used (docs/numerics.md). */
  private static final double GROWTH = 46;

  @Test
  void piecesAreSumsOfTheirOwnFilters() {
    check(new ConvShape(1, 4, 4 * 64, 4 * 64, size(13), size(3), size(1), size(1), pad(1)), true);
    check(new ConvShape(2, 6, 6 * 48, 6 * 56, size(9), size(3), size(2), size(1), pad(1)), false);
    check(new ConvShape(1, 3, 3 * 72, 3 * 80, size(11), size(3), size(1), size(2), pad(2)), true);
    check(new ConvShape(1, 8, 8 * 160, 8 * 120, size(7), size(1), size(1), size(1), pad(0)), false);
  }

  @Test
  void smallFiltersAndThoseOfOneGroupStayWhole() {
    assertThat(pieces(1, 256, 256)).isOne();
    assertThat(pieces(512, 1, 1)).isOne();
    assertThat(pieces(4, 128, 128)).isEqualTo(4);
    assertThat(pieces(6, 64, 64)).isEqualTo(2);
    assertThat(pieces(7, 64, 64)).isEqualTo(7); // nothing else divides them
  }

  private static int pieces(int groups, int in, int out) {
    ConvShape shape =
        new ConvShape(
            1, groups, groups * in, groups * out, size(28), size(3), size(1), size(1), pad(1));
    return ComputedWeights.pieces(shape, Shape.of(groups * out, in, 3, 3));
  }

  private static void check(ConvShape s, boolean residual) {
    int depth = s.inChannels() / s.groups() * s.kernel().height() * s.kernel().width();
    Shape filter =
        Shape.of(
            s.outChannels(), s.inChannels() / s.groups(), s.kernel().height(), s.kernel().width());
    assertThat(ComputedWeights.pieces(s, filter)).isGreaterThan(1);
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put("x", Shape.of(s.batch(), s.in().height(), s.in().width(), s.inChannels()));
    shapes.put("filter", filter);
    shapes.put("bias", Shape.of(s.outChannels()));
    if (residual) {
      shapes.put(
          "residual", Shape.of(s.batch(), s.out().height(), s.out().width(), s.outChannels()));
    }
    Graph graph = graph(s, shapes);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    Map<String, Tensor> magnitudes = new LinkedHashMap<>();
    Random random = new Random(depth);
    shapes.forEach((name, shape) -> {
      float[] values = new float[Math.toIntExact(shape.elements())];
      float[] positive = new float[values.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = 2 * random.nextFloat() - 1;
        positive[i] = Math.abs(values[i]);
      }
      inputs.put(name, Tensor.of(shape, values));
      magnitudes.put(name, Tensor.of(shape, positive));
    });
    float[] want = Interpreter.run(graph, inputs).get("y").toFloats();
    float most = 0;
    for (float sum : Interpreter.run(graph, magnitudes).get("y").toFloats()) {
      most = Math.max(most, sum);
    }
    float bound = (float) (4 * GROWTH * Math.sqrt(depth + 2) * most * 0x1p-24);
    for (Backend backend : ConvConformance.backends()) {
      float[] one = run(graph, inputs, backend, 1);
      assertThat(one).as(s.key()).containsExactly(want, Offset.offset(bound));
      assertThat(run(graph, inputs, backend, 2)).as(s.key()).isEqualTo(one);
    }
  }

  private static float[] run(
      Graph graph, Map<String, Tensor> inputs, Backend backend, int threads) {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(threads)) {
      Planner.Means means = new Planner.Means(List.of(backend), backend.name(), threads);
      Plan plan = new Planner(PlanRun.memory(arena), means).plan(graph);
      assertThat(plan.steps().getLast().choice().reason()).contains(" pieces, packed in every run");
      PlanRun run = new PlanRun(plan, inputs, arena);
      run.run(workers); // what a run leaves in the packed weights is nothing to the next
      return run.run(workers).outputs().get("y");
    }
  }

  private static Graph graph(ConvShape s, Map<String, Shape> shapes) {
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    List<Value> in = new ArrayList<>();
    shapes.forEach((name, shape) -> in.add(b.input(name, TensorType.floats(shape))));
    Op.Window window = new Op.Window(s.kernel(), s.stride(), s.dilation(), s.pad());
    Epilogue epilogue = new Epilogue(true, in.size() == 4, Activation.none());
    b.output(
        "y", b.add("conv", new Op.Conv(window, s.groups(), epilogue), in.toArray(Value[]::new)));
    return b.build();
  }

  private static Size size(int length) {
    return new Size(length, length);
  }

  private static Padding pad(int zeros) {
    return new Padding(zeros, zeros, zeros, zeros);
  }
}
