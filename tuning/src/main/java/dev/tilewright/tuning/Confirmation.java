package dev.tilewright.tuning;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.Machine;
import dev.tilewright.database.Machine.Likeness;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.graph.Graph;
import dev.tilewright.plan.ChainWay;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Tunable;
import dev.tilewright.plan.Tunable.Guess;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Runs a model by measurements and by estimates in turn. As long as the measurements do not help,
 * those that promised the least are taken back, half of them at a time.
 */
final class Confirmation {
  /** A tuned plan may surely not be slower than this. */
  private static final double HARMLESS = 0.99;

  private static final double FEWEST_SECONDS = 1;
  private static final double MOST_SECONDS = 4;
  private static final double MOST_WARMUP_SECONDS = 3;

  /**
   * A layer or a chain that is not computed as estimated.
   *
   * @param keys of the records that say so
   * @param algorithm that they name
   * @param tile that they name
   * @param nanosGained as they say
   */
  private record Change(List<String> keys, String algorithm, Tile tile, double nanosGained) {}

  private final Model model;
  private final Map<String, Shape> shapes;
  private final Graph graph;
  private final List<Tunable.Layer> layers;
  private final TuningFile file;
  private final Machine machine;
  private final SessionOptions estimates;

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
   * Leaves only measurements in force with which the model is not slower. Once the time is over,
   * what does not help is taken back as a whole.
   *
   * @param seconds for all comparisons; each takes half of what is left
   */
  TuningReport.Whole confirm(double seconds) throws IOException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    int retracted = 0;
    while (true) {
      List<TuningRecord> records = file.read().records();
      TuningTable table = TuningTable.of(List.of(records), machine);
      List<Change> changes = changes(records, table);
      if (changes.isEmpty()) {
        return new TuningReport.Whole(0, retracted, 0, 0, new Statistics.Interval(1, 1, 1));
      }
      double left = (end - System.nanoTime()) / 1e9;
      Duet.Timings timings = compare(table, Math.max(FEWEST_SECONDS, left / 2));
      Statistics.Interval speedup = Statistics.speedup(timings.rounds());
      if (speedup.value() >= 1 || speedup.low() >= HARMLESS) {
        return new TuningReport.Whole(
            changes.size(),
            retracted,
            Statistics.median(Statistics.pool(timings.rounds(), Duet.Round::b)),
            Statistics.median(Statistics.pool(timings.rounds(), Duet.Round::a)),
            speedup);
      }
      List<TuningRecord> back = new ArrayList<>();
      int least = System.nanoTime() < end ? (changes.size() + 1) / 2 : changes.size();
      for (Change change : changes.subList(0, least)) {
        back.addAll(retractions(records, change));
        retracted++;
      }
      if (back.isEmpty()) {
        throw new IllegalStateException("nothing in " + file.path() + " explains the plan");
      }
      file.append(back);
    }
  }

  private Planner.Means means(TuningTable table) {
    return new Planner.Means(
        Backends.load().usable(estimates.backend()),
        estimates.backend(),
        estimates.threads(),
        table);
  }

  /** Least gain first. */
  private List<Change> changes(List<TuningRecord> records, TuningTable table) {
    List<Change> changes = new ArrayList<>();
    for (Tunable.Layer layer : layers) {
      Guess before = Tunable.choice(means(TuningTable.empty()), layer.problem());
      Guess after = Tunable.choice(means(table), layer.problem());
      String key = layer.problem().work();
      if (!isOf(before, after) || before.threads() != after.threads()) {
        double gain =
            nanos(records, key, before.algorithm().id(), before.tile())
                - nanos(records, key, after.algorithm().id(), after.tile());
        changes.add(
            new Change(
                layer.problems().stream().map(ConvProblem::work).toList(),
                after.algorithm().id(),
                after.tile(),
                layer.count() * gain));
      }
    }
    Map<String, ChainWay> estimated = ways(TuningTable.empty());
    ways(table)
        .forEach((key, after) -> {
          ChainWay before = estimated.get(key);
          if (before != null && !before.equals(after)) {
            double gain =
                nanos(records, key, before.algorithm(), before.tile())
                    - nanos(records, key, after.algorithm(), after.tile());
            changes.add(new Change(List.of(key), after.algorithm(), after.tile(), gain));
          }
        });
    changes.sort(Comparator.comparingDouble(Change::nanosGained));
    return changes;
  }

  private Map<String, ChainWay> ways(TuningTable table) {
    return Tunable.chains(means(table), graph).stream()
        .collect(Collectors.toMap(Tunable.Chain::key, c -> c.ways().getFirst()));
  }

  private static boolean isOf(Guess a, Guess b) {
    return a.algorithm().id().equals(b.algorithm().id()) && a.tile().equals(b.tile());
  }

  private static boolean isOf(TuningRecord r, String algorithm, Tile tile) {
    return r.algorithm().equals(algorithm) && r.tile().equals(tile);
  }

  private boolean concerns(TuningRecord r, String key) {
    return r.problem().equals(key)
        && machine.likeness(r.machine()).compareTo(Likeness.MICROARCHITECTURE) <= 0
        && r.backends().equals(estimates.backend());
  }

  /** The latest time of a kernel; 0 if there is none. */
  private double nanos(List<TuningRecord> records, String key, String algorithm, Tile tile) {
    return records.reversed().stream()
        .filter(r -> concerns(r, key) && r.samples() > 0 && isOf(r, algorithm, tile))
        .mapToDouble(TuningRecord::median)
        .findFirst()
        .orElse(0);
  }

  /** Takes back the choice of kernel, if that is this one, and of its threads. */
  private List<TuningRecord> retractions(List<TuningRecord> records, Change change) {
    List<TuningRecord> back = new ArrayList<>();
    for (String key : change.keys()) {
      for (int session : IntStream.of(1, estimates.threads()).distinct().toArray()) {
        records.reversed().stream()
            .filter(r -> concerns(r, key) && r.session() == session)
            .filter(r -> r.isChoice() && isOf(r, change.algorithm(), change.tile()))
            .findFirst()
            .ifPresent(r -> back.add(r.status(Status.RETRACTED, machine)));
      }
    }
    return back;
  }

  private Duet.Timings compare(TuningTable table, double seconds) {
    Map<String, Tensor> inputs = NoiseInputs.of(model, shapes);
    Turns.Limits limits =
        new Turns.Limits(
            0, Math.min(MOST_SECONDS, seconds / 2), Math.min(MOST_WARMUP_SECONDS, seconds / 4));
    try (SessionContender tuned = new SessionContender(model, inputs, estimates.tuning(table));
        SessionContender estimated = new SessionContender(model, inputs, estimates)) {
      return new Duet(tuned, estimated, limits).play();
    }
  }
}
