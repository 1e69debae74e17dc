package dev.tilewright;

import dev.tilewright.backend.Backend;
import dev.tilewright.backend.Backends;
import dev.tilewright.backend.PagedArena;
import dev.tilewright.cache.PackedCache;
import dev.tilewright.graph.Graph;
import dev.tilewright.onnx.ExternalData;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.Signature;
import dev.tilewright.onnx.Stage;
import dev.tilewright.onnx.StageKey;
import dev.tilewright.onnx.UnsupportedModelException;
import dev.tilewright.pass.Passes;
import dev.tilewright.plan.Plan;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Reads;
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
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A network with its weights. Safe for use by several threads; each opens its own {@link Session}.
 *
 * <p>Close the sessions first, then the model: they use its packed weights.
 */
public final class Model implements AutoCloseable {
  /** Plans kept for different input shapes and options; the least recently used is dropped. */
  private static final int KEPT_PLANS = 16;

  /** Later stages of models that have them, kept likewise. */
  private static final int KEPT_STAGES = 128;

  private static final int CLOSED = -1;

  private record PlanKey(Map<String, Shape> shapes, SessionOptions options) {}

  private record NextKey(PlannedStage after, StageKey key) {}

  /** The file, read, and what was computed from it. */
  private record Source(OnnxModel onnx, ModelMemory memory) {}

  private final Arena arena;
  private final LoadOptions limits;
  private final MemorySegment bytes;
  private final Supplier<Source> read;
  private final @Nullable PackedCache cache;

  /** Null until somebody needs it, if the cache knows the model. */
  private @Nullable Source source;

  /** Sessions that are open and threads that plan, which all read weights; CLOSED if it is. */
  private final AtomicInteger users = new AtomicInteger();

  private final Map<PlanKey, PlannedStage> plans = new Recent<>(KEPT_PLANS);
  private final Map<NextKey, PlannedStage> laterPlans = new Recent<>(KEPT_STAGES);

  /** Drops the least recently used entry for a new one. */
  private static final class Recent<K, V> extends LinkedHashMap<K, V> {
    private static final long serialVersionUID = 1;

    private final int kept;

    Recent(int kept) {
      super(16, 0.75f, true);
      this.kept = kept;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
      return size() > kept;
    }
  }

  private Model(
      Arena arena,
      MemorySegment bytes,
      ExternalData files,
      LoadOptions options,
      @Nullable PackedCache cache) {
    this.arena = arena;
    this.bytes = bytes;
    this.cache = cache;
    limits = options;
    read = () -> read(bytes, files, arena);
    if (cache == null || !cache.knowsModel()) {
      source();
    }
  }

  private static Source read(MemorySegment bytes, ExternalData files, Arena arena) {
    OnnxModel onnx = OnnxModel.read(bytes, files);
    OnnxImporter.check(onnx);
    return new Source(
        onnx, new ModelMemory(new PagedArena(arena), PagedArena.clearable(arena), onnx.tensors()));
  }

