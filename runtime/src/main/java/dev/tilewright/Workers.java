package dev.tilewright;

import dev.tilewright.kernel.Task;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one session; the caller's is one of them. Each begins with its own range of a
 * task's parts, the same one in every step and run, for parts are cut by rows first: most of what
 * it reads it has written itself, and other cores' caches are as far away as L3. Against parts
 * handed out in turn, two threads: 1.05 to 1.17 times as fast, in networks (docs/measurements.md).
 * What is left of a range, others finish: the caller waits for no part that a descheduled worker
 * has not started.
 *
 * <p>Waking a spinning worker takes 0.2 us and a parked one 5 us or more, but one that spins
 * starves whatever else the machine does. So workers are woken when a run begins, spin for a
 * bounded time between the steps of a run and for less after it, then park. Against parking after
 * 2,000 spins anywhere, squeezenet on two threads went from 3.6 to 2.3 ms.
 */
public final class Workers implements AutoCloseable {
  /** Longer than the steps of a run that one thread computes alone. */
  private static final long SPIN_IN_RUN_NANOS = 200_000;

  /** For runs that follow each other closely. */
  private static final long SPIN_AFTER_RUN_NANOS = 50_000;

  /** Between two looks at the clock, which costs as much as some spins. */
  private static final int SPINS = 32;

  private static final VarHandle PARKED = MethodHandles.arrayElementVarHandle(boolean[].class);

  /** A task with its counters: reused from run to run, so that running allocates nothing. */
  public static final class Region {
    private final Task task;
    private final int parts;
    private final int threads;
    private final AtomicInteger[] next; // of the parts of each thread's range
    private final AtomicInteger done = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    /**
     * @param threads that may share the task
     */
    public Region(Task task, int threads) {
      this.task = task;
      this.parts = task.parts();
      this.threads = Math.min(threads, parts);
      this.next = new AtomicInteger[this.threads];
      for (int i = 0; i < this.threads; i++) {
        next[i] = new AtomicInteger(end(i));
      }
    }

    /** Of a thread's own range of the parts. */
    private int end(int range) {
      return (int) ((long) parts * (range + 1) / threads);
    }

    private void start() {
      failure = null;
      done.set(0);
      for (int i = 0; i < threads; i++) {
        next[i].set(i == 0 ? 0 : end(i - 1));
      }
    }

    /** The same with another task, of as many parts, made of this one. */
    Region with(UnaryOperator<Task> watched) {
      return new Region(watched.apply(task), threads);
    }

    /** Computes parts of the worker's own range, then of others', until none is left. */
    private void help(int worker) {
      for (int i = 0; i < threads; i++) {
        help(worker, (worker + i) % threads);
      }
    }

    /**
     * Three quarters of what is left at a time: kernels prepare a call's parts together (Winograd
     * 256 to 256 channels 14x14, parts one by one 425 us, at once 366), and the rest evens out
     * threads. A thread that goes on has its preparations still.
     */
    private void help(int worker, int range) {
      int end = end(range);
      int reached = -1;
      AtomicInteger free = next[range];
      for (int from = free.get(); from < end; from = free.get()) {
        int to = from + Math.max(1, (end - from) * 3 / 4);
        if (!free.compareAndSet(from, to)) {
          continue;
        }
        try {
          if (from == reached) {
            task.goOn(from, to, worker);
          } else {
            task.run(from, to, worker);
          }
          reached = to;
        } catch (Throwable e) { // the caller rethrows it; a worker must not die of it
          failure = e;
        }
        done.addAndGet(to - from);
      }
    }
  }

  private final Thread[] threads;
  private final boolean[] parked;
  private final AtomicInteger epoch = new AtomicInteger();
  private volatile @Nullable Region current;
  private volatile boolean running;
  private volatile boolean closed;

  /**
   * @param count threads, the caller's included
   */
  public Workers(int count) {
    threads = new Thread[count - 1];
    parked = new boolean[count - 1];
    for (int i = 0; i < threads.length; i++) {
      int worker = i + 1;
      threads[i] =
          Thread.ofPlatform().name("tilewright-" + worker).daemon().unstarted(() -> work(worker));
      threads[i].start();
    }
  }

  /** Wakes the workers for the regions that are to come. */
  public void begin() {
    running = true;
    for (int i = 0; i < threads.length; i++) {
      wake(i);
    }
  }

  /** No more regions for now. */
  public void end() {
    running = false;
  }

  private void wake(int i) {
    if ((boolean) PARKED.getVolatile(parked, i)) {
      LockSupport.unpark(threads[i]);
    }
  }

  /** Runs the whole task, on the calling thread and as many workers as it is worth. */
  @SuppressWarnings("ThreadPriorityCheck") // yield: see there
  public void run(Region region) {
    if (region.threads == 1) {
      region.task.run(0, region.parts, 0);
      return;
    }
    region.start();
    current = region;
    epoch.incrementAndGet();
    for (int i = 0; i < region.threads - 1; i++) {
      wake(i);
    }
    region.help(0);
    for (int spins = 0; region.done.get() < region.parts; spins++) {
      if (spins < 50 * SPINS) {
        Thread.onSpinWait();
      } else {
        Thread.yield(); // the worker that owes us a chunk may be waiting for this core
      }
    }
    Throwable failure = region.failure;
    if (failure instanceof RuntimeException unchecked) {
      throw unchecked; // as it would come from the caller's own thread
    }
    if (failure != null) {
      throw new IllegalStateException("a worker failed", failure);
    }
  }

  private void work(int worker) {
    int seen = 0;
    while (!closed) {
      int now = await(seen, worker - 1);
      seen = now;
      Region region = current;
      if (region != null && worker < region.threads) {
        region.help(worker);
      }
    }
  }

  /** The next epoch after {@code seen}, or any if closed. */
  private int await(int seen, int index) {
    long start = 0;
    for (int spins = 1; epoch.get() == seen && !closed; spins++) {
      Thread.onSpinWait();
      if (spins % SPINS != 0) {
        continue;
      }
      long now = System.nanoTime();
      start = start == 0 ? now : start;
      if (now - start > (running ? SPIN_IN_RUN_NANOS : SPIN_AFTER_RUN_NANOS)) {
        park(seen, index);
        start = 0; // woken: a run begins
      }
    }
    return epoch.get();
  }

  private void park(int seen, int index) {
    PARKED.setVolatile(parked, index, true);
    // Looked at again after saying so: a run that starts now either sees the flag or is seen.
    if (epoch.get() == seen && !closed) {
      LockSupport.park(this);
    }
    PARKED.setVolatile(parked, index, false);
  }

  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
    for (Thread thread : threads) {
      boolean interrupted = Thread.interrupted();
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
