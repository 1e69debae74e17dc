package dev.tilewright;

import dev.tilewright.onnx.Signature;
import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Whole networks with sizes for their inputs, for what must hold for every one. */
public final class KnownModels {
  /**
   * A model file.
   *
   * @param open sizes for the dimensions that it leaves open, in order
   */
  public record Known(String name, byte[] bytes, List<Integer> open) {
    /** A size for every input. */
    public Map<String, Shape> shapes(Model model) {
      Map<String, Shape> shapes = new LinkedHashMap<>();
      for (Signature input : model.inputs()) {
        List<Integer> sizes = new ArrayList<>();
        for (int axis = 0; axis < input.dims().size(); axis++) {
          Signature.Dim dim = input.dims().get(axis);
          sizes.add(dim.isOpen() ? open.get(axis) : Math.toIntExact(dim.size()));
        }
        shapes.put(input.name(), new Shape(sizes));
      }
      return shapes;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private KnownModels() {}

  /** The networks of the class path, for reading text in pictures. */
  static List<Known> ofTheClassPath() {
    return List.of(
        resource("ch_PP-OCRv3_det_infer", List.of(1, 3, 640, 960)),
        resource("ch_PP-OCRv3_rec_infer", List.of(1, 3, 48, 320)),
        resource("ch_ppocr_mobile_v2.0_cls_infer", List.of(1, 3, 48, 192)));
  }

  /** Those of the shared folder that this runtime takes; skips the test without it. */
  public static List<Known> shared() {
    Path folder = Shared.require("models");
    try (Stream<Path> files = Files.walk(folder, 2)) {
      return files
          .filter(f -> f.toString().endsWith(".onnx"))
          .sorted()
          .map(f -> new Known(folder.relativize(f).toString(), read(f), List.of(1, 3, 224, 224)))
          .filter(KnownModels::isSupported)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isSupported(Known known) {
    try (Model model = Model.of(known.bytes())) {
      return !model.inputs().isEmpty();
    } catch (UnsupportedModelException e) {
      System.out.println("SKIPPED: " + known + " lacks " + e.missing());
      return false;
    }
  }

  private static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Known resource(String name, List<Integer> open) {
    try (InputStream stream = KnownModels.class.getResourceAsStream("/models/" + name + ".onnx")) {
      return new Known(name, Objects.requireNonNull(stream, name).readAllBytes(), open);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
