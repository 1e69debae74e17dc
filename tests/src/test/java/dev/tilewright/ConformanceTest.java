package dev.tilewright;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The model format's own tests, as Debian packages them (libonnx-testdata), imported, planned and
 * run. Part of the report are two smaller tables: the cases whose operators are all ones that
 * convolutional networks use, and those whose operators docs/operators.md claims.
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
    OutcomeReport counts =
        new OutcomeReport()
            .groups("ONNX conformance, all cases", outcomes)
            .groups("ONNX conformance, operators of docs/operators.md", within(claimed(), outcomes))
            .groups(
                "ONNX conformance, operators of convolutional networks",
                within(networks(), outcomes));
    counts.print();
    counts.operators("by operator, all cases", outcomes).rest(known, outcomes);
    counts.write("conformance.txt");
    assertThat(known.contradictions(outcomes)).isEmpty();
  }

  private static List<Outcome> within(Set<String> scope, List<Outcome> outcomes) {
    return outcomes.stream().filter(o -> scope.containsAll(o.operators())).toList();
  }

  /** What exported networks contain. */
  private static Set<String> networks() throws IOException {
    try (InputStream in = ConformanceTest.class.getResourceAsStream("/conformance/operators.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .collect(Collectors.toSet());
    }
  }

  /** What docs/operators.md lists. */
  private static Set<String> claimed() throws IOException {
    Set<String> claimed = networks();
    Path page = Path.of("docs/operators.md");
    for (String line :
        Files.readAllLines(Files.exists(page) ? page : Path.of("..").resolve(page))) {
      Matcher matcher = CLAIMED.matcher(line);
      if (matcher.matches()) {
        claimed.add(matcher.group(1));
      }
    }
    return claimed;
  }
}
