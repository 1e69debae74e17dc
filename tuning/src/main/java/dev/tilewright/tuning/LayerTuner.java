package dev.tilewright.tuning;

import dev.tilewright.Workers;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.plan.Tunable.Guess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the best kernel of one problem on one thread: what computes it rightly is warmed up, raced
 * on the same memory, and takes the incumbent's place only if it is surely faster.
 */
final class LayerTuner implements AutoCloseable {
  /** What a challenger must gain, at 97.5 % confidence. */
  private static final double WORTH_A_CHANGE = 1.01;

  /** How long a kernel may take to warm up. */
  private static final long MOST_WARMUP_NANOS = 1_500_000_000;

  /** Kernels that took so many times as long when warm as the best are not raced. */
  private static final double OUT_OF_REACH = 2;

  private static final long SEED = 42;
  private static final long USUAL_L2_BYTES = 1 << 20;
  private static final Pattern L2 = Pattern.compile("\\bL2 (\\d+)K");

  /**
   * For whom the results count.
   *
   * @param backends {@code auto} or the name of the only one allowed
   */
  record Context(String backends, Machine machine) {
    long l2Bytes() {
      Matcher size = L2.matcher(machine.caches());
      return size.find() ? Long.parseLong(size.group(1)) << 10 : USUAL_L2_BYTES;
    }
  }

  /**
   * One kernel's time.
   *
   * @param time of a call in nanoseconds
   * @param samples blocks that it is of
   */
  record Timed(Guess guess, Statistics.Interval time, int samples) {}

  /**
   * What came of a problem.
   *
   * @param incumbent its time, or null if it is wrong or fails
   * @param chosen null if nothing could be timed
   * @param timed all that were timed
   * @param records all that is to be remembered, what was chosen last
   * @param complete whether there was time for all candidates
   */
  record Outcome(
      @Nullable Timed incumbent,
      @Nullable Timed chosen,
      List<Timed> timed,
      List<TuningRecord> records,
      boolean complete) {
    Outcome {
      timed = List.copyOf(timed);
      records = List.copyOf(records);
    }
  }

  private final Context context;
  private final ConvProblem one;
  private final Level level;
  private final long deadline;
  private final Workload workload;
  private final Oracle oracle;

  /**
   * Ready to race.
   *
   * @param one on one thread
   * @param deadline on the clock of {@link System#nanoTime}; the incumbent and one more are tried
   *     even if it has passed
   */
  LayerTuner(Context context, ConvProblem one, Level level, long deadline) {
    this.context = context;
    this.one = one;
    this.level = level;
    this.deadline = deadline;
    workload = Workload.cold(one, SEED, 2 * context.l2Bytes());
    oracle = Oracle.quick(one, workload, SEED);
  }

  /**
   * Races kernels on one thread.
   *
   * @param incumbent what a plan uses now
   * @param candidates in the order in which to try them
   */
  Outcome kernel(Guess incumbent, List<Guess> candidates) {
    List<Guess> all = new ArrayList<>(List.of(incumbent));
    candidates.stream().filter(c -> !isSame(c, incumbent)).forEach(all::add);
    return new Heat().run(incumbent, all);
  }

  /** Frees the memory that kernels were timed on. */
  @Override
  public void close() {
    workload.close();
  }

  private static boolean isSame(Guess a, Guess b) {
    return a.algorithm().id().equals(b.algorithm().id()) && a.tile().equals(b.tile());
  }

  private static boolean beats(Race.Result result, Race.@Nullable Result incumbent) {
    if (incumbent == null) {
      return true;
    }
    List<Double> ratios = new ArrayList<>();
    for (int round = 0; round < Math.min(rounds(result), rounds(incumbent)); round++) {
      ratios.add(incumbent.blocks().get(round) / result.blocks().get(round));
    }
    return !result.equals(incumbent)
        && Statistics.interval(ratios).low() >= WORTH_A_CHANGE
        && best(incumbent.blocks()) / best(result.blocks()) >= WORTH_A_CHANGE;
  }

