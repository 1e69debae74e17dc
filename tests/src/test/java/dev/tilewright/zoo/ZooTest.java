package dev.tilewright.zoo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.graph.Graph;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.op.Operators;
import dev.tilewright.pass.Passes;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.block.RepVggBlock;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.Parameter;
import dev.tilewright.zoo.build.RuleException;
import dev.tilewright.zoo.build.WeightSource;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for all that the zoo can build. */
class ZooTest {
  private static final WeightSource SEEDED = WeightSource.seeded(1);

  static Stream<Zoo.Entry> entries() {
    return Stream.concat(Zoo.blocks().stream(), Zoo.networks().stream());
  }

  @Test
  void namesAreUniqueAndFound() {
    Set<String> names = new HashSet<>();
    entries()
        .forEach(entry -> {
          assertThat(names.add(entry.name())).as(entry.name()).isTrue();
          assertThat(Zoo.find(entry.name())).isSameAs(entry);
          assertThat(entry.name()).matches("[a-z0-9-]+");
        });
    assertThatThrownBy(() -> Zoo.find("resnet51"))
        .isInstanceOf(RuleException.class)
        .hasMessageContaining("resnet51");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("entries")
  void importsWithTheShapesAndTheWorkItStates(Zoo.Entry entry) {
    Blueprint blueprint = entry.blueprint();
    OnnxModel model = OnnxModel.read(MemorySegment.ofArray(blueprint.file(SEEDED)));
    Graph graph = OnnxImporter.graph(model, blueprint.inputs(), Operators::evaluate);
    blueprint
        .outputs()
        .forEach((name, type) -> assertThat(graph.outputs().get(name).type()).isEqualTo(type));
    assertThat(blueprint.macs()).isEqualTo(graph.macs());
    assertThat(blueprint.parameters()).isPositive();
  }

  @Test
  void whatIsTrainedInPartsRunsAsOneFilter() {
    long dense = 128L * 128 * 9 * 28 * 28;
    for (String name : List.of("doconv", "dbb", "repvgg-block")) {
      Blueprint blueprint = Zoo.find(name).blueprint();
      OnnxModel model = OnnxModel.read(MemorySegment.ofArray(blueprint.file(SEEDED)));
      Graph graph = OnnxImporter.graph(model, blueprint.inputs(), Operators::evaluate);
      assertThat(Passes.standard(graph, Operators::evaluate).macs()).as(name).isEqualTo(dense);
    }
  }

  @Test
  void countsWhatIsPublished() {
    Map<String, Long> parameters =
        Map.of(
            "resnet18", 11_689_512L,
            "resnet34", 21_797_672L,
            "resnet50", 25_557_032L,
            "resnet101", 44_549_160L,
            "resnet152", 60_192_808L);
    parameters.forEach((name, count) ->
        assertThat(Zoo.find(name).blueprint().parameters()).as(name).isEqualTo(count));
    Map<String, Long> millions = Map.of("resnet50", 4_089L);
    millions.forEach((name, count) ->
        assertThat(Zoo.find(name).blueprint().macs() / 1_000_000).as(name).isEqualTo(count));
  }

  @Test
  void weightsAreTheSameForTheSameSeedOnly() {
    Blueprint blueprint = Blueprint.of(new RepVggBlock(4), Shape.of(1, 4, 5, 5));
    assertThat(blueprint.file(SEEDED)).isEqualTo(blueprint.file(WeightSource.seeded(1)));
    assertThat(blueprint.file(SEEDED)).isNotEqualTo(blueprint.file(WeightSource.seeded(2)));
  }

  @Test
  void takesGivenWeightsAllOfThemAndNoOthers() {
    Blueprint blueprint = Blueprint.of(new RepVggBlock(4), Shape.of(1, 4, 5, 5));
    List<Parameter> wanted = blueprint.weights();
    Map<String, Tensor> given = new HashMap<>(SEEDED.weights(wanted));
    assertThat(blueprint.file(WeightSource.given(given))).isEqualTo(blueprint.file(SEEDED));

    given.put("b9.weight", Tensor.of(Shape.of(1), 0));
    refuses(blueprint, given, "b9.weight");
    given.remove("b9.weight");
    given.remove("c3.weight");
    refuses(blueprint, given, "c3.weight");
    given.put("c3.weight", Tensor.of(Shape.of(1), 0));
    refuses(blueprint, given, "[4x4x3x3]");
  }

  private static void refuses(Blueprint blueprint, Map<String, Tensor> given, String what) {
    assertThatThrownBy(() -> blueprint.file(WeightSource.given(given)))
        .isInstanceOf(RuleException.class)
        .hasMessageContaining(what);
  }
}
