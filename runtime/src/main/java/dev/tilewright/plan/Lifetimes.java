package dev.tilewright.plan;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Value;
import dev.tilewright.kernel.Operands;
import dev.tilewright.plan.MemoryPlanner.Buffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What must be in memory, from which step to which, if the steps run in a given order: a buffer for
 * each value that owns one, and the scratch of each step while it runs.
 *
 * <p>A step whose input dies writes over it if its kernel may and the two lie alike; the output is
 * then the input's buffer, which lives on.
 */
final class Lifetimes {
  private final Graph graph;

  /** Characters from which on a buffer's name grows no more. */
  private static final int LONG_NAME = 500;

  private final Schedule schedule;
  private final List<Plan.Step> steps;
  private final Map<Value, Integer> first = new LinkedHashMap<>();
  private final Map<Value, Integer> last = new HashMap<>();
  private final Map<Value, Integer> bufferOf = new HashMap<>();
  private final List<Buffer> buffers = new ArrayList<>();

  Lifetimes(Graph graph, Schedule schedule, List<Plan.Step> steps) {
    this.graph = graph;
    this.schedule = schedule;
    this.steps = steps;
    lives();
    for (Value input : graph.inputs()) {
      add(input, -1);
    }
    for (int i = 0; i < steps.size(); i++) {
      for (Value v : steps.get(i).outputs()) {
        Value root = schedule.root(v);
        if (!bufferOf.containsKey(root) && !writesOver(i, v)) {
          add(root, i);
        }
      }
    }
    for (int i = 0; i < steps.size(); i++) {
      Plan.Step step = steps.get(i);
      buffers.add(new Buffer("scratch of " + step.layer(), scratchBytes(step), i, i));
    }
  }

  /** First the values' buffers, then the scratch of every step, which may be of 0 bytes. */
  List<Buffer> buffers() {
    return buffers;
  }

  /** By root, the index of the buffer that it is in. */
  Map<Value, Integer> bufferOf() {
    return bufferOf;
  }

  /** Index of the buffer that is a step's scratch. */
  int scratchOf(int step) {
    return buffers.size() - steps.size() + step;
  }

  /** Bytes of the scratch of all workers of a step. */
  static long scratchBytes(Plan.Step step) {
    return Operands.workspaceBytes(step.kernel().workspaceBytes(), step.threads());
  }

  private void lives() {
    for (int i = 0; i < steps.size(); i++) {
      for (Value v : steps.get(i).outputs()) {
        first.merge(schedule.root(v), i, Math::min);
        last.merge(schedule.root(v), i, Math::max);
      }
      for (Value v : steps.get(i).inputs()) {
        last.merge(schedule.root(v), i, Math::max);
      }
    }
    // Inputs keep their contents, so that a run can be repeated; outputs until the caller reads.
    graph.inputs().forEach(v -> last.put(v, steps.size()));
    graph.outputs().values().forEach(v -> last.put(schedule.root(v), steps.size()));
  }

  private int last(Value root) {
    return last.getOrDefault(root, -1);
  }

  private void add(Value root, int from) {
    bufferOf.put(root, buffers.size());
    buffers.add(new Buffer(root.name(), schedule.bytes(root), from, Math.max(from, last(root))));
  }

  /** Lets the step write {@code output} over an input if it can. */
  private boolean writesOver(int index, Value output) {
    Plan.Step step = steps.get(index);
    if (step.outputs().size() != 1) {
      return false;
    }
    for (int i = 0; i < step.inputs().size(); i++) {
      Value input = step.inputs().get(i);
      Value root = schedule.root(input);
      Integer buffer = bufferOf.get(root);
      if (buffer != null
          && last(root) == index
          && schedule.bytes(root) == schedule.bytes(schedule.root(output))
          && liesLike(input, output)
          && mayOverwriteAllOf(step, root, input)) {
        Buffer old = buffers.get(buffer);
        Value to = schedule.root(output);
        bufferOf.put(to, buffer);
        buffers.set(
            buffer,
            new Buffer(
                joined(old.name(), to.name()),
                old.bytes(),
                old.first(),
                Math.max(index, last(to))));
        return true;
      }
    }
    return false;
  }

  /** Names for people: of thousands written one over the other, the first will do. */
  private static String joined(String names, String more) {
    if (names.length() < LONG_NAME) {
      return names + ", " + more;
    }
    return names.endsWith("…") ? names : names + ", …";
  }

  private boolean liesLike(Value input, Value output) {
    Schedule.Spot from = schedule.spot(input);
    Schedule.Spot to = schedule.spot(output);
    return input.type().equals(output.type())
        && from.offset() == to.offset()
        && from.rowStride() == to.rowStride();
  }

  /** Whether all that the step reads from the buffer is this very input, where it may be lost. */
  private boolean mayOverwriteAllOf(Plan.Step step, Value root, Value input) {
    for (int i = 0; i < step.inputs().size(); i++) {
      Value other = step.inputs().get(i);
      if (schedule.root(other).equals(root)
          && !(schedule.spot(other).equals(schedule.spot(input))
              && other.type().equals(input.type())
              && step.kernel().mayOverwrite(i))) {
        return false;
      }
    }
    return true;
  }
}
