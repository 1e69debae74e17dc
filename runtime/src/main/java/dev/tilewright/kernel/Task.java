package dev.tilewright.kernel;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A step bound to its memory. Work is cut over output pixels and channels, never over the
 * reduction, so that results do not depend on the number of threads.
 */
public interface Task {
  /** Number of independent pieces, all of about equal cost; at least 1. */
  int parts();

  /**
   * Computes the pieces from {@code from} (included) to {@code to} (excluded). Several threads may
   * be inside at once, with disjoint pieces and different workers. Allocates nothing.
   *
   * @param worker 0 .. threads-1: whose scratch to use
   */
  void run(int from, int to, int worker);

  /**
   * The same where this worker's last call was of the pieces just before these, in the same run:
   * what it prepared in its scratch is still there.
   */
  default void goOn(int from, int to, int worker) {
    run(from, to, worker);
  }

  /**
   * Work that must be complete, in every run, before any part of this begins; null if there is
   * none.
   */
  default @Nullable Task before() {
    return null;
  }

  /** Independent tasks as one: its parts are theirs, in order. */
  static Task joined(List<Task> tasks) {
    return new Joined(tasks);
  }
}
