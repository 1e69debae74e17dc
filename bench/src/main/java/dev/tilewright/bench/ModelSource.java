package dev.tilewright.bench;

import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a model's bytes come from: a file, or one of the networks that come with the project as a
 * library of data.
 */
final class ModelSource {
  private record Shipped(String resource, Shape shape) {}

  private static final Map<String, Shipped> SHIPPED =
      Map.of(
          "ppocr-det", new Shipped("ch_PP-OCRv3_det_infer.onnx", Shape.of(1, 3, 320, 640)),
          "ppocr-rec", new Shipped("ch_PP-OCRv3_rec_infer.onnx", Shape.of(1, 3, 48, 320)),
          "ppocr-cls", new Shipped("ch_ppocr_mobile_v2.0_cls_infer.onnx", Shape.of(1, 3, 48, 192)));

  private final String name;
  private final byte[] bytes;
  private final Map<String, Shape> shapes;
  private final @Nullable Path file;

  private ModelSource(String name, byte[] bytes, Map<String, Shape> shapes, @Nullable Path file) {
    this.name = name;
    this.bytes = bytes;
    this.shapes = shapes;
    this.file = file;
  }

  /**
   * @param model path of an ONNX file, {@code ppocr-det}, {@code ppocr-rec} or {@code ppocr-cls}
   * @throws IOException if there is no such file, or it cannot be read
   */
  static ModelSource of(String model) throws IOException {
    Shipped shipped = SHIPPED.get(model);
    if (shipped == null) {
      Path file = Path.of(model);
      return new ModelSource(
          String.valueOf(file.getFileName()), Files.readAllBytes(file), Map.of(), file);
    }
    String resource = "/models/" + shipped.resource();
    try (InputStream stream = ModelSource.class.getResourceAsStream(resource)) {
      if (stream == null) {
        throw new IOException(model + " is not on the class path: " + resource);
      }
      return new ModelSource(model, stream.readAllBytes(), Map.of("x", shipped.shape()), null);
    }
  }

  /** For people: a file's name, or the short name. */
  String name() {
    return name;
  }

  /** Where it came from, or null if it comes with the project. */
  @Nullable Path file() {
    return file;
  }

  /** The ONNX file; not copied. */
  byte[] bytes() {
    return bytes;
  }

  /** Shapes for inputs whose sizes the model leaves open, where the network suggests one. */
  Map<String, Shape> shapes() {
    return shapes;
  }
}
