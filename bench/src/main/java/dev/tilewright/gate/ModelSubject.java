package dev.tilewright.gate;

import dev.tilewright.Model;
import dev.tilewright.Workers;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.Weights;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.onnx.Signature;
import dev.tilewright.plan.Plan;
import dev.tilewright.plan.Planner;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A model planned by one side's library, on memory given to it: runs it so many times, and tells
 * what can be counted exactly. Loaded once a side ({@link SideLoader}); only types of the JDK
 * cross.
 */
public final class ModelSubject implements IntConsumer, Supplier<Map<String, String>> {
  private static final long SEED = 42;
  private static final int DIGEST_BYTES = 8;

  private final Model model;
  private final Plan plan;
  private final MemorySegment memory;
  private final Workers workers = new Workers(1);
  private final Workers.Region[] regions;

  private record Pair(Tensor filter, @Nullable Tensor bias) {}

  /** Packed weights in the memory given. */
  private record Packing(Arena arena, Map<Pair, Weights> weights) implements Planner.ModelMemory {
    @Override
    public Weights weights(Tensor filter, @Nullable Tensor bias) {
      return weights.computeIfAbsent(new Pair(filter, bias), p -> new Weights(filter, bias, arena));
    }

    @Override
    public Tensor resident(Tensor constant) {
      return constant.copy(arena);
    }

    @Override
    public long packedBytes() {
      return weights.values().stream().mapToLong(Weights::packedBytes).sum();
    }
  }

  /**
   * Plans a model and binds it to memory.
   *
   * @param onnx the model
   * @param shapes of its inputs, by name
   * @param backend {@code auto} or one backend's name
   * @param arena of all that a run reads and writes
   */
  public ModelSubject(byte[] onnx, Map<String, int[]> shapes, String backend, Arena arena) {
    model = Model.of(onnx);
    Map<String, Shape> sizes = new LinkedHashMap<>();
    for (Signature input : model.inputs()) {
      int[] dims = Objects.requireNonNull(shapes.get(input.name()), input.name());
      sizes.put(input.name(), new Shape(Arrays.stream(dims).boxed().toList()));
    }
    Packing packing = new Packing(arena, new ConcurrentHashMap<>());
    Planner.Means means = new Planner.Means(Backends.load().usable(backend), backend, 1);
    plan = new Planner(packing, means).plan(model.graph(sizes));
    memory = arena.allocate(Math.max(64, plan.arenaBytes()), 64);
    plan.inputs().values().forEach(this::fill);
    List<Workers.Region> all = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      Plan.Step step = plan.steps().get(i);
      Plan.Scratch scratch = plan.scratch().get(i);
      Task task =
          step.kernel()
              .bind(
                  new Operands(
                      step.inputs().stream().map(this::view).toList(),
                      step.outputs().stream().map(this::view).toList(),
                      memory.address() + scratch.offset(),
                      scratch.stride(),
                      Arena.ofShared())); // of argument blocks, which hold addresses: not the slab
      if (task.before() instanceof Task first) {
        all.add(new Workers.Region(first, 1));
      }
      all.add(new Workers.Region(task, 1));
    }
    regions = all.toArray(Workers.Region[]::new);
  }

  private View view(Value value) {
    Plan.Place place = plan.places().get(value);
    return place == null
        ? View.dense(constant(value).address(), value.type())
        : new View(memory.address() + place.offset(), value.type(), place.rowStride());
  }

  private MemorySegment constant(Value value) {
    return Objects.requireNonNull(plan.constants().get(value), "has a place or is constant").data();
  }

  private void fill(Value input) {
    Plan.Place place = Objects.requireNonNull(plan.places().get(input), "inputs have places");
    MemorySegment values = memory.asSlice(place.offset(), input.type().bytes());
    Random random = new Random(SEED);
    for (long i = 0; i < values.byteSize() / Float.BYTES; i++) {
      values.setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, (float) random.nextGaussian());
    }
  }

  /** Runs the model so many times. Allocates nothing once it is warm. */
  @Override
  public void accept(int runs) {
    for (int i = 0; i < runs; i++) {
      for (Workers.Region region : regions) {
        workers.run(region);
      }
    }
  }

  /** Exact figures and digests, by name. The model has run, and its output is still in memory. */
  @Override
  public Map<String, String> get() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("arena bytes", String.valueOf(plan.arenaBytes()));
    facts.put("packed weight bytes", String.valueOf(plan.packedBytes()));
    facts.put("steps", String.valueOf(plan.steps().size()));
    facts.put("steps that move data", count(step -> isMove(step.op())));
    facts.put("steps in C", count(step -> step.choice().algorithm().contains("native.")));
    facts.put("choices", digestOfChoices());
    facts.put("output", digestOfOutputs());
    return facts;
  }

  private String count(java.util.function.Predicate<Plan.Step> condition) {
    return String.valueOf(plan.steps().stream().filter(condition).count());
  }

  private static boolean isMove(String op) {
    String name = op.toLowerCase(Locale.ROOT);
    return name.startsWith("transpose")
        || name.startsWith("concat")
        || name.startsWith("slice")
        || name.startsWith("pad")
        || name.startsWith("expand")
        || name.startsWith("gather");
  }

  private String digestOfChoices() {
    MessageDigest digest = sha256();
    for (Plan.Step step : plan.steps()) {
      String line =
          step.key() + '\t' + step.choice().algorithm() + '\t' + step.choice().tile() + '\n';
      digest.update(line.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest(), 0, DIGEST_BYTES);
  }

  private String digestOfOutputs() {
    MessageDigest digest = sha256();
    for (Value output : plan.outputs().values()) {
      Plan.Place place = plan.places().get(output);
      MemorySegment values =
          place == null ? constant(output) : memory.asSlice(place.offset(), output.type().bytes());
      digest.update(values.toArray(ValueLayout.JAVA_BYTE));
    }
    return HexFormat.of().formatHex(digest.digest(), 0, DIGEST_BYTES);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