  private synchronized Source source() {
    Source known = source;
    if (known == null) {
      known = read.get();
      source = known;
    }
    return known;
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
    Backends.loadSoon(); // they take as long to load as the file to read: both at once
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ExternalData files =
          options.externalData() ? ExternalData.beside(file, arena) : ExternalData.refused();
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      Path kept = options.externalData() ? null : options.packedCache();
      return new Model(
          arena, bytes, files, options, kept == null ? null : PackedCache.open(kept, bytes, arena));
    } catch (IOException | RuntimeException | Error e) {
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
    try {
      MemorySegment copy = arena.allocate(Math.max(1, bytes.length), 64).asSlice(0, bytes.length);
      copy.copyFrom(MemorySegment.ofArray(bytes));
      return new Model(arena, copy, ExternalData.refused(), options, null);
    } catch (RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /** What the model takes; dimensions may be open. */
  public List<Signature> inputs() {
    return cache != null && cache.knowsModel() ? cache.inputs() : source().onnx.inputs();
  }

  /**
   * Names of what the model gives, in its order. Of a sequence {@code s} a run gives tensors {@code
   * s[0]}, {@code s[1]} and so on, and of an optional value there may be none: {@link
   * Execution#outputs}.
   */
  public List<String> outputs() {
    return cache != null && cache.knowsModel() ? cache.outputs() : source().onnx.outputs();
  }

  /**
   * The network at these input sizes, rewritten as it will run; its first stage if it has several.
   *
   * @param shapes of all inputs, by name
   * @throws IllegalArgumentException if an input is missing, unknown or has another shape than the
   *     model allows
   * @throws IllegalStateException if the model is closed
   * @throws dev.tilewright.onnx.ModelFormatException if an operator cannot take its inputs
   * @throws dev.tilewright.onnx.UnsupportedModelException if it needs what this runtime lacks
   */
  public Graph graph(Map<String, Shape> shapes) {
    return using(() -> {
      synchronized (plans) { // nobody clears constants meanwhile, or from now on
        return NativeMemory.granted(() -> {
          Source of = source();
          of.memory.show();
          return Passes.standard(OnnxImporter.first(of.onnx, shapes, of.memory).graph(), of.memory);
        });
      }
    });
  }

  /**
   * The plan for these input shapes; kept, so that asking again is cheap. Of a model in several
   * stages it is the first one's: what the others are depends on data.
   *
   * @throws IllegalArgumentException as {@link #graph}, or if the backend does not run here
   * @throws dev.tilewright.onnx.UnsupportedModelException as {@link #graph}, or if a session would
   *     take more memory than the model was loaded to allow, of which none is taken then
   */
  public Plan plan(Map<String, Shape> shapes, SessionOptions options) {
    return using(() -> first(shapes, options)).plan();
  }

  /**
   * The nodes that are planned only when a run has computed what they depend on; none if the model
   * has one stage.
   *
   * @throws IllegalArgumentException as {@link #plan}
   */
  public List<String> waiting(Map<String, Shape> shapes, SessionOptions options) {
    return using(() -> first(shapes, options)).waiting();
  }

  PlannedStage first(Map<String, Shape> shapes, SessionOptions options) {
    synchronized (plans) {
      PlanKey key = new PlanKey(Map.copyOf(shapes), options);
      PlannedStage stage = plans.get(key);
      if (stage == null) {
        stage = NativeMemory.granted(() -> firstPlanned(shapes, options));
        plans.put(key, stage);
      }
      return stage;
    }
  }

  /** The stage that follows another one when these values have come out. */
  PlannedStage next(PlannedStage after, StageKey key, SessionOptions options) {
    synchronized (plans) {
      NextKey next = new NextKey(after, key);
      PlannedStage stage = laterPlans.get(next);
      if (stage == null) {
        stage = NativeMemory.granted(() -> nextPlanned(after, key, options));
        laterPlans.put(next, stage);
      }
      return stage;
    }
  }

  private PlannedStage firstPlanned(Map<String, Shape> shapes, SessionOptions options) {
    String session = cache == null ? "" : session(shapes, options);
    Plan kept = cache == null ? null : cache.plan(session, usable(options));
    if (kept != null) {
      requireMemory(kept.sessionBytes());
      return new PlannedStage(kept);
    }
    Source of = source();
    of.memory.restore();
    StageMemory own = new StageMemory(of.memory);
    PlannedStage planned = planned(OnnxImporter.first(of.onnx, shapes, own), own, options);
    if (cache != null && planned.isLast()) {
      cache.write(session, of.onnx.inputs(), of.onnx.outputs(), planned.plan(), own::weights);
    }
    if (planned.isLast()) {
      of.memory.clear(Reads.of(planned.plan(), own::weights));
    }
    PackedCache.giveBack(bytes); // what is packed need not be in memory twice
    return planned;
  }

  /** All that a plan depends on besides model, machine and program. */
  private static String session(Map<String, Shape> shapes, SessionOptions options) {
    return new TreeMap<>(shapes)
        + ", "
        + options.threads()
        + " threads, "
        + options.backend()
        + " of "
        + usable(options).stream().map(Backend::name).toList()
        + ", measurements "
        + options.tuning().digest()
        + ", fusing "
        + Planner.fusing();
  }

  private static List<Backend> usable(SessionOptions options) {
    return Backends.load().usable(options.backend());
  }

  /**
   * What became of the cache of packed weights, in words; empty if there is none ({@link
   * LoadOptions#packedCache}).
   */
  public Optional<String> packedCache() {
    return Optional.ofNullable(cache).map(c -> c.file() + " " + c.state());
  }

  private PlannedStage nextPlanned(PlannedStage after, StageKey key, SessionOptions options) {
    source().memory.restore(); // cleared by a plan for other shapes, which make it one stage
    StageMemory own = after.memory().next(key.known());
    return planned(after.stage().next(key, own), own, options);
  }

  /** How many later stages are kept. */
  int plannedStages() {
    synchronized (plans) {
      return laterPlans.size();
    }
  }

  /** Bytes of constants that are kept for all plans. */
  long keptBytes() {
    return source().memory.keptBytes();
  }

  /** Bytes of constants that take no memory until another plan is made. */
  long clearedBytes() {
    return source().memory.clearedBytes();
  }

  private PlannedStage planned(Stage stage, StageMemory own, SessionOptions options) {
    Planner planner =
        new Planner(
            own,
            new Planner.Means(
                usable(options), options.backend(), options.threads(), options.tuning()));
    Graph graph = Passes.standard(stage.graph(), own);
    // Planning may need as much as the largest value to try how a filter would be packed.
    requireMemory(largest(graph));
    Plan plan = planner.plan(graph);
    requireMemory(plan.sessionBytes());
    return new PlannedStage(stage, plan, own);
  }

  /**
   * A session of its own memory and threads; any number may be open.
   *
   * @throws IllegalArgumentException if the backend does not run here; the message says why
   * @throws IllegalStateException if the model is closed
   */
  public Session session(SessionOptions options) {
    Backends.load().usable(options.backend()); // a bad choice fails here, not in the first run
    enter();
    try {
      return new Session(this, options);
    } catch (RuntimeException | Error e) {
      leave();
      throw e;
    }
  }

  private static long largest(Graph graph) {
    return graph.nodes().stream()
        .flatMap(node -> node.outputs().stream())
        .mapToLong(value -> value.type().bytes())
        .max()
        .orElse(0);
  }

  /** How much more than it may a session would have with so many bytes. */
  long excess(long bytes) {
    return Math.max(0, bytes - limits.sessionBytes());
  }

  /**
   * @throws UnsupportedModelException if a session may not have so many bytes
   */
  void requireMemory(long bytes) {
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

  /** Keeps the weights until {@link #leave}. */
  private void enter() {
    if (users.getAndUpdate(n -> n == CLOSED ? n : n + 1) == CLOSED) {
      throw new IllegalStateException("the model is closed");
    }
  }

  /** For who has entered; a session when it is closed. */
  void leave() {
    users.decrementAndGet();
  }

  private <T> T using(Supplier<T> work) {
    enter();
    try {
      return work.get();
    } finally {
      leave();
    }
  }

  /**
   * Frees the weights. Closing again does nothing.
   *
   * @throws IllegalStateException if a session of this model is open or a thread makes a plan: they
   *     would read freed memory. The model stays open then
   */
  @Override
  public void close() {
    int before = users.getAndUpdate(n -> n == 0 ? CLOSED : n);
    if (before > 0) {
      throw new IllegalStateException("close the model's sessions first");
    }
    if (before == 0) {
      arena.close();
    }
  }
}
