package dev.tilewright.tuning;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.database.CostFit;
import dev.tilewright.database.Entry;
import dev.tilewright.database.Machine;
import dev.tilewright.database.Machine.Likeness;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.graph.Graph;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Tunable;
import dev.tilewright.plan.Tunable.Guess;
import dev.tilewright.plan.Way;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Runs a model by measurements and by estimates in turn. As long as the measurements do not surely
 * help, those that took longer where they stand are taken back, or if none did the half that gained
 * the least; and if what still differs comes of the cost model's corrections alone, these.
 */
final class Confirmation {
  /** What is left of the measurements has to gain more than two sessions differ by. */
  private static final double WORTH_A_CHANGE = 1;

  private static final double FEWEST_SECONDS = 1;
  private static final double MOST_SECONDS = 4;
  private static final double MOST_WARMUP_SECONDS = 3;

  /**
   * A layer or a chain that is not computed as estimated.
   *
   * @param keys of the records that say so
   * @param steps in which the difference shows
   * @param way that they name, the threads those of the plan
   */
  private record Change(List<String> keys, Set<String> steps, Way way) {}

  private final Model model;
  private final Map<String, Shape> shapes;
  private final Graph graph;
  private final List<Tunable.Layer> layers;
  private final TuningFile file;
  private final Machine machine;
  private final SessionOptions estimates;
  private boolean fitsWithdrawn;

  Confirmation(
      Model model,
      Map<String, Shape> shapes,
      Graph graph,
      TuningFile file,
      Machine machine,
      SessionOptions session) {
    this.model = model;
    this.shapes = shapes;
    this.graph = graph;
    this.layers = Tunable.layers(graph);
    this.file = file;
    this.machine = machine;
    this.estimates = session.tuning(TuningTable.empty());
  }

