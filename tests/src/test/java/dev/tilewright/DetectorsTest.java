package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Networks that find objects: what they find, and the work that depends on it. */
class DetectorsTest {
  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"network/faster_rcnn", "network/mask_rcnn", "detect/nms"})
  void agreesWithFramework(String system) throws IOException {
    List<Fixture> fixtures = Fixture.below(Shared.require("variants/fixtures/" + system));
    assertThat(fixtures).isNotEmpty();
    for (Fixture fixture : fixtures) {
      for (String backend : List.of("auto", "vector")) {
        try (Model model = Model.of(fixture.model());
            Session session = model.session(new SessionOptions(2, backend))) {
          Map<String, Tensor> results = session.run(fixture.inputs());
          fixture.check(results);
        }
      }
    }
  }
}
