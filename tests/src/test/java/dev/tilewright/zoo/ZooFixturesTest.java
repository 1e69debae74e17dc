package dev.tilewright.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Fixture;
import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.Shared;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Blocks and networks of the zoo, built from the parameters of the fixtures and given their
 * weights, compute the fixtures' outputs with as many multiply-adds as the fixtures' models.
 */
class ZooFixturesTest {
  /** To add a block: a line in one of these. */
  private static final List<Map<String, Function<FixtureCase, Block>>> BUILDERS =
      List.of(
          FilterCases.BUILDERS,
          FilterNetworkCases.BUILDERS,
          ClassicCases.BUILDERS,
          CompactCases.BUILDERS,
          TransformerCases.BUILDERS,
          AttentionCases.BUILDERS,
          PyramidCases.BUILDERS,
          DetectorCases.BUILDERS);

  private static final Set<String> KINDS = Set.of("block", "network", "detect", "core");

  @Test
  void agreesWithTheBundledOnes() throws IOException, URISyntaxException {
    assertThat(checked(Fixture.bundledWithZoo())).isGreaterThan(4);
  }

  @Test
  void agreesWithAllOfThem() throws IOException {
    assertThat(checked(Fixture.below(Shared.require("variants/fixtures")))).isGreaterThan(19);
  }

  private static int checked(List<Fixture> fixtures) throws IOException {
    List<String> wrong = new ArrayList<>();
    TreeSet<String> without = new TreeSet<>();
    int count = 0;
    for (Fixture fixture : fixtures) {
      Path kind = Path.of(fixture.name()).getName(0);
      if (!KINDS.contains(kind.toString())) {
        continue;
      }
      FixtureCase one = FixtureCase.of(fixture);
      Function<FixtureCase, Block> builder = builder(one.system());
      if (builder == null) {
        if (!kind.endsWith("core")) { // operators are no builders, but for a few
          without.add(one.system());
        }
        continue;
      }
      count++;
      try {
        check(one, builder.apply(one));
      } catch (RuntimeException | AssertionError e) {
        wrong.add(fixture.name() + ": " + e);
      }
    }
    System.out.println("zoo: no builder for " + without);
    assertThat(wrong).isEmpty();
    return count;
  }

  private static @Nullable Function<FixtureCase, Block> builder(String system) {
    return BUILDERS.stream()
        .filter(builders -> builders.containsKey(system))
        .map(builders -> builders.get(system))
        .findFirst()
        .orElse(null);
  }

  private static void check(FixtureCase one, Block block) throws IOException {
    Fixture fixture = one.fixture();
    Map<String, Tensor> given = fixture.inputs();
    Blueprint blueprint =
        Blueprint.of(block, given.values().stream().map(Tensor::shape).toArray(Shape[]::new));
    byte[] file = blueprint.file(new FixtureWeights(fixture));
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    Iterator<Tensor> next = given.values().iterator();
    blueprint.inputs().keySet().forEach(name -> inputs.put(name, next.next()));
    try (Model model = Model.of(file);
        Session session = model.session(new SessionOptions(1, "auto"))) {
      fixture.checkInOrder(List.copyOf(session.run(inputs).values()));
    }
    if (one.macs() >= 0) {
      assertThat(blueprint.macs()).as(fixture.name() + " multiply-adds").isEqualTo(one.macs());
    }
  }
}
