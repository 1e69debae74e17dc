package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Operators, blocks and whole networks with results in double precision, which are not part of the
 * project. A folder may hold several graphs of the same function: as trained, folded, taken apart.
 */
class SharedFixturesTest {
  @Test
  void agreesOrIsOnTheListWithAReason() throws IOException {
    List<Outcome> outcomes = new ArrayList<>();
    for (Fixture fixture : Fixture.all(Shared.require("variants/fixtures"))) {
      Path name = Path.of(fixture.name());
      String kind = name.getName(0).toString();
      String system = kind + "/" + name.getName(1);
      Verdict verdict = Verdict.of(() -> run(fixture));
      outcomes.add(
          new Outcome(
              fixture.name(), kind, system, BackendCase.operators(fixture.model()), verdict));
    }
    Expectations known = Expectations.of("/conformance/expected-fixtures.txt");
    OutcomeReport report = new OutcomeReport().groups("shared fixtures", outcomes);
    report.print();
    report.operators("by system", outcomes).rest(known, outcomes).write("fixtures.txt");
    assertThat(known.contradictions(outcomes)).isEmpty();
  }

  private static void run(Fixture fixture) throws IOException {
    try (Model model = Model.of(fixture.model());
        Session session = model.session(new SessionOptions(1, "auto"))) {
      fixture.check(session.run(fixture.inputs()));
    }
  }
}
