package dev.tilewright.cache;

import dev.tilewright.conv.FilterSum;
import dev.tilewright.conv.Weights;
import dev.tilewright.plan.Plan;
import dev.tilewright.plan.Recipe;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a cache of a plan holds: of filters and biases that convolutions know only the packed forms,
 * of all other tensors the values.
 */
final class CacheWriting implements CacheFile.Writing {
  private record Pair(int filter, int bias) {}

  private final CacheKey key;
  private final Record face;
  private final Plan plan;
  private final BiFunction<Tensor, @Nullable Tensor, Weights> weights;
  private final List<CacheFile.Entry> entries = new ArrayList<>();
  private final List<CacheFile.Packed> packed = new ArrayList<>();

  /**
   * @param face a record that is read before the plan is
   * @param weights as they were packed for the plan
   */
  CacheWriting(
      CacheKey key, Record face, Plan plan, BiFunction<Tensor, @Nullable Tensor, Weights> weights) {
    this.key = key;
    this.face = face;
    this.plan = plan;
    this.weights = weights;
  }

  @Override
  public List<byte[]> write(CacheFile.Sink sink) throws IOException {
    RecordWriter image = new RecordWriter();
    image.write(PlanImage.of(plan));
    List<Recipe.Conv> convs = plan.steps().stream().flatMap(s -> convs(s.recipe())).toList();
    Set<Tensor> packedOnly = new HashSet<>();
    convs.forEach(conv -> {
      packedOnly.add(conv.filter());
      if (conv.bias() != null) {
        packedOnly.add(conv.bias());
      }
    });
    Set<Tensor> needed = new HashSet<>(plan.constants().values());
    plan.steps().forEach(s -> operands(s.recipe(), needed));
    convs.stream()
        .filter(this::readsValues)
        .forEach(conv -> {
          needed.add(conv.filter());
          if (conv.bias() != null) {
            needed.add(conv.bias());
          }
        });
    IdentityHashMap<Tensor, Integer> numbers = new IdentityHashMap<>();
    for (Tensor tensor : image.tensors()) {
      numbers.put(tensor, entries.size());
      boolean kept = needed.contains(tensor) || !packedOnly.contains(tensor);
      entries.add(new CacheFile.Entry(tensor.type(), kept ? sink.add(tensor.data()) : -1));
    }
    Set<Pair> written = new HashSet<>();
    for (Recipe.Conv conv : convs) {
      Tensor bias = conv.bias();
      Pair pair =
          new Pair(
              numbers.getOrDefault(conv.filter(), -1),
              bias == null ? -1 : numbers.getOrDefault(bias, -1));
      if (written.add(pair)) {
        for (Map.Entry<String, MemorySegment> form :
            weights.apply(conv.filter(), bias).forms().entrySet()) {
          MemorySegment bytes = form.getValue();
          packed.add(
              new CacheFile.Packed(
                  pair.filter, pair.bias, form.getKey(), sink.add(bytes), bytes.byteSize()));
        }
      }
    }
    return List.of(bytes(key), new byte[0], bytes(face), image.toBytes());
  }

  @Override
  public byte[] index(List<Long> sums) {
    return bytes(new CacheFile.Index(entries, packed, sums));
  }

  private static byte[] bytes(Record record) {
    RecordWriter writer = new RecordWriter();
    writer.write(record);
    return writer.toBytes();
  }

  private static Stream<Recipe.Conv> convs(Recipe recipe) {
    return switch (recipe) {
      case Recipe.Conv conv -> Stream.of(conv);
      case Recipe.Summed(Recipe.Conv conv, FilterSum _) -> Stream.of(conv);
      case Recipe.Chain chain ->
          Stream.of(chain.before(), chain.depthwise(), chain.after())
              .filter(Objects::nonNull)
              .flatMap(member -> member.bands().stream());
      case Recipe.Computed c -> Stream.empty();
      case Recipe.Operator o -> Stream.empty();
    };
  }

  /** Whether the kernel takes weights as they are; the reference does. */
  private boolean readsValues(Recipe.Conv conv) {
    return conv.algorithm().startsWith("reference.")
        || weights.apply(conv.filter(), conv.bias()).forms().isEmpty();
  }

  private static void operands(Recipe recipe, Set<Tensor> to) {
    if (recipe instanceof Recipe.Operator operator) {
      operator.problem().constants().stream().filter(Objects::nonNull).forEach(to::add);
    }
  }
}
