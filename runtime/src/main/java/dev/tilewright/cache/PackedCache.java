package dev.tilewright.cache;

import dev.tilewright.backend.Backend;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.Weights;
import dev.tilewright.database.Machine;
import dev.tilewright.database.ThisMachine;
import dev.tilewright.database.UserCache;
import dev.tilewright.onnx.Signature;
import dev.tilewright.plan.Plan;
import dev.tilewright.plan.Recipe;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One model's cache: the plan of a session and the weights as its kernels want them. With it a
 * start reads no weight of the model, rewrites and plans nothing, and packs nothing; the packed
 * weights are the file's own pages, shared by all processes that have it open.
 *
 * <p>It holds for one build of the program, one machine and Java, one content of the model file,
 * which is read and compared each time, and one session: its options and the shapes of its inputs.
 * If anything is different or damaged it is ignored, the reason is kept ({@link #state}), and when
 * a plan has been made it is written anew. Nothing that is wrong with a cache is an error.
 *
 * <p>Of {@link #plan} and {@link #write} one at a time may be called; all else at any time.
 */
public final class PackedCache {
  private static final int KEY = 0;
  private static final int INDEX = 1;
  private static final int FACE = 2;
  private static final int PLAN = 3;

  /** What can be asked of a model without a plan. */
  private record Face(List<Signature> inputs, List<String> outputs) {}

  /** What a plan is made of. */
  private record Contents(List<Tensor> tensors, Map<Pair, Weights> weights, PlanImage image) {}

  private record Pair(int filter, int bias) {}

  private final Path file;
  private final MemorySegment model;
  private final List<Long> sums;
  private volatile String state = "";

  /** What was found in the file, if it is of this model, program and machine. */
  private @Nullable CacheFile found;

  private @Nullable CacheKey key;
  private @Nullable Face face;

  /** Read before anybody asked, and until somebody does. */
  private @Nullable Contents ahead;

  private PackedCache(Path file, MemorySegment model, List<Long> sums) {
    this.file = file;
    this.model = model;
    this.sums = sums;
  }

  /**
   * Looks what is in a file, which need not exist.
   *
   * @param model bytes of the model file, mapped
   * @param arena as long as which the model lives
   */
  public static PackedCache open(Path file, MemorySegment model, Arena arena) {
    PackedCache cache = new PackedCache(file, model, Checksums.of(model));
    cache.look(arena);
    giveBack(model); // only looked at
    return cache;
  }

  /** Lets the system have the pages of a mapped file, which it reads again for who asks. */
  public static void giveBack(MemorySegment file) {
    if (file.isMapped() && file.byteSize() > 0) {
      file.unload();
    }
  }

  /** What is the same for all models of a process. */
  private static final class Here {
    static final String PROGRAM = program();
    static final String MACHINE = machine();

    /** Empty if it is not known. */
    private static String program() {
      try {
        return Program.digest(Backends.load().usable("auto"));
      } catch (IOException e) {
        return "";
      }
    }

    private static String machine() {
      Machine machine = Backends.load().machine();
      return machine + ", " + machine.kernels();
    }
  }

  /** What a cache must have been made for. */
  private CacheKey wanted(String session) {
    return new CacheKey(Here.PROGRAM, Here.MACHINE, model.byteSize(), sums, session);
  }

  private void look(Arena arena) {
    try {
      String distrust = Files.exists(file) ? UserCache.distrust(file) : null;
      if (distrust != null) {
        ignored(distrust);
        return;
      }
      CacheFile opened = CacheFile.open(file, arena);
      CacheKey its = read(opened, KEY, List.of(), CacheKey.class);
      if (its.sums().equals(sums) && Program.isOf(its.program())) {
        ahead = readAhead(opened);
      }
      ThisMachine.ask(); // while backends load
      if (Here.PROGRAM.isEmpty()) {
        ignored("the program cannot tell its build");
        return;
      }
      String difference = its.unlike(wanted(""));
      if (difference != null) {
        ahead = null;
        ignored(difference);
        return;
      }
      face = read(opened, FACE, List.of(), Face.class);
      key = its;
      found = opened;
      state = "not asked for";
    } catch (NoSuchFileException e) {
      ignored("there was none");
    } catch (IOException | IllegalArgumentException e) {
      ignored(String.valueOf(e.getMessage()));
    }
  }

  /** Null if it cannot be read, which is told to who asks for it. */
  private static @Nullable Contents readAhead(CacheFile from) {
    try {
      return contents(from);
    } catch (IOException | IllegalArgumentException e) {
      return null;
    }
  }

  /**
   * @throws IOException if the data are damaged
   * @throws IllegalArgumentException if a record is
   */
  private static Contents contents(CacheFile from) throws IOException {
    CacheFile.Index index = read(from, INDEX, List.of(), CacheFile.Index.class);
    MemorySegment data = from.data(index);
    List<Tensor> tensors = tensors(index, data);
    return new Contents(
        tensors, weights(index, data, tensors), read(from, PLAN, tensors, PlanImage.class));
  }

  private static <T extends Record> T read(
      CacheFile from, int number, List<Tensor> tensors, Class<T> type) {
    return new RecordReader(from.record(number), tensors).read(type);
  }

  private void ignored(String reason) {
    state = "not used: " + reason;
  }

  /** Whether {@link #inputs} and {@link #outputs} are known without reading the model. */
  public boolean knowsModel() {
    return face != null;
  }

  /** What the model takes. */
  public List<Signature> inputs() {
    return Objects.requireNonNull(face).inputs;
  }

  /** What the model gives. */
  public List<String> outputs() {
    return Objects.requireNonNull(face).outputs;
  }

  public Path file() {
    return file;
  }

  /** In words: that the cache was used, or why not, and whether it was written. */
  public String state() {
    return state;
  }

  /**
   * The plan that is kept, over the packed weights in the file; null if it is for another session
   * or cannot be used.
   *
   * @param session text of all that a plan depends on besides model, machine and program
   * @param backends that the session may use
   */
  public @Nullable Plan plan(String session, List<Backend> backends) {
    CacheFile from = found;
    if (from == null || key == null) {
      return null;
    }
    if (!session.equals(key.session())) {
      ahead = null;
      ignored("made for other inputs or options");
      return null;
    }
    try {
      Contents contents = ahead == null ? contents(from) : ahead;
      ahead = null;
      IdentityHashMap<Tensor, Integer> numbers = new IdentityHashMap<>();
      for (int i = 0; i < contents.tensors.size(); i++) {
        numbers.put(contents.tensors.get(i), i);
      }
      Plan plan =
          contents.image.plan(
              new Recipe.Ingredients(
                  backends, (filter, bias) -> find(contents.weights, numbers, filter, bias)));
      state = "used";
      return plan;
    } catch (IOException | IllegalArgumentException | IllegalStateException e) {
      ignored(String.valueOf(e.getMessage()));
      found = null;
      return null;
    }
  }

  private static Weights find(
      Map<Pair, Weights> weights,
      IdentityHashMap<Tensor, Integer> numbers,
      Tensor filter,
      @Nullable Tensor bias) {
    Pair pair =
        new Pair(
            numbers.getOrDefault(filter, -1), bias == null ? -1 : numbers.getOrDefault(bias, -1));
    // Of weights that are not packed the values are there.
    return weights.computeIfAbsent(pair, p -> Weights.packedBefore(filter, bias, Map.of()));
  }

  private static List<Tensor> tensors(CacheFile.Index index, MemorySegment data) {
    List<Tensor> tensors = new ArrayList<>();
    // Of weights that are needed in packed form only there are no values: to read them is an error,
    // not a crash. No two are the same memory.
    try (Arena closed = Arena.ofConfined()) {
      for (CacheFile.Entry entry : index.tensors()) {
        long bytes = entry.type().bytes();
        MemorySegment values =
            entry.offset() < 0
                ? MemorySegment.ofAddress(tensors.size()).reinterpret(bytes, closed, null)
                : data.asSlice(entry.offset(), bytes);
        tensors.add(new Tensor(entry.type(), values));
      }
    }
    return tensors;
  }

  private static Map<Pair, Weights> weights(
      CacheFile.Index index, MemorySegment data, List<Tensor> tensors) {
    Map<Pair, Map<String, MemorySegment>> forms = new LinkedHashMap<>();
    for (CacheFile.Packed packed : index.packed()) {
      forms
          .computeIfAbsent(new Pair(packed.filter(), packed.bias()), p -> new HashMap<>())
          .put(packed.form(), data.asSlice(packed.offset(), packed.bytes()));
    }
    Map<Pair, Weights> all = new ConcurrentHashMap<>(); // kernels may be made in parallel
    forms.forEach((pair, packed) ->
        all.put(
            pair,
            Weights.packedBefore(
                tensors.get(pair.filter), pair.bias < 0 ? null : tensors.get(pair.bias), packed)));
    return all;
  }

  /**
   * Keeps a plan in place of what was kept. What goes wrong is told in {@link #state}.
   *
   * @param session as {@link #plan}
   * @param weights of the model, as they were packed for the plan
   */
  public void write(
      String session,
      List<Signature> inputs,
      List<String> outputs,
      Plan plan,
      BiFunction<Tensor, @Nullable Tensor, Weights> weights) {
    String before = state;
    try {
      if (Here.PROGRAM.isEmpty()) {
        return;
      }
      // The plan was made of what was mapped: if that changed meanwhile, it is of no file.
      if (!Checksums.of(model).equals(sums)) {
        state = before + "; not written: the model changed while it was read";
        return;
      }
      CacheFile.write(
          file, new CacheWriting(wanted(session), new Face(inputs, outputs), plan, weights));
      state = before + "; written";
    } catch (IOException | IllegalArgumentException e) {
      state = before + "; not written: " + e;
    }
  }
}
