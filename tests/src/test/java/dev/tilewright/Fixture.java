package dev.tilewright;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A model with inputs and expected outputs, in a folder of its own (README in resources/fixtures).
 *
 * @param name the last three folders
 */
public record Fixture(String name, Path folder) {

  /** All folders below {@code root} that hold a model, in order of name. */
  public static List<Fixture> below(Path root) {
    try (Stream<Path> files = Files.walk(root, 3)) {
      return files
          .filter(folder -> Files.exists(folder.resolve("model.onnx")))
          .map(folder -> new Fixture(root.relativize(folder).toString(), folder))
          .sorted(Comparator.comparing(Fixture::name))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those that are part of the project. */
  public static List<Fixture> bundled() throws URISyntaxException {
    URL readme = Objects.requireNonNull(Fixture.class.getResource("/fixtures/README.md"));
    return below(Objects.requireNonNull(Path.of(readme.toURI()).getParent()));
  }

  public byte[] model() throws IOException {
    return Files.readAllBytes(folder.resolve("model.onnx"));
  }

  public Map<String, Tensor> inputs() throws IOException {
    return tensors("inputs");
  }

  /** Fails unless |got - want| <= atol + rtol * |want| + 1e-5 * max|want| everywhere. */
  public void check(Map<String, Tensor> got) throws IOException {
    JsonObject tolerance = meta().getAsJsonObject("tolerance");
    double atol = tolerance.get("atol").getAsDouble();
    double rtol = tolerance.get("rtol").getAsDouble();
    for (Map.Entry<String, Tensor> output : tensors("outputs").entrySet()) {
      Tensor actual = got.get(output.getKey());
      assertThat(actual).as(name + " " + output.getKey()).isNotNull();
      if (actual != null) {
        assertThat(actual.type())
            .as(name + " " + output.getKey())
            .isEqualTo(output.getValue().type());
        compare(output.getKey(), actual, output.getValue(), atol, rtol);
      }
    }
  }

  private void compare(String output, Tensor got, Tensor want, double atol, double rtol) {
    if (want.dtype() != DType.FLOAT32) {
      assertThat(got.toLongs()).as(name + " " + output).isEqualTo(want.toLongs());
      return;
    }
    float[] a = got.toFloats();
    float[] b = want.toFloats();
    double largest = 0;
    for (float v : b) {
      largest = Math.max(largest, Math.abs(v));
    }
    for (int i = 0; i < a.length; i++) {
      double allowed = atol + rtol * Math.abs(b[i]) + 1e-5 * largest;
      assertThat(Float.compare(a[i], b[i]) == 0 || Math.abs((double) a[i] - b[i]) <= allowed)
          .as("%s %s[%d]: got %s, want %s", name, output, i, a[i], b[i])
          .isTrue();
    }
  }

  private Map<String, Tensor> tensors(String list) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (JsonElement element : meta().getAsJsonArray(list)) {
      JsonObject entry = element.getAsJsonObject();
      Path file = folder.resolve(entry.get("file").getAsString());
      tensors.put(entry.get("name").getAsString(), NumpyFile.read(file));
    }
    return tensors;
  }

  private JsonObject meta() throws IOException {
    return JsonParser.parseString(Files.readString(folder.resolve("meta.json"))).getAsJsonObject();
  }
}
