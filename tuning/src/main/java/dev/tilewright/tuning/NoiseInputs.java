package dev.tilewright.tuning;

import dev.tilewright.Model;
import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** What a model is timed on. */
final class NoiseInputs {
  private static final long SEED = 42;

  private NoiseInputs() {}

  /** Noise in [-1, 1); zeros where the model takes no floats. */
  static Map<String, Tensor> of(Model model, Map<String, Shape> shapes) {
    Random random = new Random(SEED);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (Signature input : model.inputs()) {
      Shape shape = Objects.requireNonNull(shapes.get(input.name()), input.name());
      TensorType type = new TensorType(input.dtype(), shape);
      if (type.dtype() == DType.FLOAT32) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
          values[i] = random.nextFloat() * 2 - 1;
        }
        inputs.put(input.name(), Tensor.of(shape, values));
      } else {
        byte[] zeros = new byte[Math.toIntExact(type.bytes())];
        inputs.put(input.name(), new Tensor(type, MemorySegment.ofArray(zeros)));
      }
    }
    return inputs;
  }
}
