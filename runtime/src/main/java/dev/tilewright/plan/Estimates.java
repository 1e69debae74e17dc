package dev.tilewright.plan;

import dev.tilewright.conv.ConvAlgorithm;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import dev.tilewright.kernel.Applicability;
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

  /**
   * @param algorithm id, which stands for one way of counting
   */
  private record Question(String algorithm, ConvProblem problem) {}

  /** Answers that are kept, about 200 bytes each; then all are forgotten. */
  private static final int KEPT = 20_000;

  private static final Map<Question, Answer> ANSWERS = new ConcurrentHashMap<>();

  private Estimates() {}

  /**
   * Asks an algorithm.
   *
   * @param problem on one thread
   */
  static Answer of(ConvAlgorithm algorithm, ConvProblem problem) {
    Question question = new Question(algorithm.id(), problem);
    Answer answer = ANSWERS.get(question);
    if (answer == null) {
      answer = ask(algorithm, problem, tile -> true);
      if (ANSWERS.size() >= KEPT) {
        ANSWERS.clear();
      }
      ANSWERS.put(question, answer);
    }
    return answer;
  }

  /** Asks about some of the tiles; not kept. */
  static Answer ask(ConvAlgorithm algorithm, ConvProblem problem, Predicate<Tile> allowed) {
    if (algorithm.check(problem) instanceof Applicability.No(String reason)) {
      return new Answer.No(reason);
    }
    Answer.Best best = null;
    for (Tile tile : algorithm.tiles(problem)) {
      double nanos = CostModel.nanos(algorithm.cost(problem, tile));
      if (allowed.test(tile) && (best == null || nanos < best.nanos)) {
        best = new Answer.Best(tile, nanos);
      }
    }
    return best == null ? new Answer.No("no tile is left") : best;
  }
}
