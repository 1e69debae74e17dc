package dev.tilewright.fuzz;

import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.graph.ShapeException;
import dev.tilewright.onnx.ModelFormatException;
import dev.tilewright.onnx.Signature;
import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Any model is loaded, planned and run by each backend, or what {@link Session} documents. */
public final class SessionFuzz {
  /** What is worth a fuzzer's time; a caller who wants it reads the same numbers from the plan. */
  private static final long MACS = 20_000_000;

  private static final long ARENA = 64 << 20;

  private static final List<String> BACKENDS =
      List.of(System.getProperty("tilewright.fuzz.backends", "native,reference").split(","));

  private SessionFuzz() {}

  /** Called by Jazzer before it takes the time of inputs: the first ones instrument the classes. */
  public static void fuzzerInitialize() {
    Seeds.all().forEach(SessionFuzz::outcome);
  }

  /** The entry that Jazzer calls. */
  public static void fuzzerTestOneInput(byte[] data) {
    outcome(Inputs.model(data));
  }

  /** How it went, in a word. */
  static String outcome(byte[] bytes) {
    try (Model model = Model.of(bytes)) {
      Map<String, Shape> shapes = Inputs.shapes(model.inputs());
      if (shapes == null || model.graph(shapes).macs() > MACS) {
        return "too large";
      }
      Map<String, Tensor> inputs = new LinkedHashMap<>();
      for (Signature input : model.inputs()) {
        inputs.put(input.name(), values(input.dtype(), shapes.get(input.name()), bytes));
      }
      String outcome = "good";
      for (String backend : BACKENDS) {
        outcome = run(model, new SessionOptions(1, backend), shapes, inputs);
      }
      return outcome;
    } catch (ModelFormatException | UnsupportedModelException documented) {
      return documented.getClass().getSimpleName();
    }
  }

  private static String run(
      Model model, SessionOptions options, Map<String, Shape> shapes, Map<String, Tensor> inputs) {
    Plan plan = model.plan(shapes, options);
    if (plan.arenaBytes() > ARENA) {
      return "too large";
    }
    try (Session session = model.session(options)) {
      session.run(inputs);
      return "good";
    } catch (ShapeException indexThatDependsOnData) {
      return "index outside";
    }
  }

  /** Values made of the model's own bytes: NaN and huge ones among them. */
  private static Tensor values(DType dtype, Shape shape, byte[] bytes) {
    TensorType type = new TensorType(dtype, shape);
    MemorySegment data = MemorySegment.ofArray(new byte[Math.toIntExact(type.bytes())]);
    for (long i = 0; i < data.byteSize(); i++) {
      byte b = bytes[(int) (i % bytes.length)];
      data.set(ValueLayout.JAVA_BYTE, i, dtype == DType.BOOL ? (byte) (b & 1) : b);
    }
    return new Tensor(type, data);
  }
}
