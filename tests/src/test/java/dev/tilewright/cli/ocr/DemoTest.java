package dev.tilewright.cli.ocr;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.cli.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
  @TempDir private Path dir = Path.of("");

  @Test
  void readsEveryLineOfItsPicture() throws IOException {
    Path output = dir.resolve("boxes.png");
    CommandRun run = CommandRun.of("demo", "--json", "--output", output.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    JsonObject report = JsonParser.parseString(run.out()).getAsJsonObject();
    List<JsonObject> lines =
        report.getAsJsonArray("lines").asList().stream().map(JsonElement::getAsJsonObject).toList();
    assertThat(lines)
        .extracting(line -> line.get("text").getAsString())
        .containsExactly(
            "TILEWRIGHT FAIR",
            "Music, bread and fast matrices",
            "Saturday 14 June 2025",
            "open from 10:30 to 18:45",
            "FREE ENTRY",
            "Bring your own kernel",
            "Old Harbour Street 27",
            "tilewright.example");
    assertThat(lines).allMatch(line -> line.get("confidence").getAsDouble() > 0.8);
    assertThat(report.getAsJsonObject("algorithms").size()).isPositive();
    assertThat(ImageIO.read(output.toFile()).getWidth()).isEqualTo(900);
  }

  @Test
  void refusesWhatIsNoPicture() throws IOException {
    Path file = Files.writeString(dir.resolve("text.png"), "not a picture");
    Path output = dir.resolve("out.png");
    CommandRun run =
        CommandRun.of("demo", "--image", file.toString(), "--output", output.toString());
    run.assertBadInput("text.png is not a picture");
    assertThat(output).doesNotExist();
  }
}
