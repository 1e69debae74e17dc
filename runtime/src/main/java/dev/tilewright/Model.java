package dev.tilewright;

import dev.tilewright.backend.Backends;
import dev.tilewright.graph.Graph;
import dev.tilewright.onnx.ExternalData;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.Signature;
import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.pass.Passes;
import dev.tilewright.plan.Plan;
import dev.tilewright.plan.Planner;
import dev.tilewright.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network with its weights. Safe for use by several threads; each opens its own {@link Session}.
 *
 * <p>Close the sessions first, then the model: they use its packed weights.
 */
public final class Model implements AutoCloseable {
  /** Plans kept for different input shapes and options; the least recently used is dropped. */
  private static final int KEPT_PLANS = 16;

  private record PlanKey(Map<String, Shape> shapes, SessionOptions options) {}

  private final Arena arena;
  private final LoadOptions limits;
  private final OnnxModel onnx;
  private final ModelMemory memory;
  private final AtomicInteger openSessions = new AtomicInteger();
  private final Map<PlanKey, Plan> plans =
      new LinkedHashMap<>(KEPT_PLANS, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<PlanKey, Plan> eldest) {
          return size() > KEPT_PLANS;
        }
      };

  private Model(Arena arena, MemorySegment bytes, ExternalData files, LoadOptions options) {
    this.arena = arena;
    limits = options;
    try {
      onnx = OnnxModel.read(bytes, files);
      OnnxImporter.check(onnx);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
    memory = new ModelMemory(arena, onnx.tensors());
  }

  /**
   * Reads an ONNX file, which stays mapped until the model is closed.
   *
   * @throws dev.tilewright.onnx.ModelFormatException if it is not an ONNX model
   * @throws dev.tilewright.onnx.UnsupportedModelException if it needs what this runtime lacks
   */
  public static Model load(Path file) throws IOException {
    return load(file, LoadOptions.defaults());
  }

  /**
   * Reads an ONNX file within limits of the caller's. It stays mapped until the model is closed, as
   * do files it keeps tensors in.
   *
   * @throws dev.tilewright.onnx.ModelFormatException if it is not an ONNX model
   * @throws dev.tilewright.onnx.UnsupportedModelException if it needs what this runtime lacks
   */
  public static Model load(Path file, LoadOptions options) throws IOException {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ExternalData files =
          options.externalData() ? ExternalData.beside(file, arena) : ExternalData.refused();
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new Model(arena, bytes, files, options);
    } catch (IOException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Reads a model that is already in memory; the bytes are copied.
   *
   * @throws dev.tilewright.onnx.ModelFormatException if it is not an ONNX model
   * @throws dev.tilewright.onnx.UnsupportedModelException if it needs what this runtime lacks
   */
  public static Model of(byte[] bytes) {
    return of(bytes, LoadOptions.defaults());
  }

  /**
   * The same within limits of the caller's; bytes in memory have no folder for external data.
   *
   * @throws dev.tilewright.onnx.ModelFormatException if it is not an ONNX model
   * @throws dev.tilewright.onnx.UnsupportedModelException if it needs what this runtime lacks
   */
  public static Model of(byte[] bytes, LoadOptions options) {
    Arena arena = Arena.ofShared();
    MemorySegment copy = arena.allocate(Math.max(1, bytes.length), 64).asSlice(0, bytes.length);
    copy.copyFrom(MemorySegment.ofArray(bytes));
    return new Model(arena, copy, ExternalData.refused(), options);
  }

  /** What the model takes; dimensions may be open. */
  public List<Signature> inputs() {
    return onnx.inputs();
  }

  /** Names of what the model gives, in its order. */
  public List<String> outputs() {
    return onnx.outputs();
  }

  /**
   * The network at these input sizes, rewritten as it will run.
   *
   * @param shapes of all inputs, by name
   * @throws IllegalArgumentException if an input is missing, unknown or has another shape than the
   *     model allows
   * @throws dev.tilewright.onnx.ModelFormatException if an operator cannot take its inputs
   * @throws dev.tilewright.onnx.UnsupportedModelException if it needs what this runtime lacks
   */
  public Graph graph(Map<String, Shape> shapes) {
    return NativeMemory.granted(
        () -> Passes.standard(OnnxImporter.graph(onnx, shapes, memory), memory));
  }

  /**
   * The plan for these input shapes; kept, so that asking again is cheap.
   *
   * @throws IllegalArgumentException as {@link #graph}, or if the backend does not run here
   * @throws dev.tilewright.onnx.UnsupportedModelException as {@link #graph}, or if a session would
   *     take more memory than the model was loaded to allow, of which none is taken then
   */
  public Plan plan(Map<String, Shape> shapes, SessionOptions options) {
    PlanKey key = new PlanKey(Map.copyOf(shapes), options);
    synchronized (plans) {
      Plan plan = plans.get(key);
      if (plan == null) {
        Planner planner =
            new Planner(
                memory,
                Backends.load().usable(options.backend()),
                options.backend(),
                options.threads());
        Graph graph = graph(shapes);
        // Planning may need as much as the largest value to try how a filter would be packed.
        requireMemory(largest(graph));
        plan = NativeMemory.granted(() -> planner.plan(graph));
        requireMemory(plan.arenaBytes());
        plans.put(key, plan);
      }
      return plan;
    }
  }

  /**
   * A session of its own memory and threads; any number may be open.
   *
   * @throws IllegalArgumentException if the backend does not run here; the message says why
   * @throws IllegalStateException if the model is closed
   */
  public Session session(SessionOptions options) {
    if (!arena.scope().isAlive()) {
      throw new IllegalStateException("the model is closed");
    }
    Backends.load().usable(options.backend()); // a bad choice fails here, not in the first run
    Session session = new Session(this, options);
    openSessions.incrementAndGet();
    return session;
  }

  private static long largest(Graph graph) {
    return graph.nodes().stream()
        .flatMap(node -> node.outputs().stream())
        .mapToLong(value -> value.type().bytes())
        .max()
        .orElse(0);
  }

  private void requireMemory(long bytes) {
    if (bytes > limits.sessionBytes()) {
      throw new UnsupportedModelException(
          List.of(
              "a session with these inputs takes at least "
                  + bytes
                  + " bytes, allowed are "
                  + limits.sessionBytes()
                  + " (LoadOptions.sessionBytes; by default the heap's size, java -Xmx)"));
    }
  }

  void released() {
    openSessions.decrementAndGet();
  }

  /**
   * Frees the weights.
   *
   * @throws IllegalStateException if a session of this model is open: it would read freed memory
   */
  @Override
  public void close() {
    if (openSessions.get() > 0) {
      throw new IllegalStateException("close the model's sessions first");
    }
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
