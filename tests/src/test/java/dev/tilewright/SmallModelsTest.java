package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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

  private static Map<String, Tensor> run(Fixture fixture, String backend) throws IOException {
    try (Model model = Model.of(fixture.model());
        Session session = model.session(new SessionOptions(2, backend))) {
      return session.run(fixture.inputs());
    }
  }
}
