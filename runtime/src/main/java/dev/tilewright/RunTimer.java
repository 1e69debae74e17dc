package dev.tilewright;

import dev.tilewright.kernel.Task;
import dev.tilewright.plan.Plan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Makes the {@link Timeline} of a run. While a step runs, it writes to arrays only. */
final class RunTimer implements RunWatch {
  /** What one thread did in one stage: step, from, to, begin, end for each slice. */
  private static final class Lane {
    private static final int FIELDS = 5;

    private long[] entries;
    private int size;

    Lane(int slices) {
      entries = new long[slices * FIELDS];
    }

    void add(int step, int from, int to, long begin, long end) {
      if (size == entries.length) {
        entries = Arrays.copyOf(entries, 2 * size);
      }
      entries[size++] = step;
      entries[size++] = from;
      entries[size++] = to;
      entries[size++] = begin;
      entries[size++] = end;
    }
  }

  /** Tells lanes what it computes; each thread has its own. */
  private record Timed(int step, Task task, Lane[] lanes) implements Task {
    @Override
    public int parts() {
      return task.parts();
    }

    @Override
    public void run(int from, int to, int worker) {
      long begin = System.nanoTime();
      task.run(from, to, worker);
      lanes[worker].add(step, from, to, begin, System.nanoTime());
    }

    @Override
    public void goOn(int from, int to, int worker) {
      long begin = System.nanoTime();
      task.goOn(from, to, worker);
      lanes[worker].add(step, from, to, begin, System.nanoTime());
    }
  }

  private static final class Stage {
    private final Plan plan;
    private final long[] begins;
    private final long[] ends;
    private final Lane[] lanes;

    Stage(Plan plan, int threads) {
      this.plan = plan;
      int steps = plan.steps().size();
      begins = new long[steps];
      ends = new long[steps];
      lanes = new Lane[threads];
      Arrays.setAll(lanes, thread -> new Lane(8 * Math.max(1, steps)));
    }

    Timeline.Stage since(long start) {
      List<Timeline.Span> steps = new ArrayList<>();
      for (int i = 0; i < begins.length; i++) {
        steps.add(new Timeline.Span(begins[i] - start, ends[i] - start));
      }
      List<Timeline.Slice> slices = new ArrayList<>();
      for (int thread = 0; thread < lanes.length; thread++) {
        long[] e = lanes[thread].entries;
        for (int i = 0; i < lanes[thread].size; i += Lane.FIELDS) {
          Timeline.Span span = new Timeline.Span(e[i + 3] - start, e[i + 4] - start);
          slices.add(
              new Timeline.Slice(
                  Math.toIntExact(e[i]),
                  thread,
                  Math.toIntExact(e[i + 1]),
                  Math.toIntExact(e[i + 2]),
                  span));
        }
      }
      return new Timeline.Stage(plan, steps, slices);
    }
  }

  private final int threads;
  private final List<Stage> stages = new ArrayList<>();

  /**
   * A run is about to begin.
   *
   * @param threads of the session
   */
  RunTimer(int threads) {
    this.threads = threads;
  }

  @Override
  public void stage(Plan plan) {
    stages.add(new Stage(plan, threads));
  }

  @Override
  public Task task(int step, Task task) {
    return new Timed(step, task, stages.getLast().lanes);
  }

  @Override
  public void begin(int step) {
    stages.getLast().begins[step] = System.nanoTime();
  }

  @Override
  public void end(int step) {
    stages.getLast().ends[step] = System.nanoTime();
  }

  /** The run has ended. */
  Timeline timeline() {
    long end = System.nanoTime();
    // From the first step on: what was prepared for watching is no part of a run.
    long start =
        stages.stream().flatMapToLong(stage -> Arrays.stream(stage.begins)).min().orElse(end);
    return new Timeline(end - start, stages.stream().map(stage -> stage.since(start)).toList());
  }
}
