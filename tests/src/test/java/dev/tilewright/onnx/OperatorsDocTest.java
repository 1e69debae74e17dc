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

  /** Of the table's switch, which nothing but its source can be asked for all of. */
  private static final Pattern CASE = Pattern.compile(" +case \"([\\w.]+)\" ->.*");

  @Test
  void listsExactlyTheImportersTable() throws IOException {
    List<String> listed =
        Files.readAllLines(find("docs/operators.md")).stream()
            .map(LINE::matcher)
            .filter(Matcher::matches)
            .map(m -> m.group(1) + " " + m.group(2) + "-" + m.group(3))
            .toList();
    Path table = find("runtime/src/main/java/dev/tilewright/onnx/ImportTable.java");
    List<String> imported =
        Files.readAllLines(table).stream()
            .map(CASE::matcher)
            .filter(Matcher::matches)
            .flatMap(m -> ImportTable.lines(m.group(1)).stream())
            .map(r -> r.op() + " " + r.first() + "-" + r.last())
            .toList();
    assertThat(listed).containsExactlyInAnyOrderElementsOf(imported);
  }

  /** Tests run in their module's folder, or in the root of the project. */
  private static Path find(String file) {
    Path path = Path.of(file);
    return Files.exists(path) ? path : Path.of("..").resolve(path);
  }
}
