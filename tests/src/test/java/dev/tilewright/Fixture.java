package dev.tilewright;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
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
 * @param name the last three folders, and the file if it is not {@code model.onnx}
 * @param file one of the models in the folder: all compute the same function
 */
public record Fixture(String name, Path file) {
  /** Where a folder states none. */
  private static final double ATOL = 1e-4;

  private static final double RTOL = 1e-3;

  /** The models named {@code model.onnx} below {@code root}, in order of name. */
  public static List<Fixture> below(Path root) {
    return all(root).stream().filter(fixture -> fixture.file.endsWith("model.onnx")).toList();
  }

  /** All models below {@code root}, in order of name. */
  public static List<Fixture> all(Path root) {
    try (Stream<Path> files = Files.walk(root, 4)) {
      return files
          .filter(file -> file.toString().endsWith(".onnx"))
          .map(file -> new Fixture(name(root.relativize(file)), file))
          .sorted(Comparator.comparing(Fixture::name))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Those that are part of the project. */
  public static List<Fixture> bundled() throws URISyntaxException {
    return bundled("fixtures");
  }

  /** Those that are part of the project, for the zoo too. */
  public static List<Fixture> bundledWithZoo() throws URISyntaxException {
    return Stream.concat(bundled().stream(), bundled("zoo").stream()).toList();
  }

  private static List<Fixture> bundled(String folder) throws URISyntaxException {
    URL readme = Objects.requireNonNull(Fixture.class.getResource("/" + folder + "/README.md"));
    return below(Objects.requireNonNull(Path.of(readme.toURI()).getParent()));
  }

  private static String name(Path file) {
    return (file.endsWith("model.onnx") ? file.getParent() : file).toString();
  }

  public Path folder() {
    return file.resolveSibling("");
  }

  public byte[] model() throws IOException {
    return Files.readAllBytes(file);
  }

  public Map<String, Tensor> inputs() throws IOException {
    OnnxModel model = OnnxModel.read(MemorySegment.ofArray(model()));
    return tensors("input", model.inputs().stream().map(Signature::name).toList());
  }

  /** Fails unless |got - want| <= atol + rtol * |want| + 1e-5 * max|want| everywhere. */
  public void check(Map<String, Tensor> got) throws IOException {
    JsonObject meta = meta();
    JsonObject tolerance =
        meta.has("tolerance") ? meta.getAsJsonObject("tolerance") : new JsonObject();
    double atol = tolerance.has("atol") ? tolerance.get("atol").getAsDouble() : ATOL;
    double rtol = tolerance.has("rtol") ? tolerance.get("rtol").getAsDouble() : RTOL;
    for (Map.Entry<String, Tensor> output :
        tensors("output", List.copyOf(got.keySet())).entrySet()) {
      Tensor want = output.getValue();
      Tensor have = got.get(output.getKey());
      if (have == null) {
        throw new AssertionError(name + ": no output " + output.getKey());
      }
      Verdict.requireClose(
          name + " " + output.getKey(), have, want, atol + 1e-5 * largest(want), rtol);
    }
  }

  /** The same for outputs under other names, in the fixture's order. */
  public void checkInOrder(List<Tensor> got) throws IOException {
    List<String> names = List.copyOf(tensors("output", List.of()).keySet());
    if (names.size() != got.size()) {
      throw new AssertionError(name + ": " + got.size() + " outputs, want " + names);
    }
    Map<String, Tensor> named = new LinkedHashMap<>();
    for (int i = 0; i < got.size(); i++) {
      named.put(names.get(i), got.get(i));
    }
    check(named);
  }

  private static double largest(Tensor tensor) {
    double largest = 0;
    if (tensor.dtype() == DType.FLOAT32) {
      for (float v : tensor.toFloats()) {
        largest = Math.max(largest, Math.abs(v));
      }
    }
    return largest;
  }

  /** A few folders do not name what their files hold: they are numbered as in the model. */
  private Map<String, Tensor> tensors(String kind, List<String> names) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    JsonArray list = meta().getAsJsonArray(kind + "s");
    if (list == null) {
      for (int i = 0; i < names.size(); i++) {
        tensors.put(names.get(i), NumpyFile.read(file.resolveSibling(kind + "_" + i + ".npy")));
      }
      return tensors;
    }
    for (JsonElement element : list) {
      JsonObject entry = element.getAsJsonObject();
      Path values = file.resolveSibling(entry.get("file").getAsString());
      tensors.put(entry.get("name").getAsString(), NumpyFile.read(values));
    }
    return tensors;
  }

  /** What the folder says of itself. */
  public JsonObject meta() throws IOException {
    Path meta = file.resolveSibling("meta.json");
    return JsonParser.parseString(Files.readString(meta)).getAsJsonObject();
  }
}
