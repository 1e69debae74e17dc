package dev.tilewright;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The model format's own tests, as Debian packages them (libonnx-testdata), imported, planned and
 * run. Part of the report is a smaller table: the cases whose operators are all ones that
 * convolutional networks use, or that docs/operators.md claims.
 */
class ConformanceTest {
  private static final Path DATA = Path.of("/usr/share/libonnx-testdata/data");

  private static final Pattern CLAIMED = Pattern.compile("\\| (\\w+) \\| \\d+-\\d+ \\|.*");

  @Test
  void agreesOrIsOnTheListWithAReason() throws IOException {
    if (!Files.exists(DATA)) {
      Shared.skip("no " + DATA + ": apt-get install libonnx-testdata");
    }
    List<Outcome> outcomes = new ArrayList<>();
    for (String group : List.of("node", "pytorch-converted", "pytorch-operator", "simple")) {
      for (BackendCase one : BackendCase.of(DATA, group)) {
        outcomes.add(one.outcome());
      }
    }
    assertThat(outcomes).hasSizeGreaterThan(1000);
    Expectations known = Expectations.of("/conformance/expected.txt");
    Set<String> scope = scope();
    List<Outcome> inScope =
        outcomes.stream().filter(o -> scope.containsAll(o.operators())).toList();
    OutcomeReport counts =
        new OutcomeReport()
            .groups("ONNX conformance, all cases", outcomes)
            .groups("ONNX conformance, operators of convolutional networks", inScope);
    counts.print();
    counts.operators("by operator, all cases", outcomes).rest(known, outcomes);
    counts.write("conformance.txt");
    assertThat(known.contradictions(outcomes)).isEmpty();
  }

  /** What docs/operators.md lists, and what exported networks contain. */
  private static Set<String> scope() throws IOException {
    Set<String> scope = new HashSet<>();
    try (InputStream in = ConformanceTest.class.getResourceAsStream("/conformance/operators.txt")) {
      new String(Objects.requireNonNull(in).readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .forEach(scope::add);
    }
    Path page = Path.of("docs/operators.md");
    for (String line :
        Files.readAllLines(Files.exists(page) ? page : Path.of("..").resolve(page))) {
      Matcher matcher = CLAIMED.matcher(line);
      if (matcher.matches()) {
        scope.add(matcher.group(1));
      }
    }
    return scope;
  }
}
