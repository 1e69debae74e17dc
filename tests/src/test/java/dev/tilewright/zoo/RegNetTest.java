package dev.tilewright.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.Shared;
import dev.tilewright.zoo.network.AnyNet.Stage;
import dev.tilewright.zoo.network.RegNet;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The generator gives the stages that the paper prints (arXiv 2003.13678, figures 17 and 18). */
class RegNetTest {
  @Test
  void givesThePublishedStages() {
    assertThat(new RegNet(25, 88, 26.31, 2.25, 48).stages())
        .containsExactly(
            new Stage(2, 96, 48, 1),
            new Stage(6, 192, 48, 1),
            new Stage(15, 432, 48, 1),
            new Stage(2, 1008, 48, 1));
    assertThat(new RegNet(17, 192, 76.82, 2.19, 56).stages())
        .containsExactly(
            new Stage(2, 168, 56, 1),
            new Stage(4, 448, 56, 1),
            new Stage(10, 896, 56, 1),
            new Stage(1, 2016, 56, 1));
  }

  @Test
  void agreesWithTheTable() throws IOException {
    String table =
        Files.readString(Shared.fixtures("algorithm/regnet_generator").resolve("table/meta.json"));
    JsonArray rows = JsonParser.parseString(table).getAsJsonObject().getAsJsonArray("table");
    assertThat(rows).isNotEmpty();
    for (JsonElement element : rows) {
      JsonObject row = element.getAsJsonObject();
      RegNet net =
          new RegNet(
              row.get("d").getAsInt(),
              row.get("w0").getAsInt(),
              row.get("wa").getAsDouble(),
              row.get("wm").getAsDouble(),
              row.get("group_width").getAsInt());
      assertThat(net.stages())
          .as(row.get("name").getAsString())
          .isEqualTo(stages(row.getAsJsonArray("stages")));
    }
  }

  private static List<Stage> stages(JsonArray rows) {
    return StreamSupport.stream(rows.spliterator(), false)
        .map(JsonElement::getAsJsonArray)
        .map(row ->
            new Stage(row.get(0).getAsInt(), row.get(1).getAsInt(), row.get(2).getAsInt(), 1))
        .toList();
  }
}
