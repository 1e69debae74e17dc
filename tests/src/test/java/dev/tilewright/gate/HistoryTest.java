package dev.tilewright.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HistoryTest {
  @TempDir private Path dir = Path.of("");

  @Test
  void findsTheRevisionThatMadeItSlower() throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 30; i++) {
      double micros = (i < 18 ? 100 : 106) * (1 + 0.005 * random.nextGaussian());
      History.append(dir, new History.Entry("r" + i, "here", Map.of("b", micros)));
      History.append(dir, new History.Entry("r" + i, "elsewhere", Map.of("b", 5.0)));
    }
    List<History.Series> series = History.series(History.read(dir, "here"));
    assertThat(series).hasSize(1);
    assertThat(series.getFirst().changes()).containsExactly(18);
    assertThat(series.getFirst().change(0)).isCloseTo(0.06, within(0.005));
    assertThat(History.notes(series).getFirst().text()).contains("at r18");
    assertThat(History.series(History.read(dir, "elsewhere")).getFirst().changes()).isEmpty();
  }

  @Test
  void isDrawnWithoutTrustingItsText() throws IOException {
    Random random = new Random(1);
    for (int i = 0; i < 12; i++) {
      double micros = i < 6 ? 10 : 20 + random.nextDouble();
      History.append(dir, new History.Entry("<b>" + i, "here", Map.of("<script>", micros)));
    }
    Report report = Report.of("t", List.of(), List.of());
    String page = HtmlReport.of(report, History.series(History.read(dir, "here")));
    assertThat(page)
        .contains("&lt;script&gt;", "&lt;b&gt;6", "class=\"change slower\"")
        .doesNotContain("<script", "<b>6");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}",
        "{\"revision\": \"r\", \"machine\": \"m\", \"micros\": {\"b\": -1}}",
        "{\"revision\": \"r\", \"machine\": \"m\", \"micros\": {\"b\": null}}",
      })
  void refusesOtherLines(String line) throws IOException {
    Files.writeString(dir.resolve("a.jsonl"), line + "\n");
    assertThatThrownBy(() -> History.read(dir, "m"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a.jsonl, line 1");
  }
}
