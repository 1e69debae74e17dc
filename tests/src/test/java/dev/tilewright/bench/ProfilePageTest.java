package dev.tilewright.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Shared;
import dev.tilewright.Timeline;
import dev.tilewright.cli.MemoryChart;
import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Attr;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

class ProfilePageTest {
  private final Profile profile = ProfileCase.of(ProfileCase.HOSTILE);

  private String html() throws IOException {
    Timeline.Stage stage = profile.typical().stages().getLast();
    return ProfilePage.of(profile, List.of(MemoryChart.svg(stage.plan(), ProfileCase.HOSTILE)));
  }

  private static Document parsed(String html)
      throws ParserConfigurationException, SAXException, IOException {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(html)));
  }

  private static List<Element> elements(Document page, String name) {
    NodeList found = page.getElementsByTagName(name);
    return IntStream.range(0, found.getLength()).mapToObj(i -> (Element) found.item(i)).toList();
  }

  private static List<Element> marks(Document page, String name) {
    return elements(page, name).stream().filter(e -> e.hasAttribute("data-l")).toList();
  }

  @Test
  void isWellFormedAndShowsEveryLayerEverywhere() throws Exception {
    Document page = parsed(html());
    int layers = profile.layers().size();
    assertThat(layers).isGreaterThan(2);
    int slices = profile.typical().stages().stream().mapToInt(s -> s.slices().size()).sum();
    assertThat(marks(page, "tr")).hasSize(layers);
    assertThat(marks(page, "rect")).hasSize(layers + slices);
    long multiplying = profile.layers().stream().filter(l -> l.step().macs() > 0).count();
    long estimated = profile.layers().stream().filter(l -> l.step().choice().nanos() > 0).count();
    assertThat(multiplying).isPositive();
    assertThat(marks(page, "circle")).hasSize((int) (multiplying + estimated));
    assertThat(elements(page, "svg")).hasSize(4);
    assertThat(elements(page, "th")).hasSameSizeAs(cells(marks(page, "tr").getFirst()));
  }

  private static List<Element> cells(Element row) {
    NodeList cells = row.getElementsByTagName("td");
    return IntStream.range(0, cells.getLength()).mapToObj(i -> (Element) cells.item(i)).toList();
  }

  @Test
  void namesOfAModelAreTextAndNothingElse() throws Exception {
    String html = html();
    Document page = parsed(html);
    assertThat(elements(page, "img")).isEmpty();
    assertThat(elements(page, "script")).hasSize(1);
    assertThat(html).doesNotContain("<img").containsOnlyOnce("</script");
    assertThat(elements(page, "h1").getFirst().getTextContent()).isEqualTo(ProfileCase.SHOWN);
    assertThat(marks(page, "tr"))
        .allSatisfy(row -> {
          String shown = cells(row).get(1).getTextContent();
          assertThat(ProfileCase.HOSTILE.replaceAll("\\P{Print}", ""))
              .endsWith(shown.replaceAll("\\P{Print}", ""));
          assertThat(row.getAttribute("data-tip")).contains(ProfileCase.SHOWN);
        });
  }

  @Test
  void loadsNothingFromAnywhere() throws Exception {
    Document page = parsed(html());
    for (Element element : elements(page, "*")) {
      for (int i = 0; i < element.getAttributes().getLength(); i++) {
        Attr attribute = (Attr) element.getAttributes().item(i);
        assertThat(attribute.getName()).isNotIn("src", "href", "xlink:href", "srcset", "action");
        assertThat(attribute.getName()).doesNotStartWith("on");
        if (!attribute.getName().equals("xmlns")) {
          assertThat(attribute.getValue()).doesNotContain("://");
        }
      }
    }
    String style = elements(page, "style").getFirst().getTextContent();
    assertThat(style).doesNotContain("url(", "@import", "://");
    String script = elements(page, "script").getFirst().getTextContent();
    assertThat(script).doesNotContain("://", "fetch", "innerHTML", "eval");
    assertThat(elements(page, "meta"))
        .anySatisfy(m -> assertThat(m.getAttribute("content")).contains("default-src 'none'"));
  }

  /** The browser's own parser and engine, where there is one. */
  @Test
  void aBrowserRunsTheScript(@TempDir Path folder) throws IOException, InterruptedException {
    Path page = folder.resolve("profile.html");
    Files.writeString(page, html());
    List<String> command =
        new ArrayList<>(
            List.of(browser(), "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"));
    command.add("--user-data-dir=" + folder.resolve("browser"));
    command.add(page.toUri().toString());
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String dom = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    assertThat(dom).contains("data-layers=\"" + profile.layers().size() + "\"");
    assertThat(dom).doesNotContain("<img");
  }

  private static String browser() {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .flatMap(directory ->
            Stream.of("chromium", "google-chrome").map(name -> Path.of(directory, name)))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst()
        .orElseGet(() -> {
          Shared.skip("no chromium and no google-chrome on the PATH");
          return "";
        });
  }
}
