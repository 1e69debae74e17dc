package dev.tilewright.cli;

/**
 * A verb of the command line: a class with picocli's {@code @Command} that implements {@code
 * Callable<Integer>}. Modules add theirs with {@link java.util.ServiceLoader}.
 *
 * <p>A verb writes results to {@code spec.commandLine().getOut()} and nothing else there. It
 * returns 0, or throws: {@link BadInputException} for what the user can repair.
 */
public interface Verb {
  /** Whether it always runs a model: kernels are loaded while the command line is read then. */
  default boolean runsAModel() {
    return false;
  }
}
