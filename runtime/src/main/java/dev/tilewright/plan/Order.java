package dev.tilewright.plan;

import dev.tilewright.graph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/**
 * An order of the steps in which less has to be in memory at once. The model's own order stays
 * unless another one is strictly better.
 *
 * <p>Steps depend on each other by the buffers they touch: one that reads from a buffer comes after
 * all that wrote into it before. It need not come before those that wrote later, for what is
 * written again is another part.
 */
final class Order {
  private final List<Plan.Step> steps;
  private final List<Set<Integer>> before = new ArrayList<>();
  private final List<Set<Integer>> after = new ArrayList<>();

  /** By step, the buffers that it touches, constants excepted. */
  private final int[][] touched;

  /** By step, bytes of its scratch. */
  private final long[] scratch;

  /** By buffer. */
  private final long[] bytes;

  /** Whether a buffer outlives the last step. */
  private final boolean[] kept;

  /** Whether a buffer is there before the first step and after the last: inputs are. */
  private final boolean[] unwritten;

  private Order(List<Plan.Step> steps, Schedule schedule, Set<Value> outlive) {
    this.steps = steps;
    Map<Value, Integer> buffers = new LinkedHashMap<>();
    outlive.forEach(root -> number(buffers, root));
    touched = new int[steps.size()][];
    scratch = new long[steps.size()];
    Map<Value, Set<Integer>> writers = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      Plan.Step step = steps.get(i);
      scratch[i] = Lifetimes.scratchStride(step.kernel()) * step.threads();
      Set<Integer> needed = new HashSet<>();
      Set<Value> roots = new LinkedHashSet<>();
      for (Value v : step.inputs()) {
        Value root = schedule.root(v);
        needed.addAll(writers.getOrDefault(root, Set.of()));
        if (schedule.hasPlace(root)) {
          roots.add(root);
        }
      }
      before.add(needed);
      after.add(new HashSet<>());
      for (int n : needed) {
        after.get(n).add(i);
      }
      for (Value v : step.outputs()) {
        writers.computeIfAbsent(schedule.root(v), r -> new HashSet<>()).add(i);
        roots.add(schedule.root(v));
      }
      touched[i] = roots.stream().mapToInt(root -> number(buffers, root)).toArray();
    }
    bytes = buffers.keySet().stream().mapToLong(schedule::bytes).toArray();
    kept = new boolean[bytes.length];
    Arrays.fill(kept, 0, outlive.size(), true);
    unwritten = kept.clone();
    writers.keySet().forEach(root -> unwritten[number(buffers, root)] = false);
  }

  private static int number(Map<Value, Integer> buffers, Value root) {
    return buffers.computeIfAbsent(root, r -> buffers.size());
  }

  /**
   * The best order found.
   *
   * @param kept buffers that outlive the last step
   * @param memory bytes that steps in a given order need at once
   */
  static List<Plan.Step> best(
      List<Plan.Step> steps,
      Schedule schedule,
      Set<Value> kept,
      ToLongFunction<List<Plan.Step>> memory) {
    List<Plan.Step> best = steps;
    long least = memory.applyAsLong(steps);
    Order order = new Order(steps, schedule, kept);
    if (least <= order.needed()) {
      return steps;
    }
    for (Rule rule : Rule.values()) {
      List<Plan.Step> candidate = order.greedy(rule);
      long bytes = memory.applyAsLong(candidate);
      if (bytes < least) {
        least = bytes;
        best = candidate;
      }
    }
    return best;
  }

  /** Bytes of the inputs and what the hungriest step touches: no order needs less beside it. */
  private long needed() {
    long inputs = 0;
    for (int b = 0; b < bytes.length; b++) {
      inputs += unwritten[b] ? bytes[b] : 0;
    }
    long most = 0;
    for (int i = 0; i < touched.length; i++) {
      long sum = inputs + scratch[i];
      for (int b : touched[i]) {
        sum += unwritten[b] ? 0 : bytes[b];
      }
      most = Math.max(most, sum);
    }
    return most;
  }

  /** Which of the steps that could run next does. */
  private enum Rule {
    /** The one after which least is alive. */
    LEAST_LEFT,
    /** The one during which least is alive, then the one after which least is. */
    LEAST_DURING,
    /** One that needs what the step before made, if any; else the one after which least is. */
    FOLLOW
  }

  private List<Plan.Step> greedy(Rule rule) {
    int count = steps.size();
    int[] missing = before.stream().mapToInt(Set::size).toArray();
    int[] uses = new int[bytes.length];
    for (int[] buffers : touched) {
      for (int b : buffers) {
        uses[b]++;
      }
    }
    BitSet ready = new BitSet(count);
    for (int i = 0; i < count; i++) {
      ready.set(i, missing[i] == 0);
    }
    boolean[] alive = new boolean[bytes.length];
    List<Plan.Step> ordered = new ArrayList<>();
    int previous = -1;
    while (!ready.isEmpty()) {
      int next = -1;
      long[] best = {};
      for (int i = ready.nextSetBit(0); i >= 0; i = ready.nextSetBit(i + 1)) {
        long[] rank = rank(rule, i, previous, alive, uses);
        if (next < 0 || Arrays.compare(rank, best) < 0) {
          next = i;
          best = rank;
        }
      }
      ready.clear(next);
      ordered.add(steps.get(next));
      for (int b : touched[next]) {
        alive[b] = --uses[b] > 0 || kept[b];
      }
      for (int follower : after.get(next)) {
        if (--missing[follower] == 0) {
          ready.set(follower);
        }
      }
      previous = next;
    }
    return ordered;
  }

  /** Compared lexically, smaller first; of equal ones the model's order decides. */
  private long[] rank(Rule rule, int index, int previous, boolean[] alive, int[] uses) {
    long during = scratch[index];
    long left = 0;
    for (int b : touched[index]) {
      during += alive[b] ? 0 : bytes[b];
      left += alive[b] ? 0 : bytes[b];
      left -= uses[b] == 1 && !kept[b] ? bytes[b] : 0;
    }
    return switch (rule) {
      case LEAST_LEFT -> new long[] {left, during};
      case LEAST_DURING -> new long[] {during, left};
      case FOLLOW ->
          new long[] {previous >= 0 && after.get(previous).contains(index) ? 0 : 1, left};
    };
  }
}
