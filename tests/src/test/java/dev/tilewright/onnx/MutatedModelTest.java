package dev.tilewright.onnx;

import static dev.tilewright.onnx.ModelBytes.integer;
import static dev.tilewright.onnx.ModelBytes.integers;

import dev.tilewright.graph.ShapeException;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/** Damaged models end in a typed error, or in a graph. */
final class MutatedModelTest {
  private static final int CASES = 700;

  /** A little of everything that computes sizes. */
  private static byte[] model() {
    return new ModelBytes(13)
        .openInput("x", 1, "n", 4, 8, 8)
        .weights("w", 4, 2, 3, 3)
        .weights("b", 4)
        .weights("t", 4, 2, 2, 2)
        .weights("m", 8, 3)
        .longs("two", 2)
        .longs("rest", 0, -1)
        .longs("pads", 0, 0, 1, 1, 0, 0, 1, 1)
        .longs("sizes", 1, 4, 6, 6)
        .node("Conv", "x w b", "c", integers("pads", 1, 1, 1, 1), integer("group", 2))
        .node("MaxPool", "c", "p", integers("kernel_shape", 2, 2), integers("strides", 2, 2))
        .node("Pad", "p pads", "q")
        .node("Resize", "q - - sizes", "r")
        .node("ConvTranspose", "r t", "d", integers("strides", 2, 2))
        .node("Split", "d", "s0 s1", integer("axis", 1))
        .node("Concat", "s1 s0", "k", integer("axis", 1))
        .node("Slice", "k two pads", "l")
        .node("ReduceMean", "k", "g", integers("axes", 2, 3))
        .node("Shape", "k", "shape")
        .node("Gather", "shape two", "size")
        .node("Expand", "m size", "e")
        .node("Tile", "two two", "u")
        .node("Reshape", "g rest", "f")
        .node("Softmax", "f", "y", integer("axis", 1))
        .output("y", "l", "e", "u")
        .toBytes();
  }

  @RepeatedTest(4)
  void endsInATypedError(RepetitionInfo repetition) {
    byte[] good = model();
    Random random = new Random(repetition.getCurrentRepetition());
    for (int i = 0; i < CASES; i++) {
      byte[] bytes = mutated(good, random);
      try {
        importAll(bytes);
      } catch (ModelFormatException
          | UnsupportedModelException
          | InputException
          | ShapeException expected) {
        // What a caller is told to expect.
      } catch (RuntimeException | Error e) {
        throw new AssertionError("seed " + repetition.getCurrentRepetition() + ", case " + i, e);
      }
    }
  }

  private static byte[] mutated(byte[] good, Random random) {
    if (random.nextInt(10) == 0) {
      return Arrays.copyOf(good, random.nextInt(good.length));
    }
    byte[] bytes = good.clone();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(bytes.length);
      bytes[at] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) (bytes[at] ^ (1 << random.nextInt(8)));
            case 1 -> (byte) (bytes[at] + 1);
            case 2 -> (byte) 0xff;
            default -> (byte) random.nextInt(256);
          };
    }
    return bytes;
  }

  private static void importAll(byte[] bytes) {
    OnnxModel model = OnnxModel.read(MemorySegment.ofArray(bytes));
    Map<String, Shape> shapes = new HashMap<>();
    for (Signature input : model.inputs()) {
      List<Integer> dims = input.dims().stream().map(d -> d.isOpen() ? 1 : d.size()).toList();
      if (dims.stream().allMatch(d -> d <= 64) && dims.size() <= 6) {
        shapes.put(input.name(), new Shape(dims));
      }
    }
    OnnxImporter.graph(model, shapes, Operators::evaluate);
  }
}
