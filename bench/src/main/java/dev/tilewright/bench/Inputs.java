package dev.tilewright.bench;

import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What both sides of a comparison are fed: given bytes, else seeded noise in [-1, 1). */
final class Inputs {
  private static final long SEED = 42;

  private Inputs() {}

  /**
   * One tensor for every input.
   *
   * @param asked shapes the user asked for, by input
   * @param suggested shapes for inputs that the model leaves open
   * @param files raw little-endian values, by input
   * @throws IllegalArgumentException if a size stays open, or values that cannot be made up are
   *     missing
   */
  static Map<String, Tensor> of(
      List<Signature> signatures,
      Map<String, Shape> asked,
      Map<String, Shape> suggested,
      Map<String, Path> files)
      throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (Signature signature : signatures) {
      for (String name : signature.tensors(asked.keySet())) {
        Shape wanted = asked.get(name);
        Shape shape = wanted != null ? wanted : shape(signature, suggested.get(name));
        TensorType type = new TensorType(signature.dtype(), shape);
        Path file = files.get(name);
        tensors.put(name, file == null ? noise(name, type) : read(type, file));
      }
    }
    return tensors;
  }

  private static Shape shape(Signature signature, @Nullable Shape suggested) {
    List<Integer> sizes = new ArrayList<>();
    for (int axis = 0; axis < signature.dims().size(); axis++) {
      Signature.Dim dim = signature.dims().get(axis);
      if (!dim.isOpen()) {
        sizes.add(dim.size());
      } else if (suggested != null) {
        sizes.add(suggested.dim(axis));
      } else if (axis == 0) {
        sizes.add(1); // an open first dimension is the batch
      } else {
        throw new IllegalArgumentException(
            signature + " leaves sizes open: give --shape " + signature.name() + "=1x3x...");
      }
    }
    return new Shape(sizes);
  }

  private static Tensor noise(String name, TensorType type) {
    if (type.dtype() != DType.FLOAT32) {
      throw new IllegalArgumentException(
          name + " is " + type + ", not noise: give --input " + name + "=FILE");
    }
    Random random = new Random(SEED + name.hashCode());
    float[] values = new float[Math.toIntExact(type.shape().elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() * 2 - 1;
    }
    return Tensor.of(type.shape(), values);
  }

  private static Tensor read(TensorType type, Path file) throws IOException {
    return new Tensor(type, MemorySegment.ofArray(Files.readAllBytes(file)));
  }
}
