package dev.tilewright.plan;

import dev.tilewright.graph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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

  /** By step, the buffers that it touches, constants excepted. */
  private final int[][] touched;

  /** By step, the buffers that it writes into. */
  private final int[][] written;

  /** By step, bytes of its scratch. */
  private final long[] scratch;

  /** By buffer, the steps that touch it. */
  private final List<List<Integer>> touching = new ArrayList<>();

  /** By buffer, the steps that write into it, in the model's order. */
  private final List<List<Integer>> writers = new ArrayList<>();

  /** By buffer, the steps that read from it and how many of its writers come before each. */
  private final List<List<Reader>> readers = new ArrayList<>();

  private record Reader(int step, int writers) {}

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
    written = new int[steps.size()][];
    scratch = new long[steps.size()];
    for (int i = 0; i < steps.size(); i++) {
      Plan.Step step = steps.get(i);
      scratch[i] = Lifetimes.scratchBytes(step);
      Set<Integer> all = new LinkedHashSet<>();
      for (Value v : step.inputs()) {
        Value root = schedule.root(v);
        if (schedule.hasPlace(root) && all.add(number(buffers, root))) {
          int buffer = number(buffers, root);
          readers.get(buffer).add(new Reader(i, writers.get(buffer).size()));
        }
      }
      Set<Integer> into = new LinkedHashSet<>();
      step.outputs().forEach(v -> into.add(number(buffers, schedule.root(v))));
      all.addAll(into);
      for (int buffer : into) {
        writers.get(buffer).add(i);
      }
      for (int buffer : all) {
        touching.get(buffer).add(i);
      }
      touched[i] = all.stream().mapToInt(b -> b).toArray();
      written[i] = into.stream().mapToInt(b -> b).toArray();
    }
    bytes = buffers.keySet().stream().mapToLong(schedule::bytes).toArray();
    kept = new boolean[bytes.length];
    Arrays.fill(kept, 0, outlive.size(), true);
    unwritten = kept.clone();
    for (int b = 0; b < bytes.length; b++) {
      unwritten[b] &= writers.get(b).isEmpty();
    }
  }

  private int number(Map<Value, Integer> buffers, Value root) {
    return buffers.computeIfAbsent(
        root,
        r -> {
          touching.add(new ArrayList<>());
          writers.add(new ArrayList<>());
          readers.add(new ArrayList<>());
          return buffers.size();
        });
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
      List<Plan.Step> candidate = order.new Greedy(rule).ordered();
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

  /**
   * Takes the best step by a rule, again and again. A step's rank changes only with the buffers
   * that it touches, each of which comes to life, has one use left and dies once: so ranks are
   * worked out again a few times for each use of a buffer, and all of it takes n log n.
   */
  private final class Greedy {
    private final Rule rule;

    /** By step, buffers that still lack a writer which came before. */
    private final int[] missing = new int[steps.size()];

    /** By buffer, how many writers have run without a gap from the first on. */
    private final int[] prefix = new int[bytes.length];

    /** By buffer, how many readers all of whose writers have run: they are in order of those. */
    private final int[] served = new int[bytes.length];

    private final int[] uses = new int[bytes.length];
    private final boolean[] alive = new boolean[bytes.length];
    private final boolean[] done = new boolean[steps.size()];
    private final long[] during = new long[steps.size()];
    private final long[] left = new long[steps.size()];
    private final Comparator<Integer> best;
    private final TreeSet<Integer> ready;

    Greedy(Rule rule) {
      this.rule = rule;
      Comparator<Integer> byLeft = Comparator.comparingLong(i -> left[i]);
      Comparator<Integer> byDuring = Comparator.comparingLong(i -> during[i]);
      best =
          (rule == Rule.LEAST_DURING
                  ? byDuring.thenComparing(byLeft)
                  : rule == Rule.LEAST_LEFT ? byLeft.thenComparing(byDuring) : byLeft)
              .thenComparing(Comparator.naturalOrder()); // of equal ones the model's order decides
      ready = new TreeSet<>(best);
      for (int b = 0; b < bytes.length; b++) {
        uses[b] = touching.get(b).size();
        for (Reader reader : readers.get(b)) {
          missing[reader.step] += reader.writers > 0 ? 1 : 0;
          served[b] += reader.writers > 0 ? 0 : 1;
        }
      }
    }

    List<Plan.Step> ordered() {
      for (int i = 0; i < missing.length; i++) {
        if (missing[i] == 0) {
          rank(i);
          ready.add(i);
        }
      }
      List<Plan.Step> ordered = new ArrayList<>();
      List<Integer> woken = List.of(); // by the step before: those that needed it
      while (!ready.isEmpty()) {
        int next =
            rule == Rule.FOLLOW && !woken.isEmpty()
                ? woken.stream().min(best).orElseThrow()
                : ready.first();
        ready.remove(next);
        ordered.add(steps.get(next));
        done[next] = true;
        leave(next);
        woken = wake(next);
      }
      return ordered;
    }

    /** What a step that has run leaves in memory. */
    private void leave(int step) {
      for (int b : touched[step]) {
        boolean before = alive[b];
        uses[b]--;
        alive[b] = uses[b] > 0 || kept[b];
        if (uses[b] == 1 || alive[b] != before) {
          rankAgain(b);
        }
      }
    }

    private void rankAgain(int buffer) {
      for (int i : touching.get(buffer)) {
        if (ready.remove(i)) {
          rank(i);
          ready.add(i);
        }
      }
    }

    /** The steps that can run now that this one has. */
    private List<Integer> wake(int step) {
      List<Integer> woken = new ArrayList<>();
      for (int b : written[step]) {
        List<Integer> into = writers.get(b);
        while (prefix[b] < into.size() && done[into.get(prefix[b])]) {
          prefix[b]++;
        }
        List<Reader> from = readers.get(b);
        for (; served[b] < from.size() && from.get(served[b]).writers <= prefix[b]; served[b]++) {
          int reader = from.get(served[b]).step;
          if (--missing[reader] == 0) {
            rank(reader);
            ready.add(reader);
            woken.add(reader);
          }
        }
      }
      return woken;
    }

    private void rank(int step) {
      during[step] = scratch[step];
      left[step] = 0;
      for (int b : touched[step]) {
        during[step] += alive[b] ? 0 : bytes[b];
        left[step] += alive[b] ? 0 : bytes[b];
        left[step] -= uses[b] == 1 && !kept[b] ? bytes[b] : 0;
      }
    }
  }
}
