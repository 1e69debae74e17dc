package dev.tilewright.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.Execution;
import dev.tilewright.LoadOptions;
import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.cli.CommandRun;
import dev.tilewright.onnx.StagedModels;
import dev.tilewright.plan.Plan;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.Zoo;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.WeightSource;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PackedCacheTest {
  private static final Shape SMALL = Shape.of(1, 3, 64, 64);
  private static final SessionOptions NATIVE = SessionOptions.defaults().threads(2);

  @TempDir private Path folder;
  private Path model = Path.of("");
  private Path cache = Path.of("");

  /** What a load came to. */
  private record Outcome(String state, Map<String, float[]> outputs, Plan plan) {
    void assertEquals(Outcome other) {
      assertThat(outputs.keySet()).isEqualTo(other.outputs.keySet());
      outputs.forEach((name, values) ->
          assertThat(Arrays.equals(values, other.outputs.get(name)))
              .as("bits of " + name)
              .isTrue());
    }
  }

  @BeforeEach
  void aSmallNetwork() throws IOException {
    cache = folder.resolve("caches").resolve("model.packed");
    model = folder.resolve("model.onnx");
    Files.write(model, network("squeezenet1-1", SMALL, 1));
  }

  private static byte[] network(String name, Shape shape, long seed) {
    Blueprint blueprint = Blueprint.of(Zoo.find(name).block().get(), shape);
    return blueprint.file(WeightSource.seeded(seed));
  }

  private Outcome load() throws IOException {
    return load(LoadOptions.defaults().packedCache(cache), NATIVE, SMALL);
  }

  private Outcome load(LoadOptions options, SessionOptions session, Shape shape)
      throws IOException {
    try (Model loaded = Model.load(model, options);
        Session open = loaded.session(session)) {
      String input = loaded.inputs().getFirst().name();
      Execution execution = open.prepare(Map.of(input, shape));
      Tensor x = execution.input(input);
      for (long i = 0; i < x.shape().elements(); i++) {
        x.data().setAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i, i % 251 / 251f - 0.5f);
      }
      execution.run();
      Map<String, float[]> outputs = new TreeMap<>();
      execution.outputs().forEach(name -> outputs.put(name, execution.output(name).toFloats()));
      return new Outcome(loaded.packedCache().orElse("none"), outputs, execution.plan());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mobilenet-v2, 64, auto",
    "mobilenet-v3-large, 64, auto",
    "efficientnet-b0, 64, auto",
    "shufflenet-v2-x1-0, 64, auto",
    "regnet-y-400mf, 64, auto",
    "squeezenet1-1, 64, reference",
    "squeezenet1-1, 64, vector",
    "resnet18, 64, vector",
  })
  void aSecondStartGivesTheSamePlanAndBits(String network, int size, String backend)
      throws IOException {
    Shape shape = Shape.of(1, 3, size, size);
    Files.write(model, network(network, shape, 1));
    SessionOptions session = NATIVE.backend(backend);
    Outcome without = load(LoadOptions.defaults(), session, shape);
    assertThat(without.state).isEqualTo("none");
    LoadOptions cached = LoadOptions.defaults().packedCache(cache);
    Outcome first = load(cached, session, shape);
    assertThat(first.state).endsWith("not used: there was none; written");
    first.assertEquals(without);
    Outcome second = load(cached, session, shape);
    assertThat(second.state).endsWith("model.packed used");
    second.assertEquals(without);
    assertThat(second.plan.steps().stream().map(s -> s.choice()))
        .isEqualTo(first.plan.steps().stream().map(s -> s.choice()).toList());
    assertThat(second.plan.places()).isEqualTo(first.plan.places());
    assertThat(second.plan.buffers()).isEqualTo(first.plan.buffers());
    assertThat(second.plan.sessionBytes()).isEqualTo(first.plan.sessionBytes());
    assertThat(second.plan.packedBytes()).isEqualTo(first.plan.packedBytes());
  }

  @Test
  void otherOptionsAndShapesAreOtherPlans() throws IOException {
    load();
    LoadOptions cached = LoadOptions.defaults().packedCache(cache);
    String other = "not used: made for other inputs or options; written";
    assertThat(load(cached, NATIVE.threads(1), SMALL).state).endsWith(other);
    assertThat(load(cached, NATIVE.threads(1), SMALL).state).endsWith("used");
    assertThat(load(cached, NATIVE.backend("reference"), SMALL).state).endsWith(other);
  }

  @Test
  void aModelThatChangedIsNotTakenForTheOldOne() throws IOException {
    Outcome old = load();
    FileTime time = Files.getLastModifiedTime(model);
    byte[] bytes = network("squeezenet1-1", SMALL, 2);
    assertThat((long) bytes.length).isEqualTo(Files.size(model));
    Files.write(model, bytes);
    Files.setLastModifiedTime(model, time);
    Outcome changed = load();
    assertThat(changed.state)
        .endsWith("not used: made of another model, or of this one before it changed; written");
    assertThat(changed.outputs.values().iterator().next())
        .isNotEqualTo(old.outputs.values().iterator().next());
    changed.assertEquals(load(LoadOptions.defaults(), NATIVE, SMALL));
    assertThat(load().state).endsWith("used");
  }

  @Test
  void everyBitOfTheModelCounts() throws IOException {
    load();
    byte[] whole = Files.readAllBytes(model);
    Random random = new Random(5);
    for (int i = 0; i < 20; i++) {
      byte[] changed = whole.clone();
      // In the tensors, which are most of the file: a change elsewhere may be no model any more.
      int at = whole.length / 4 + random.nextInt(whole.length / 2);
      changed[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(model, changed);
      try (Model loaded = Model.load(model, LoadOptions.defaults().packedCache(cache))) {
        assertThat(loaded.packedCache().orElseThrow()).contains("another model");
      }
    }
  }

  @Test
  void aFlippedBitIsNeverUsed() throws IOException {
    Outcome right = load();
    byte[] whole = Files.readAllBytes(cache);
    Random random = new Random(7);
    int ignored = 0;
    for (int i = 0; i < 60; i++) {
      byte[] damaged = whole.clone();
      // A third each in the head, near the end, where the records are, and anywhere.
      int at =
          switch (i % 3) {
            case 0 -> random.nextInt(40);
            case 1 -> damaged.length - 1 - random.nextInt(20_000);
            default -> random.nextInt(damaged.length);
          };
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      Files.write(cache, damaged);
      Outcome outcome = load();
      outcome.assertEquals(right);
      // What lies between the head and the data is never read.
      boolean unused = at >= 40 && at < 4096;
      assertThat(outcome.state.contains("not used")).as("byte " + at).isEqualTo(!unused);
      ignored += outcome.state.contains("not used") ? 1 : 0;
    }
    assertThat(ignored).isGreaterThan(50);
  }

  @Test
  void aFileThatIsCutOrForeignIsReplaced() throws IOException {
    Outcome right = load();
    byte[] whole = Files.readAllBytes(cache);
    for (int length : new int[] {0, 1, 39, 40, 4095, 4096, whole.length / 2, whole.length - 1}) {
      Files.write(cache, Arrays.copyOf(whole, length));
      Outcome outcome = load();
      outcome.assertEquals(right);
      assertThat(outcome.state).as("of " + length).contains("not used").endsWith("; written");
    }
    Files.write(cache, Arrays.copyOf(whole, whole.length + 1));
    assertThat(load().state).contains("longer than it was written");
    Files.write(cache, new byte[10_000]);
    assertThat(load().state).contains("not used: not a cache; written");
    byte[] newer = whole.clone();
    newer[11] = 99;
    Files.write(cache, newer);
    assertThat(load().state).contains("of format 99, not " + CacheFile.VERSION);
    assertThat(load().state).endsWith("used");
  }

  @Test
  void otherProgramsAndMachinesAreTold() {
    CacheKey here = new CacheKey("a", "b", 1, List.of(2L), "c");
    assertThat(here.unlike(here)).isNull();
    assertThat(new CacheKey("x", "b", 1, List.of(2L), "c").unlike(here)).contains("another build");
    assertThat(new CacheKey("a", "x", 1, List.of(2L), "c").unlike(here))
        .contains("another machine");
    assertThat(new CacheKey("a", "b", 2, List.of(2L), "c").unlike(here)).contains("another model");
    assertThat(new CacheKey("a", "b", 1, List.of(3L), "c").unlike(here)).contains("another model");
  }

  @Test
  void aFileThatOthersMayWriteIsNotTrusted() throws IOException {
    load();
    Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rw-rw----"));
    assertThat(load().state).endsWith("not used: others than its owner may write it; written");
    assertThat(Files.getPosixFilePermissions(cache))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(load().state).endsWith("used");
  }

  @Test
  void whereNothingCanBeWrittenTheModelRuns() throws IOException {
    Outcome right = load(LoadOptions.defaults(), NATIVE, SMALL);
    Path file = Files.writeString(folder.resolve("file"), "not a folder");
    cache = file.resolve("model.packed");
    Outcome outcome = load();
    outcome.assertEquals(right);
    assertThat(outcome.state).contains("not used").contains("; not written: ");
    cache = Files.createDirectories(folder.resolve("full").resolve("below")).getParent();
    assertThat(load().state).contains("; not written: ");
  }

  @Test
  void severalStartsAtOnceDoNotDisturbEachOther()
      throws IOException, InterruptedException, ExecutionException {
    Outcome right = load(LoadOptions.defaults(), NATIVE, SMALL);
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Future<Outcome>> all =
          IntStream.range(0, 24)
              .mapToObj(i ->
                  threads.submit(() ->
                      // Two kinds of sessions overwrite each other's file.
                      load(
                          LoadOptions.defaults().packedCache(cache),
                          NATIVE.threads(1 + i % 2),
                          SMALL)))
              .toList();
      for (Future<Outcome> one : all) {
        one.get().assertEquals(right);
      }
    }
    try (Stream<Path> files = Files.list(cache.getParent())) {
      assertThat(files).containsExactly(cache);
    }
  }

  @Test
  void modelsInStagesAreNotKept() throws IOException {
    Files.write(model, StagedModels.heads());
    try (Model loaded = Model.load(model, LoadOptions.defaults().packedCache(cache));
        Session open = loaded.session(NATIVE)) {
      open.prepare(Map.of("x", Shape.of(8))).run();
      assertThat(loaded.packedCache().orElseThrow()).endsWith("not used: there was none");
    }
    assertThat(cache).doesNotExist();
  }

  @Test
  void whatThePlanDoesNotNeedIsReadLater() throws IOException {
    load();
    try (Model loaded = Model.load(model, LoadOptions.defaults().packedCache(cache));
        Session open = loaded.session(NATIVE)) {
      String input = loaded.inputs().getFirst().name();
      open.prepare(Map.of(input, SMALL)).run();
      assertThat(loaded.graph(Map.of(input, SMALL)).nodes()).isNotEmpty();
      open.prepare(Map.of(input, Shape.of(1, 3, 64, 64))).run();
    }
  }

  @Test
  void explainSaysWhatBecameOfIt() {
    String[] command = {"explain", model.toString(), "--packed-cache", cache.toString()};
    CommandRun first = CommandRun.of(command);
    CommandRun second = CommandRun.of(command);
    assertThat(first.out())
        .contains("packed cache " + cache + " not used: there was none; written");
    assertThat(second.out()).contains("packed cache " + cache + " used");
    assertThat(CommandRun.of("explain", model.toString(), "--packed-cache", "off").out())
        .doesNotContain("packed cache");
    assertThat(second.out().lines().filter(line -> !line.startsWith("packed cache")).toList())
        .isEqualTo(first.out().lines().filter(l -> !l.startsWith("packed cache")).toList());
  }
}
