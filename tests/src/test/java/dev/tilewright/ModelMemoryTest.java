package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Value;
import dev.tilewright.onnx.ResidualNetwork;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How close arenas come to what is alive at once, and what models give back between plans. */
class ModelMemoryTest {
  private static final SessionOptions OPTIONS = new SessionOptions(1, "auto");

  @Test
  void arenasOfSharedModelsAreWithinFivePercentOfTheBound() {
    KnownModels.shared().forEach(ModelMemoryTest::check);
  }

  @Test
  void arenasOfTheModelsOnTheClassPathAreWithinFivePercentOfTheBound() {
    KnownModels.ofTheClassPath().forEach(ModelMemoryTest::check);
  }

  @Test
  void arenaOfResNet50IsWithinFivePercentOfTheBound() {
    check(new KnownModels.Known("resnet50", ResidualNetwork.resnet50(), List.of()));
  }

  private static void check(KnownModels.Known known) {
    try (Model model = Model.of(known.bytes())) {
      for (SessionOptions options : options()) {
        Plan plan = model.plan(known.shapes(model), options);
        System.out.printf(
            Locale.ROOT,
            "%-32s %d thread(s) %,12d bytes, %5.1f %% of the bound, %d step(s) in place%n",
            known,
            options.threads(),
            plan.arenaBytes(),
            100.0 * plan.arenaBytes() / plan.lowerBoundBytes(),
            plan.steps().stream().filter(plan::isInPlace).count());
        assertThat((double) plan.arenaBytes())
            .as("arena of %s", known)
            .isBetween(1.0 * plan.lowerBoundBytes(), 1.05 * plan.lowerBoundBytes());
      }
    }
  }

  private static List<SessionOptions> options() {
    SessionOptions defaults = SessionOptions.defaults();
    return Stream.of(1, 2).map(defaults::threads).toList();
  }

  /** Weights that were folded and then packed take no memory twice, and nobody notices. */
  @Test
  void clearedConstantsAreNotMissed() {
    Backends.require("native"); // it brings the pages that can be given back
    long most = 0;
    for (KnownModels.Known known : KnownModels.ofTheClassPath()) {
      try (Model model = Model.of(known.bytes())) {
        Map<String, Shape> small = shapes(known, model, 64);
        Map<String, Shape> large = shapes(known, model, 96);
        Map<String, float[]> first = run(model, small);
        long cleared = model.clearedBytes();
        most = Math.max(most, cleared);
        assertThat(run(model, large))
            .as(known.name())
            .usingRecursiveComparison()
            .isEqualTo(ofAnother(known, large));
        assertThat(model.clearedBytes()).as("of a second plan").isEqualTo(cleared);
        assertThat(run(model, small)).as(known.name()).usingRecursiveComparison().isEqualTo(first);

        Graph graph = model.graph(small);
        assertThat(model.clearedBytes()).as("of what has been shown").isZero();
        run(model, shapes(known, model, 128));
        assertThat(model.clearedBytes()).as("of what has been shown").isZero();
        try (Model another = Model.of(known.bytes())) {
          compareConstants(graph, another.graph(small));
        }
      }
    }
    assertThat(most).as("bytes of a model's constants").isGreaterThan(1 << 20);
  }

  private static void compareConstants(Graph graph, Graph expected) {
    List<Value> values = List.copyOf(expected.constants().keySet());
    assertThat(graph.constants().keySet())
        .extracting(Value::name)
        .containsExactlyElementsOf(values.stream().map(Value::name).toList());
    Map<String, Tensor> own = new HashMap<>();
    graph.constants().forEach((value, tensor) -> own.put(value.name(), tensor));
    expected
        .constants()
        .forEach((value, tensor) ->
            assertThat(own.get(value.name()).data().mismatch(tensor.data()))
                .as(value.name())
                .isEqualTo(-1));
  }

  private static Map<String, float[]> ofAnother(
      KnownModels.Known known, Map<String, Shape> shapes) {
    try (Model model = Model.of(known.bytes())) {
      return run(model, shapes);
    }
  }

  private static Map<String, Shape> shapes(KnownModels.Known known, Model model, int width) {
    int height = Math.min(64, known.open().get(2));
    return Map.of(model.inputs().getFirst().name(), Shape.of(1, 3, height, width));
  }

  private static Map<String, float[]> run(Model model, Map<String, Shape> shapes) {
    Random random = new Random(5);
    Map<String, Tensor> inputs = new HashMap<>();
    shapes.forEach((name, shape) -> {
      float[] values = new float[(int) shape.elements()];
      for (int i = 0; i < values.length; i++) {
        values[i] = random.nextFloat() - 0.5f;
      }
      inputs.put(name, Tensor.of(shape, values));
    });
    Map<String, float[]> outputs = new HashMap<>();
    try (Session session = model.session(OPTIONS)) {
      session.run(inputs).forEach((name, tensor) -> outputs.put(name, tensor.toFloats()));
    }
    return outputs;
  }
}
