package dev.tilewright.plan;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import dev.tilewright.kernel.Applicability;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * What algorithms promise for a problem. To ask all of them takes a fifth of a millisecond,
 * networks repeat their layers, and a server loads a model again: answers are kept for the process.
 * Safe for use by several threads.
 */
final class Estimates {
  /** Of one algorithm. */
  sealed interface Answer {
    /** It does not apply. */
    record No(String reason) implements Answer {}

    /** Its fastest tile, and the time on one thread. */
    record Best(Tile tile, double nanos) implements Answer {}
  }

  /** A tile, and the time on one thread. */
  record Timed(Tile tile, double nanos) {}

  /** Of this very algorithm: backends make theirs once, and another of its name may differ. */
  private record Question(ConvAlgorithm algorithm, ConvProblem problem, Correction correction) {}

  /** Answers that are kept, about 200 bytes each; then all are forgotten. */
  private static final int KEPT = 20_000;

  private static final Map<Question, Answer> ANSWERS = new ConcurrentHashMap<>();
  private static final Map<Question, List<Timed>> TIMES = new ConcurrentHashMap<>();

  private Estimates() {}

  /**
   * Asks an algorithm.
   *
   * @param problem on one thread
   */
  static Answer of(ConvAlgorithm algorithm, ConvProblem problem, Correction correction) {
    Question question = new Question(algorithm, problem, correction);
    Answer answer = ANSWERS.get(question);
    if (answer == null) {
      answer = ask(algorithm, problem, correction, tile -> true);
      keep(ANSWERS, question, answer);
    }
    return answer;
  }

  /** All tiles that an algorithm offers for a problem which it computes. */
  static List<Timed> times(ConvAlgorithm algorithm, ConvProblem problem, Correction correction) {
    Question question = new Question(algorithm, problem, correction);
    List<Timed> times = TIMES.get(question);
    if (times == null) {
      times =
          algorithm.tiles(problem).stream()
              .map(tile -> new Timed(tile, nanos(algorithm, problem, tile, correction)))
              .toList();
      keep(TIMES, question, times);
    }
    return times;
  }

  /** The time of one tile. */
  static double nanos(
      ConvAlgorithm algorithm, ConvProblem problem, Tile tile, Correction correction) {
    return CostModel.nanos(algorithm.cost(problem, tile))
        * correction.factor(algorithm.id(), tile, problem);
  }

  private static <T> void keep(Map<Question, T> known, Question question, T answer) {
    if (known.size() >= KEPT) {
      known.clear();
    }
    known.put(question, answer);
  }

  /** Asks about some of the tiles; not kept. */
  static Answer ask(
      ConvAlgorithm algorithm,
      ConvProblem problem,
      Correction correction,
      Predicate<Tile> allowed) {
    if (algorithm.check(problem) instanceof Applicability.No(String reason)) {
      return new Answer.No(reason);
    }
    Answer.Best best = null;
    for (Timed timed : times(algorithm, problem, correction)) {
      if (allowed.test(timed.tile) && (best == null || timed.nanos < best.nanos)) {
        best = new Answer.Best(timed.tile, timed.nanos);
      }
    }
    return best == null ? new Answer.No("no tile is left") : best;
  }
}
