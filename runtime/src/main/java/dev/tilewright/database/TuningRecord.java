package dev.tilewright.database;

import dev.tilewright.conv.Tile;

/**
 * One measurement, or what was concluded from several.
 *
 * <p>The algorithm and the tile of a problem are chosen on one thread and used by sessions of any
 * number, so that results are the same bits for all of them; how many threads of a larger session
 * to use is a record of its own.
 *
 * @param problem {@link dev.tilewright.conv.ConvProblem#work} of the convolution
 * @param backends that were allowed: {@code auto} or the name of one
 * @param session threads of the session that this is for
 * @param algorithm id
 * @param threads that ran it; at most the session's
 * @param samples blocks that the times are of; 0 if nothing was timed
 * @param median time of a run in nanoseconds
 * @param low start of its 95 % interval
 * @param high end of its 95 % interval
 * @param seconds since 1970 when it was written
 */
public record TuningRecord(
    String problem,
    String backends,
    int session,
    Machine machine,
    Status status,
    String algorithm,
    Tile tile,
    int threads,
    int samples,
    double median,
    double low,
    double high,
    long seconds)
    implements Entry {

  /** What a record says of its algorithm and tile. */
  public enum Status {
    /** The best: what a plan uses. */
    CHOSEN,
    /** The best of those that there was time for: plans use it, and a tuning goes on from it. */
    LEADING,
    /** Right, timed, and not the best. */
    MEASURED,
    /** Computed something else than the reference: never used on this machine. */
    WRONG,
    /** Threw an exception: never used on this machine. */
    FAILED,
    /**
     * Was the best alone, and the whole model was not faster with it: what stood before counts, and
     * no like machine's word for it.
     */
    RETRACTED
  }

  public TuningRecord {
    requireName(problem);
    requireName(backends);
    requireName(algorithm);
  }

  /** A loop, not a stream: files of thousands of records are read at the start of a process. */
  static void requireName(String text) {
    boolean clean = !text.isEmpty();
    for (int i = 0; i < text.length(); i++) {
      clean &= !Character.isISOControl(text.charAt(i));
    }
    if (!clean) {
      throw new IllegalArgumentException("not a name: '" + text + "'");
    }
  }

  /** The same of a problem that takes the same time. */
  public TuningRecord problem(String with) {
    return new TuningRecord(
        with, backends, session, machine, status, algorithm, tile, threads, samples, median, low,
        high, seconds);
  }

  /** The same with another status, said now by a machine of itself. */
  public TuningRecord status(Status with, Machine on) {
    return new TuningRecord(
        problem,
        backends,
        session,
        on,
        with,
        algorithm,
        tile,
        threads,
        samples,
        median,
        low,
        high,
        System.currentTimeMillis() / 1000);
  }

  /** Whether plans use it as long as nothing newer stands. */
  public boolean isChoice() {
    return status == Status.CHOSEN || status == Status.LEADING;
  }

  /** Whether the algorithm must not run on the record's machine. */
  public boolean isQuarantine() {
    return status == Status.WRONG || status == Status.FAILED;
  }
}
