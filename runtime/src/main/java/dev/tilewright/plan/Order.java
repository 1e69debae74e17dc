package dev.tilewright.plan;

import dev.tilewright.graph.Value;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
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
  private final Schedule schedule;

  /** Buffers that outlive the last step. */
  private final Set<Value> kept;

  private final List<Set<Integer>> before = new ArrayList<>();
  private final List<Set<Integer>> after = new ArrayList<>();

  private Order(List<Plan.Step> steps, Schedule schedule, Set<Value> kept) {
    this.steps = steps;
    this.schedule = schedule;
    this.kept = kept;
    Map<Value, Set<Integer>> writers = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      Set<Integer> needed = new HashSet<>();
      for (Value v : steps.get(i).inputs()) {
        needed.addAll(writers.getOrDefault(schedule.root(v), Set.of()));
      }
      before.add(needed);
      after.add(new HashSet<>());
      for (int n : needed) {
        after.get(n).add(i);
      }
      for (Value v : steps.get(i).outputs()) {
        writers.computeIfAbsent(schedule.root(v), r -> new HashSet<>()).add(i);
      }
    }
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
    Set<Value> inputs = new HashSet<>(kept);
    steps.forEach(s -> s.outputs().forEach(v -> inputs.remove(schedule.root(v))));
    long most = 0;
    for (Plan.Step step : steps) {
      long bytes = Lifetimes.scratchStride(step.kernel()) * step.threads();
      Set<Value> touched = new HashSet<>(inputs);
      touched.addAll(roots(step));
      for (Value root : touched) {
        bytes += schedule.bytes(root);
      }
      most = Math.max(most, bytes);
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
    Map<Value, Integer> uses = new HashMap<>();
    for (Plan.Step step : steps) {
      roots(step).forEach(r -> uses.merge(r, 1, Integer::sum));
    }
    BitSet ready = new BitSet(count);
    for (int i = 0; i < count; i++) {
      ready.set(i, missing[i] == 0);
    }
    Set<Value> alive = new HashSet<>();
    List<Plan.Step> ordered = new ArrayList<>();
    int previous = -1;
    while (!ready.isEmpty()) {
      int next = -1;
      long[] best = {};
      for (int i = ready.nextSetBit(0); i >= 0; i = ready.nextSetBit(i + 1)) {
        long[] rank = rank(rule, i, previous, alive, uses);
        if (next < 0 || java.util.Arrays.compare(rank, best) < 0) {
          next = i;
          best = rank;
        }
      }
      ready.clear(next);
      Plan.Step step = steps.get(next);
      ordered.add(step);
      for (Value root : roots(step)) {
        alive.add(root);
        if (uses.merge(root, -1, Integer::sum) == 0 && !kept.contains(root)) {
          alive.remove(root);
        }
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
  private long[] rank(
      Rule rule, int index, int previous, Set<Value> alive, Map<Value, Integer> uses) {
    Plan.Step step = steps.get(index);
    long during = Lifetimes.scratchStride(step.kernel()) * step.threads();
    long left = 0;
    for (Value root : roots(step)) {
      long bytes = schedule.bytes(root);
      boolean added = !alive.contains(root);
      during += added ? bytes : 0;
      left += added ? bytes : 0;
      left -= uses.getOrDefault(root, 0) == 1 && !kept.contains(root) ? bytes : 0;
    }
    return switch (rule) {
      case LEAST_LEFT -> new long[] {left, during};
      case LEAST_DURING -> new long[] {during, left};
      case FOLLOW ->
          new long[] {previous >= 0 && after.get(previous).contains(index) ? 0 : 1, left};
    };
  }

  /** The buffers that a step touches, constants excepted. */
  private Set<Value> roots(Plan.Step step) {
    Set<Value> roots = new HashSet<>();
    step.inputs().stream().map(schedule::root).filter(schedule::hasPlace).forEach(roots::add);
    step.outputs().stream().map(schedule::root).forEach(roots::add);
    return roots;
  }
}
