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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for all that the zoo can build. */
class ZooTest {
  private static final WeightSource SEEDED = WeightSource.seeded(1);

  static Stream<Zoo.Entry> entries() {
    return Entries.all();
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

  /** Those whose outputs' sizes do not depend on data. */
  static Stream<Zoo.Entry> fixed() {
    return entries().filter(entry -> !entry.name().contains("rcnn"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fixed")
  void importsWithTheShapesAndTheWorkItStates(Zoo.Entry entry) {
    Blueprint blueprint = Entries.small(entry);
    OnnxModel model = blueprint.onnx(ZooTest::zeros);
    Graph graph = OnnxImporter.graph(model, blueprint.inputs(), Operators::evaluate);
    blueprint
        .outputs()
        .forEach((name, type) -> assertThat(graph.outputs().get(name).type()).isEqualTo(type));
    assertThat(blueprint.macs()).isEqualTo(graph.macs());
  }

  /** Boxes are of one image, and a filter is for all of a batch. */
  static Stream<Zoo.Entry> ofImages() {
    List<String> others = List.of("roi-align", "conv-computed");
    return entries().filter(entry -> !others.contains(entry.name()));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("ofImages")
  void aBatchIsAsMuchWorkAsItsImages(Zoo.Entry entry) {
    Shape[] pairs = entry.inputs().stream().map(ZooTest::twice).toArray(Shape[]::new);
    Blueprint batch = Blueprint.of(entry.block().get(), pairs);
    Blueprint single = entry.blueprint();
    assertThat(batch.macs()).isEqualTo(2 * single.macs());
    assertThat(batch.weights()).isEqualTo(single.weights());
  }

  private static Shape twice(Shape input) {
    List<Integer> dims = new ArrayList<>(input.dims());
    dims.set(0, 2 * dims.getFirst());
    return new Shape(dims);
  }

  /** What takes no time to draw, where shapes alone are looked at. */
  private static Map<String, Tensor> zeros(List<Parameter> parameters) {
    return parameters.stream()
        .collect(
            Collectors.toMap(
                Parameter::name,
                parameter ->
                    Tensor.of(parameter.shape(), new float[(int) parameter.shape().elements()])));
  }

  @Test
  void whatIsTrainedInPartsRunsAsOneFilter() {
    long dense = 128L * 128 * 9 * 28 * 28;
    for (String name : List.of("doconv", "psconv", "dbb", "acb", "repvgg-block")) {
      Blueprint blueprint = Zoo.find(name).blueprint();
      OnnxModel model = OnnxModel.read(MemorySegment.ofArray(blueprint.file(SEEDED)));
      Graph graph = OnnxImporter.graph(model, blueprint.inputs(), Operators::evaluate);
      assertThat(Passes.standard(graph, Operators::evaluate).macs()).as(name).isEqualTo(dense);
    }
  }

  @Test
  void countsTheParametersThatArePublished() {
    Map<String, Long> published =
        Map.ofEntries(
            Map.entry("alexnet", 60_965_224L),
            Map.entry("vgg11", 132_863_336L),
            Map.entry("vgg13", 133_047_848L),
            Map.entry("vgg16", 138_357_544L),
            Map.entry("vgg19", 143_667_240L),
            Map.entry("vgg16-bn", 138_365_992L),
            Map.entry("googlenet", 6_624_904L),
            Map.entry("inception-v1", 6_998_552L),
            Map.entry("inception-v3", 23_834_568L),
            Map.entry("oct-resnet50-500", 25_557_032L),
            Map.entry("res2net50", 25_699_120L),
            Map.entry("repvgg-a0", 9_108_968L),
            Map.entry("repvgg-a1", 14_092_264L),
            Map.entry("repvgg-a2", 28_210_600L),
            Map.entry("repvgg-b0", 15_817_960L),
            Map.entry("repvgg-b1", 57_415_016L),
            Map.entry("inception-v4", 42_679_816L),
            Map.entry("resnet18", 11_689_512L),
            Map.entry("resnet34", 21_797_672L),
            Map.entry("resnet50", 25_557_032L),
            Map.entry("resnet101", 44_549_160L),
            Map.entry("resnet152", 60_192_808L),
            Map.entry("resnext50-32x4d", 25_028_904L),
            Map.entry("resnext101-32x8d", 88_791_336L),
            Map.entry("se-resnet50", 28_088_024L),
            Map.entry("resnest50", 27_483_240L),
            Map.entry("resnest101", 48_275_016L),
            Map.entry("densenet121", 7_978_856L),
            Map.entry("densenet161", 28_681_000L),
            Map.entry("densenet169", 14_149_480L),
            Map.entry("densenet201", 20_013_928L),
            Map.entry("convnext-tiny", 28_589_128L),
            Map.entry("convnext-small", 50_223_688L),
            Map.entry("squeezenet1-0", 1_248_424L),
            Map.entry("squeezenet1-1", 1_235_496L),
            Map.entry("mobilenet-v1", 4_231_976L),
            Map.entry("mobilenet-v2", 3_504_872L),
            Map.entry("mobilenet-v3-small", 2_542_856L),
            Map.entry("mobilenet-v3-large", 5_483_032L),
            Map.entry("mnasnet0-5", 2_218_512L),
            Map.entry("mnasnet1-0", 4_383_312L),
            Map.entry("shufflenet-v2-x0-5", 1_366_792L),
            Map.entry("shufflenet-v2-x1-0", 2_278_604L),
            Map.entry("shufflenet-v2-x2-0", 7_393_996L),
            Map.entry("efficientnet-b0", 5_288_548L),
            Map.entry("efficientnet-b1", 7_794_184L),
            Map.entry("efficientnet-b2", 9_109_994L),
            Map.entry("efficientnet-b3", 12_233_232L),
            Map.entry("efficientnet-b4", 19_341_616L),
            Map.entry("efficientnet-b5", 30_389_784L),
            Map.entry("efficientnet-b6", 43_040_704L),
            Map.entry("efficientnet-b7", 66_347_960L),
            Map.entry("regnet-x-400mf", 5_495_976L),
            Map.entry("regnet-x-800mf", 7_259_656L),
            Map.entry("regnet-x-1-6gf", 9_190_136L),
            Map.entry("regnet-x-3-2gf", 15_296_552L),
            Map.entry("regnet-x-8gf", 39_572_648L),
            Map.entry("regnet-y-400mf", 4_344_144L),
            Map.entry("regnet-y-800mf", 6_432_512L),
            Map.entry("regnet-y-1-6gf", 11_202_430L),
            Map.entry("regnet-y-3-2gf", 19_436_338L),
            Map.entry("vit-ti-16", 5_717_416L),
            Map.entry("vit-b-16", 86_567_656L),
            Map.entry("vit-b-32", 88_224_232L),
            Map.entry("vit-l-16", 304_326_632L),
            Map.entry("swin-t", 28_288_354L),
            Map.entry("swin-s", 49_606_258L),
            Map.entry("swin-b", 87_768_224L),
            Map.entry("swin-l", 196_532_476L),
            Map.entry("mixer-b-16", 59_880_472L),
            Map.entry("mixer-l-16", 208_196_168L),
            Map.entry("hrnetv2-w48", 65_859_379L),
            Map.entry("faster-rcnn-resnet50-fpn", 41_755_286L),
            Map.entry("mask-rcnn-resnet50-fpn", 44_401_393L),
            Map.entry("keypoint-rcnn-resnet50-fpn", 59_137_258L),
            Map.entry("unext", 1_471_921L));
    published.forEach((name, count) ->
        assertThat(Zoo.find(name).blueprint().parameters()).as(name).isEqualTo(count));
  }

  /** To the digit that torchvision, the catalogue and papers print, in thousandths of 10^9. */
  @Test
  void countsTheMultiplyAddsThatArePublished() {
    Map<String, Long> published =
        Map.ofEntries(
            Map.entry("alexnet", 724L),
            Map.entry("vgg11", 7_609L),
            Map.entry("vgg13", 11_308L),
            Map.entry("vgg16", 15_470L),
            Map.entry("vgg19", 19_632L),
            Map.entry("googlenet", 1_498L),
            Map.entry("inception-v1", 1_583L),
            Map.entry("inception-v3", 5_713L),
            Map.entry("do-resnet50", 4_089L),
            Map.entry("oct-resnet50-125", 3_565L),
            Map.entry("oct-resnet50-250", 3_104L),
            Map.entry("oct-resnet50-500", 2_367L),
            Map.entry("res2net50", 4_255L),
            Map.entry("inception-v4", 12_254L),
            Map.entry("resnet18", 1_814L),
            Map.entry("resnet34", 3_664L),
            Map.entry("resnet50", 4_089L),
            Map.entry("resnet101", 7_801L),
            Map.entry("resnet152", 11_514L),
            Map.entry("resnext50-32x4d", 4_230L),
            Map.entry("resnext101-32x8d", 16_414L),
            Map.entry("sk-resnet50", 4_463L),
            Map.entry("resnest50", 5_371L),
            Map.entry("densenet121", 2_834L),
            Map.entry("densenet161", 7_728L),
            Map.entry("densenet169", 3_360L),
            Map.entry("densenet201", 4_291L),
            Map.entry("convnext-tiny", 4_456L),
            Map.entry("convnext-small", 8_684L),
            Map.entry("squeezenet1-0", 819L),
            Map.entry("squeezenet1-1", 349L),
            Map.entry("mobilenet-v1", 569L),
            Map.entry("mobilenet-v2", 301L),
            Map.entry("mobilenet-v3-small", 57L),
            Map.entry("mobilenet-v3-large", 217L),
            Map.entry("mnasnet0-5", 104L),
            Map.entry("mnasnet1-0", 314L),
            Map.entry("shufflenet-v2-x0-5", 40L),
            Map.entry("shufflenet-v2-x1-0", 145L),
            Map.entry("shufflenet-v2-x2-0", 583L),
            Map.entry("efficientnet-b0", 386L),
            Map.entry("efficientnet-b1", 687L),
            Map.entry("efficientnet-b3", 1_827L),
            Map.entry("efficientnet-b4", 4_394L),
            Map.entry("efficientnet-b5", 10_266L),
            Map.entry("efficientnet-b6", 19_068L),
            Map.entry("efficientnet-b7", 37_746L),
            Map.entry("regnet-x-400mf", 414L),
            Map.entry("regnet-x-800mf", 800L),
            Map.entry("regnet-x-1-6gf", 1_603L),
            Map.entry("regnet-x-3-2gf", 3_177L),
            Map.entry("regnet-x-8gf", 7_995L),
            Map.entry("regnet-y-400mf", 402L),
            Map.entry("regnet-y-800mf", 834L),
            Map.entry("regnet-y-1-6gf", 1_612L),
            Map.entry("regnet-y-3-2gf", 3_176L),
            Map.entry("vit-b-16", 17_564L),
            Map.entry("vit-b-32", 4_409L),
            Map.entry("vit-l-16", 61_555L),
            Map.entry("swin-t", 4_491L),
            Map.entry("swin-b", 15_431L),
            Map.entry("mixer-b-16", 12_602L),
            Map.entry("swin-mlp-t", 4_027L),
            Map.entry("unext", 562L));
    published.forEach((name, count) ->
        assertThat(Math.round(Zoo.find(name).blueprint().macs() / 1e6)).as(name).isEqualTo(count));
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
