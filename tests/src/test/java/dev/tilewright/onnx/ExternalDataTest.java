package dev.tilewright.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.LoadOptions;
import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors in other files: in the model's folder, and nowhere else. */
final class ExternalDataTest {
  private static final LoadOptions ALLOWED = LoadOptions.defaults().externalData(true);

  /** Holds the model's folder, and what the model must not reach. */
  @TempDir private Path outside = Path.of("");

  private Path folder = outside;

  @BeforeEach
  void writeWeights() throws IOException {
    folder = Files.createDirectories(outside.resolve("model"));
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putFloat(-1).putFloat(10).putFloat(20).putFloat(-1);
    Files.write(folder.resolve("w.bin"), bytes.array());
    Files.write(outside.resolve("secret.bin"), bytes.array());
  }

  @Test
  void isReadWhereItIsAllowed() throws IOException {
    float[] sums = {11, 22};
    assertThat(run("location", "w.bin", "offset", "4", "length", "8")).containsExactly(sums);
    Files.createDirectories(folder.resolve("parts"));
    Files.write(folder.resolve("parts/w"), Files.readAllBytes(folder.resolve("w.bin")));
    assertThat(run("location", "parts/w", "offset", "4", "length", "8")).containsExactly(sums);
    byte[] tail = java.util.Arrays.copyOfRange(Files.readAllBytes(folder.resolve("w.bin")), 4, 12);
    Files.write(folder.resolve("tail.bin"), tail);
    assertThat(run("location", "tail.bin", "checksum", "any")).containsExactly(sums);
  }

  @Test
  void isOffUnlessAskedFor() throws IOException {
    Path model = model("location", "w.bin", "offset", "4", "length", "8");
    assertThatThrownBy(() -> Model.load(model))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("--external-data");
    byte[] bytes = Files.readAllBytes(model);
    assertThatThrownBy(() -> Model.of(bytes, ALLOWED))
        .isInstanceOf(UnsupportedModelException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../secret.bin",
        "../model/w.bin",
        "./w.bin",
        "parts/../w.bin",
        "",
        "..",
        "/etc/passwd"
      })
  void staysInTheFolder(String location) throws IOException {
    refused("must be in the model's folder", "location", location);
  }

  @Test
  void followsNoLinks() throws IOException {
    Files.createSymbolicLink(folder.resolve("link.bin"), outside.resolve("secret.bin"));
    refused("through a link", "location", "link.bin");
    Files.createSymbolicLink(folder.resolve("inside.bin"), folder.resolve("w.bin"));
    refused("through a link", "location", "inside.bin");
    Files.createSymbolicLink(folder.resolve("up"), outside);
    refused("through a link", "location", "up/secret.bin");
  }

  @Test
  void isInAFileThatIsThere() throws IOException {
    refused("cannot be read", "location", "missing.bin");
    refused("cannot be read", "location", "nul\0.bin");
    Files.createDirectories(folder.resolve("parts"));
    refused("must be in a file", "location", "parts");
    refused("has no location", "offset", "4");
  }

  @Test
  void isInRange() throws IOException {
    refused("starts after the end", "location", "w.bin", "offset", "17");
    refused("ends after the end", "location", "w.bin", "offset", "8", "length", "9");
    refused("ends after the end", "location", "w.bin", "length", "" + Long.MAX_VALUE);
    refused("has the offset -4", "location", "w.bin", "offset", "-4");
    refused("has the length '1e1'", "location", "w.bin", "length", "1e1");
    refused(
        "has the offset '9223372036854775808'",
        "location",
        "w.bin",
        "offset",
        "9223372036854775808");
    refused("needs 8 bytes, has 16", "location", "w.bin");
  }

  @Test
  void hasNothingButKnownKeysOnce() throws IOException {
    refused("has a 'url'", "location", "w.bin", "url", "http://localhost");
    refused("two of 'location'", "location", "w.bin", "location", "w.bin");
    OnnxBytes both = tensor("location", "w.bin").bytes(9, new byte[8]);
    assertThatThrownBy(() -> Model.load(model(both), ALLOWED))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("both external data and its own");
  }

  private float[] run(String... entries) throws IOException {
    try (Model model = Model.load(model(entries), ALLOWED);
        Session session = model.session(new SessionOptions(1, "reference"))) {
      return session.run(Map.of("x", Tensor.of(Shape.of(2), 1f, 2f))).get("y").toFloats();
    }
  }

  private void refused(String message, String... entries) throws IOException {
    Path model = model(entries);
    assertThatThrownBy(() -> Model.load(model, ALLOWED))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(message);
  }

  private Path model(String... entries) throws IOException {
    return model(tensor(entries));
  }

  /** y = x + w */
  private Path model(OnnxBytes w) throws IOException {
    byte[] bytes =
        new ModelBytes(13)
            .input("x", 2)
            .initializer(w)
            .node("Add", "x w", "y")
            .output("y")
            .toBytes();
    return Files.write(folder.resolve("model.onnx"), bytes);
  }

  private static OnnxBytes tensor(String... entries) {
    OnnxBytes tensor = new OnnxBytes().integer(1, 2).integer(2, 1).text(8, "w").integer(14, 1);
    for (int i = 0; i < entries.length; i += 2) {
      tensor.message(13, new OnnxBytes().text(1, entries[i]).text(2, entries[i + 1]));
    }
    return tensor;
  }
}
