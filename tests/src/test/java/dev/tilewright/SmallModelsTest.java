package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Small models of every kind of layer and block, against results of an independent framework. */
class SmallModelsTest {
  /** For JVMs that are too slow to run them all. */
  private static final String SELECTED = System.getProperty("tilewright.test.fixtures", "");

  static List<Fixture> fixtures() throws URISyntaxException {
    List<Fixture> fixtures = Fixture.bundled();
    assertThat(fixtures).hasSizeGreaterThan(50);
    return fixtures.stream().filter(f -> f.name().contains(SELECTED)).toList();
  }

  static Stream<org.junit.jupiter.params.provider.Arguments> fixturesAndBackends()
      throws URISyntaxException {
    return fixtures().stream()
        .flatMap(f ->
            Stream.of("auto", "vector", "native", "reference")
                .filter(b -> System.getProperty("tilewright.test.backends", b).contains(b))
                .map(b -> org.junit.jupiter.params.provider.Arguments.of(f, b)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("fixturesAndBackends")
  void agreesWithFramework(Fixture fixture, String backend) throws IOException {
    Backends.require(backend);
    fixture.check(run(fixture, backend));
  }

  /** Not part of the project, so only counted: what loads must agree, the rest must say why. */
  @Test
  @DisabledIfSystemProperty(named = "tilewright.test.fixtures", matches = ".+")
  void allKnownCasesAgreeOrNameWhatTheyLack() throws IOException {
    List<Fixture> cases = Fixture.below(Shared.require("variants/fixtures"));
    List<String> lacking = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    for (Fixture fixture : cases) {
      try {
        fixture.check(run(fixture, "auto"));
      } catch (UnsupportedModelException e) {
        lacking.add(fixture.name() + ": " + e.missing());
      } catch (RuntimeException | AssertionError e) {
        wrong.add(fixture.name() + ": " + e);
      }
    }
    System.out.printf(
        java.util.Locale.ROOT,
        "shared fixtures: %d agree, %d lack an operator, %d are wrong%n",
        cases.size() - lacking.size() - wrong.size(),
        lacking.size(),
        wrong.size());
    lacking.forEach(l -> System.out.println("  lacks " + l));
    assertThat(wrong).isEmpty();
  }

  private static Map<String, Tensor> run(Fixture fixture, String backend) throws IOException {
    try (Model model = Model.of(fixture.model());
        Session session = model.session(new SessionOptions(2, backend))) {
      return session.run(fixture.inputs());
    }
  }
}
