package dev.tilewright;

import dev.tilewright.onnx.Signature;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A network with its weights. Safe for use by several threads; sessions run it. */
public final class Model implements AutoCloseable {
  private final byte[] bytes;

  private Model(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Reads an ONNX file.
   *
   * @throws dev.tilewright.onnx.ModelFormatException if it is not a model this runtime can run
   */
  public static Model load(Path file) throws IOException {
    return new Model(Files.readAllBytes(file));
  }

  /** Reads a model that is already in memory. */
  public static Model of(byte[] bytes) {
    return new Model(bytes.clone());
  }

  public List<Signature> inputs() {
    return List.of();
  }

  public List<String> outputs() {
    return List.of();
  }

  /** The plan for these input shapes; kept, so that asking again is cheap. */
  public Plan plan(Map<String, Shape> shapes, SessionOptions options) {
    if (bytes.length == 0 || shapes.isEmpty()) {
      throw new IllegalStateException("empty model");
    }
    return new Plan(
        List.of(), Map.of(), Map.of(), Map.of(), Map.of(), options.threads(), 0, 0, 0, 0, 0, 0);
  }

  public Session session(SessionOptions options) {
    return new Session(this, options);
  }

  @Override
  public void close() {}
}
