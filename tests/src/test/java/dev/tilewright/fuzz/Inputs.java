package dev.tilewright.fuzz;

import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a fuzzer's bytes stand for: a model as it is; or, after the byte {@link #SCRIPT}, with which
 * no model begins, the number of a seed and {@link Edits} to it.
 */
final class Inputs {
  static final byte SCRIPT = 'S';

  /** Stands for every dimension that is left open. */
  private static final int OPEN = 4;

  private Inputs() {}

  static byte[] model(byte[] data) {
    if (data.length < 2 || data[0] != SCRIPT) {
      return data;
    }
    Choices choices = new Choices(data, 1);
    Message model = Seeds.trees().get(choices.below(Seeds.trees().size())).copy();
    new Edits(Seeds.trees(), choices).apply(model);
    return model.toBytes();
  }

  /**
   * Shapes that the model's inputs allow, or null if that is more than a fuzzer should compute
   * with.
   */
  static @Nullable Map<String, Shape> shapes(List<Signature> inputs) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    long elements = 0;
    for (Signature input : inputs) {
      Shape shape;
      try {
        shape = new Shape(input.dims().stream().map(d -> d.isOpen() ? OPEN : d.size()).toList());
      } catch (IllegalArgumentException e) {
        return null; // the caller's own mistake: no such shape can be asked for
      }
      elements = Math.max(elements, 0) + Math.min(shape.elements(), 1L << 40);
      shapes.put(input.name(), shape);
    }
    return elements > 1 << 20 ? null : shapes;
  }

  /**
   * Writes the models that inputs stand for, to keep those that broke something: scripts depend on
   * the seeds.
   *
   * @param args inputs, then a folder
   */
  public static void main(String[] args) throws IOException {
    Path to = Path.of(args[args.length - 1]);
    for (int i = 0; i < args.length - 1; i++) {
      Path file = Path.of(args[i]);
      Files.write(to.resolve(file.getFileName()), model(Files.readAllBytes(file)));
    }
  }
}
