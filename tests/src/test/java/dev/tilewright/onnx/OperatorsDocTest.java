package dev.tilewright.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/operators.md says what the importer can do, no more and no less. */
class OperatorsDocTest {
  private static final Pattern LINE = Pattern.compile("\\| ([\\w.]+) \\| (\\d+)-(\\d+) \\|.*");

  @Test
  void listsExactlyTheImportersTable() throws IOException {
    List<String> listed =
        Files.readAllLines(page()).stream()
            .map(LINE::matcher)
            .filter(Matcher::matches)
            .map(m -> m.group(1) + " " + m.group(2) + "-" + m.group(3))
            .toList();
    List<String> imported =
        ImportTable.rows().stream().map(r -> r.op() + " " + r.first() + "-" + r.last()).toList();
    assertThat(listed).containsExactlyInAnyOrderElementsOf(imported);
  }

  /** Tests run in their module's folder, or in the root of the project. */
  private static Path page() {
    Path page = Path.of("docs/operators.md");
    return Files.exists(page) ? page : Path.of("..").resolve(page);
  }
}