  /**
   * Leaves only measurements in force with which the model is surely faster. Once the time is over,
   * what does not help is taken back as a whole.
   *
   * @param seconds for all comparisons; each takes half of what is left
   */
  TuningReport.Whole confirm(double seconds) throws IOException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    int retracted = 0;
    while (true) {
      TuningTable table = TuningTable.of(List.of(file.read().entries()), machine);
      List<Change> changes = changes(table);
      if (changes.isEmpty()) {
        return new TuningReport.Whole(0, retracted, 0, 0, new Statistics.Interval(1, 1, 1));
      }
      double left = (end - System.nanoTime()) / 1e9;
      List<Change> useless =
          changes.stream().filter(change -> !retractions(table, change).isEmpty()).toList();
      if (retracted == 0 || left > FEWEST_SECONDS) {
        List<StepTimes> times = compare(table, Math.max(FEWEST_SECONDS, left / 2));
        Gain gain = Gain.of(times.get(0), times.get(1), times.get(2), step -> true);
        if (gain.isSurely(WORTH_A_CHANGE)) {
          double tuned = times.get(2).least(step -> true) / 1e6;
          return new TuningReport.Whole(
              changes.size(), retracted, gain.ofLeast() * tuned, tuned, gain.speedup());
        }
        useless = useless(useless, times);
      }
      List<Entry> back = new ArrayList<>();
      useless.forEach(change -> back.addAll(retractions(table, change)));
      retracted += useless.size();
      if (back.isEmpty()) {
        back.addAll(withdrawals(table));
        fitsWithdrawn = true;
      }
      if (back.isEmpty()) {
        throw new IllegalStateException("nothing in " + file.path() + " explains the plan");
      }
      file.append(back);
    }
  }

  /** Those that took longer where they stand, else the half that gained the least. */
  private static List<Change> useless(List<Change> changes, List<StepTimes> times) {
    Map<Change, Double> gained = new HashMap<>();
    for (Change change : changes) {
      Predicate<String> steps = change.steps::contains;
      double before = Math.min(times.get(0).least(steps), times.get(1).least(steps));
      gained.put(change, before - times.get(2).least(steps));
    }
    List<Change> leastFirst =
        changes.stream().sorted(Comparator.comparingDouble(gained::get)).toList();
    int losses = (int) gained.values().stream().filter(nanos -> nanos < 0).count();
    return leastFirst.subList(0, losses > 0 ? losses : (changes.size() + 1) / 2);
  }

  private Planner.Means means(TuningTable table) {
    return new Planner.Means(
        Backends.load().usable(estimates.backend()),
        estimates.backend(),
        estimates.threads(),
        table);
  }

  private List<Change> changes(TuningTable table) {
    List<Change> changes = new ArrayList<>();
    List<Tunable.Site> chains = Tunable.chains(means(table), graph);
    for (Tunable.Layer layer : layers) {
      Way before = way(Tunable.choice(means(TuningTable.empty()), layer.problem()));
      Way after = way(Tunable.choice(means(table), layer.problem()));
      if (!before.equals(after)) {
        Set<String> steps = new HashSet<>(layer.nodes());
        chains.stream()
            .map(Tunable.Site::steps)
            .filter(chain -> !Collections.disjoint(chain, layer.nodes()))
            .forEach(steps::addAll);
        List<String> keys = layer.problems().stream().map(ConvProblem::work).toList();
        changes.add(new Change(keys, steps, after));
      }
    }
    Map<String, Way> estimated = new HashMap<>();
    Tunable.chains(means(TuningTable.empty()), graph)
        .forEach(site -> site.keys().forEach(key -> estimated.put(key, site.ways().getFirst())));
    for (Tunable.Site chain : chains) {
      Way after = chain.ways().getFirst();
      if (!chain.keys().stream().allMatch(key -> after.equals(estimated.get(key)))) {
        changes.add(new Change(chain.keys(), chain.steps(), after));
      }
    }
    return changes;
  }

  private static Way way(Guess guess) {
    return new Way(guess.algorithm().id(), guess.tile(), guess.threads());
  }

  /** Takes back the choice of kernel, if that is this one, and of its threads. */
  private List<TuningRecord> retractions(TuningTable table, Change change) {
    List<TuningRecord> back = new ArrayList<>();
    for (String key : change.keys()) {
      for (int session : IntStream.of(1, estimates.threads()).distinct().toArray()) {
        table
            .choice(key, estimates.backend(), session)
            .map(TuningTable.Found::record)
            .filter(r -> r.algorithm().equals(change.way().algorithm()))
            .filter(r -> r.tile().equals(change.way().tile()))
            .ifPresent(r -> back.add(r.status(Status.RETRACTED, machine)));
      }
    }
    return back;
  }

  /** For each correction one that changes nothing, and is nearer. */
  private List<CostFit> withdrawals(TuningTable table) {
    long now = System.currentTimeMillis() / 1000;
    return table.fits(Likeness.MICROARCHITECTURE).stream()
        .filter(fit -> fit.weights().stream().anyMatch(weight -> weight != 0))
        .map(fit -> {
          List<Double> none = Collections.nCopies(fit.weights().size(), 0.0);
          return new CostFit(machine, fit.algorithm(), fit.tile(), 0, none, now);
        })
        .toList();
  }

  /** Whether the cost model's corrections were taken back. */
  boolean withdrewFits() {
    return fitsWithdrawn;
  }

  /** By estimates, again by estimates, and by measurements. */
  private List<StepTimes> compare(TuningTable table, double seconds) {
    Map<String, Tensor> inputs = NoiseInputs.of(model, shapes);
    double warmUp = Math.min(MOST_WARMUP_SECONDS, seconds / 8);
    try (SessionContender one = new SessionContender(model, inputs, estimates);
        SessionContender two = new SessionContender(model, inputs, estimates);
        SessionContender tuned = new SessionContender(model, inputs, estimates.tuning(table))) {
      List<SessionContender> contenders = List.of(one, two, tuned);
      return StepTimer.play(contenders, warmUp, Math.min(MOST_SECONDS, 0.6 * seconds));
    }
  }
}