  /** The time that other programs disturbed least. */
  private static double best(List<Double> times) {
    return times.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN);
  }

  private static int rounds(Race.Result result) {
    return result.blocks().size();
  }

  private static Timed timed(Race.Result result, Guess guess) {
    double nanos = result.nanos();
    return result.finalist()
        ? new Timed(guess, Statistics.interval(result.blocks()), rounds(result))
        : new Timed(guess, new Statistics.Interval(nanos, nanos, nanos), 1);
  }

  /** One race on the memory of the layer. */
  private final class Heat {
    private final List<TuningRecord> records = new ArrayList<>();
    private final Map<Trial, Guess> guesses = new LinkedHashMap<>();
    private boolean complete = true;

    Outcome run(Guess incumbent, List<Guess> all) {
      try (Workers workers = new Workers(1)) {
        for (Guess guess : all) {
          if (guesses.size() >= 2 && System.nanoTime() > deadline) {
            complete = false;
            break;
          }
          admit(guess, workers);
        }
        return race(incumbent);
      }
    }

    /** Lets a kernel take part if it is right, and warms it up. */
    private void admit(Guess guess, Workers workers) {
      try {
        Candidate candidate = new Candidate(guess.algorithm(), guess.tile());
        Trial trial = Trial.of(candidate, one, workload, workers);
        if (!oracle.judge(trial).withinBound()) {
          records.add(untimed(guess, Status.WRONG));
          return;
        }
        long left = Math.max(0, deadline - System.nanoTime());
        trial.warmUp(Math.min(MOST_WARMUP_NANOS, left));
        guesses.put(trial, guess);
      } catch (RuntimeException e) { // a kernel that throws is out; the others go on
        records.add(untimed(guess, Status.FAILED));
      }
    }

    private Outcome race(Guess incumbent) {
      double best = guesses.keySet().stream().mapToDouble(Trial::warmNanos).min().orElse(0);
      List<Trial> near = new ArrayList<>();
      List<Timed> timed = new ArrayList<>();
      guesses.forEach((trial, guess) -> {
        if (isSame(guess, incumbent) || trial.warmNanos() <= OUT_OF_REACH * best) {
          near.add(trial);
        } else {
          double nanos = trial.warmNanos();
          timed.add(new Timed(guess, new Statistics.Interval(nanos, nanos, nanos), 1));
        }
      });
      long left = Math.max(0, deadline - System.nanoTime());
      List<Race.Result> results =
          Race.run(
              near,
              t -> isSame(guess(t), incumbent) ? "incumbent" : "challengers",
              Math.min(level.finalNanos(), left));
      Map<Trial, Timed> byTrial = new HashMap<>();
      Race.Result stands = null;
      for (Race.Result result : results) {
        Guess guess = guess(result.trial());
        if (result.finalist() && !oracle.judge(result.trial()).withinBound()) {
          records.add(untimed(guess, Status.WRONG)); // compiled anew since, and wrong now
          continue;
        }
        Timed time = timed(result, guess);
        byTrial.put(result.trial(), time);
        timed.add(time);
        stands = isSame(guess, incumbent) ? result : stands;
      }
      Race.Result winner = stands;
      for (Race.Result result : results) {
        if (byTrial.containsKey(result.trial()) && result.finalist() && beats(result, stands)) {
          winner = result; // sorted by time: the first that does is the fastest
          break;
        }
      }
      Timed before = stands == null ? null : byTrial.get(stands.trial());
      Timed after = winner == null ? null : byTrial.get(winner.trial());
      remember(timed, before, after);
      return new Outcome(before, after, timed, records, complete);
    }

    private Guess guess(Trial trial) {
      Guess guess = guesses.get(trial);
      if (guess == null) {
        throw new IllegalStateException("not admitted: " + trial.id());
      }
      return guess;
    }

    /** What stood before is written first, so that a retraction of the winner brings it back. */
    private void remember(List<Timed> timed, @Nullable Timed before, @Nullable Timed after) {
      for (Timed t : timed) {
        if (!t.equals(before) && !t.equals(after)) {
          records.add(record(t, Status.MEASURED));
        }
      }
      Status choice = complete ? Status.CHOSEN : Status.LEADING;
      if (before != null && after != null && !before.equals(after)) {
        records.add(record(before, choice));
      }
      if (after != null) {
        records.add(record(after, choice));
      }
    }

    private TuningRecord untimed(Guess guess, Status status) {
      return record(new Timed(guess, new Statistics.Interval(0, 0, 0), 0), status);
    }

    private TuningRecord record(Timed t, Status status) {
      Tile tile = t.guess().tile();
      return new TuningRecord(
          one.work(),
          context.backends(),
          1,
          context.machine(),
          status,
          t.guess().algorithm().id(),
          tile,
          1,
          t.samples(),
          t.time().value(),
          t.time().low(),
          t.time().high(),
          System.currentTimeMillis() / 1000);
    }
  }
}
