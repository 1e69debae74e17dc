package dev.tilewright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The picture of what dilated convolutions see, in text and in colours. */
class ZooCoverageTest {
  @TempDir private Path folder;

  private static List<String> map(CommandRun run, int rows) {
    List<String> lines = run.out().lines().toList();
    return lines.subList(lines.size() - rows, lines.size());
  }

  @Test
  void printsTheRuleTheHolesAndTheMap() {
    CommandRun run = CommandRun.of("zoo", "coverage", "--rates", "2,2");
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("broken: rates have no common divisor, these have 2")
        .contains("25 of 9x9 pixels, 56 holes (69.1 %)")
        .contains("no row of     1,3,5,7");
    // Paths 1 2 3 2 1 at every second pixel: of 9 shades log(rows * columns) / log 9.
    assertThat(map(run, 9))
        .containsExactly(
            ". - + - .", "", "- * # * -", "", "+ # @ # +", "", "- * # * -", "", ". - + - .");
  }

  @Test
  void holesAreRed() throws IOException {
    assertThat(reds("1,2,5")).isZero();
    // Of 600 x 600 pixels, at twice the size, without the borders of cells.
    assertThat(reds("2,2")).isBetween((int) (0.8 * 1200 * 1200 * 56 / 81), 1200 * 1200 * 56 / 81);
  }

  private int reds(String rates) throws IOException {
    Path file = folder.resolve(rates + ".png");
    CommandRun run = CommandRun.of("zoo", "coverage", "--rates", rates, "-o", file.toString());
    assertThat(run.out()).contains("wrote " + file);
    BufferedImage image = ImageIO.read(file.toFile());
    int reds = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        Color color = new Color(image.getRGB(x, y));
        reds += color.getRed() > 150 && color.getGreen() < 60 && color.getBlue() < 60 ? 1 : 0;
      }
    }
    return reds;
  }

  @Test
  void refusesWhatHasNoMap() {
    CommandRun.of("zoo", "coverage", "--rates", "1,2", "--kernel", "4").assertBadInput("odd");
    CommandRun.of("zoo", "coverage", "--rates", "1,0").assertBadInput("rates are at least 1");
    String file = folder.resolve("large.png").toString();
    CommandRun.of("zoo", "coverage", "--rates", "200", "-o", file).assertBadInput("300 pixels");
    CommandRun.of("zoo", "coverage", "--rates", "1", "-o", "map.jpg")
        .assertBadInput(".svg or .png");
    assertThat(CommandRun.of("zoo", "coverage", "--rates", "50").out()).contains("too large");
  }
}
