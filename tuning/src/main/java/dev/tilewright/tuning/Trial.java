package dev.tilewright.tuning;

import com.sun.management.ThreadMXBean;
import dev.tilewright.Workers;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Rounding;
import dev.tilewright.conv.Tile;
import dev.tilewright.kernel.Kernel;
import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * A kernel on memory, ready to be timed. For use by one thread, whose workers help.
 *
 * <p>A kernel in Java is slow until C2 has compiled it, 0.1 to 1.4 s after its first call, and
 * until then it allocates: its vectors are boxed. So a trial is warm when two windows in a row
 * neither beat the best so far nor allocate a byte.
 */
public final class Trial {
  private static final long WINDOW_NANOS = 8_000_000;
  private static final int QUIET_WINDOWS = 2;

  /** A window counts as progress if it beats the best before it by this factor. */
  private static final double PROGRESS = 0.98;

  private static final int MOST_CALLS = 1 << 20;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final String id;
  private final Tile tile;
  private final Rounding rounding;
  private final Workload workload;
  private final Workers workers;
  private final List<Workers.Region> regions;
  private int next;
  private double nanosPerCall = Double.POSITIVE_INFINITY;
  private double bytesPerCall;
  private boolean settled;

  private Trial(
      String id,
      Tile tile,
      Rounding rounding,
      List<Kernel> kernels,
      Workload workload,
      Workers workers,
      int threads) {
    this.id = id;
    this.tile = tile;
    this.rounding = rounding;
    this.workload = workload;
    this.workers = workers;
    regions =
        kernels.stream()
            .map(k -> k.bind(workload.operands(k.workspaceBytes(), threads)))
            .map(task -> new Workers.Region(task, threads))
            .toList();
  }

  /**
   * A candidate with its weights packed.
   *
   * @param workload of the same problem
   * @param workers at least as many as the problem has threads
   */
  public static Trial of(
      Candidate candidate, ConvProblem problem, Workload workload, Workers workers) {
    List<Kernel> kernels =
        workload.copies().stream()
            .map(w -> candidate.algorithm().prepare(problem, candidate.tile(), w))
            .toList();
    return new Trial(
        candidate.algorithm().id(),
        candidate.tile(),
        candidate.algorithm().rounding(problem.shape()),
        kernels,
        workload,
        workers,
        problem.threads());
  }

  /** A kernel of another operator, under a name of the caller's. */
  public static Trial of(
      String id, Kernel kernel, Workload workload, Workers workers, int threads) {
    return new Trial(id, Tile.NONE, Rounding.DIRECT, List.of(kernel), workload, workers, threads);
  }

  /** Of the algorithm. */
  public String id() {
    return id;
  }

  public Tile tile() {
    return tile;
  }

  /** Algorithm and tile. */
  public String name() {
    return (id + " " + tile).strip();
  }

  Rounding rounding() {
    return rounding;
  }

  /** Time of a call in the best window of the warm-up. */
  public double warmNanos() {
    return nanosPerCall;
  }

  /** Whether the warm-up ended because there was nothing to gain, rather than out of time. */
  public boolean settled() {
    return settled;
  }

  /** Java heap that the calling thread took per call when it was last timed; 0 if compiled well. */
  public double bytesPerCall() {
    return bytesPerCall;
  }

  /** Computes once, into a dst that held NaN, so that the result can be judged. */
  public void compute() {
    workload.poison();
    workers.begin();
    workers.run(regions.getFirst());
    workers.end();
  }

  /**
   * Runs until the kernel is warm.
   *
   * @param mostNanos how long to wait for that; one window is always run
   */
  public void warmUp(long mostNanos) {
    long deadline = System.nanoTime() + mostNanos;
    int quiet = 0;
    do {
      long calls = callsIn(WINDOW_NANOS);
      double nanos = calls(calls);
      quiet = bytesPerCall == 0 && nanos > nanosPerCall * PROGRESS ? quiet + 1 : 0;
      nanosPerCall = Math.min(nanosPerCall, nanos);
    } while (quiet < QUIET_WINDOWS && System.nanoTime() < deadline);
    settled = quiet >= QUIET_WINDOWS;
  }

  /**
   * Nanoseconds of a call: the mean over a block of calls, after one that is not counted, because
   * it finds another trial's filter in the caches.
   *
   * @param blockNanos about how long the block takes; at least one call
   */
  public double time(long blockNanos) {
    calls(1);
    return calls(callsIn(blockNanos));
  }

  private double calls(long calls) {
    workers.begin();
    long before = THREADS.getCurrentThreadAllocatedBytes();
    long start = System.nanoTime();
    for (long i = 0; i < calls; i++) {
      workers.run(regions.get(next));
      next = next + 1 == regions.size() ? 0 : next + 1;
    }
    long end = System.nanoTime();
    workers.end();
    bytesPerCall = (double) (THREADS.getCurrentThreadAllocatedBytes() - before) / calls;
    return (double) (end - start) / calls;
  }

  private long callsIn(long nanos) {
    return Math.clamp((long) Math.ceil(nanos / nanosPerCall), 1, MOST_CALLS);
  }
}
