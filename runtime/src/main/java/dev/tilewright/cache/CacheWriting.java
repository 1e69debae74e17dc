package dev.tilewright.cache;

import dev.tilewright.conv.Weights;
import dev.tilewright.plan.Plan;
import dev.tilewright.plan.Reads;
import dev.tilewright.plan.Recipe;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
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
    Reads reads = Reads.of(plan, weights);
    IdentityHashMap<Tensor, Integer> numbers = new IdentityHashMap<>();
    for (Tensor tensor : image.tensors()) {
      numbers.put(tensor, entries.size());
      boolean kept = reads.values().contains(tensor) || !reads.weights().contains(tensor);
      entries.add(new CacheFile.Entry(tensor.type(), kept ? sink.add(tensor.data()) : -1));
    }
    Set<Pair> written = new HashSet<>();
    for (Recipe.Conv conv : convs()) {
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

  private List<Recipe.Conv> convs() {
    return plan.steps().stream().flatMap(step -> Reads.convs(step.recipe()).stream()).toList();
  }
}
