package dev.tilewright.tuning;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.database.Machine;
import dev.tilewright.database.Machine.Likeness;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.onnx.Signature;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Tunable;
import dev.tilewright.plan.Tunable.Guess;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Runs a model by measurements and by estimates in turn. As long as the measurements do not help,
 * those that promised the least are taken back, half of them at a time.
 */
final class Confirmation {
  /** A tuned plan may surely not be slower than this. */
  private static final double HARMLESS = 0.99;

  private static final double MOST_SECONDS = 4;
  private static final double MOST_WARMUP_SECONDS = 3;
  private static final long SEED = 42;

  /** A layer whose kernel or threads are not those of the estimate, and what that gains. */
  private record Change(Tunable.Layer layer, Guess tuned, double nanosGained) {}

  private final Model model;
  private final Map<String, Shape> shapes;
  private final List<Tunable.Layer> layers;
  private final TuningFile file;
  private final Machine machine;
  private final SessionOptions estimates;

  Confirmation(
      Model model,
      Map<String, Shape> shapes,
      List<Tunable.Layer> layers,
      TuningFile file,
      Machine machine,
      SessionOptions session) {
    this.model = model;
    this.shapes = shapes;
    this.layers = layers;
    this.file = file;
    this.machine = machine;
    this.estimates = session.tuning(TuningTable.empty());
  }

  /**
   * Leaves only measurements in force with which the model is not slower.
   *
   * @param seconds for one comparison, about
   */
  TuningReport.Whole confirm(double seconds) throws IOException {
    int retracted = 0;
    while (true) {
      List<TuningRecord> records = file.read().records();
      TuningTable table = TuningTable.of(List.of(records), machine);
      List<Change> changes = changes(records, table);
      if (changes.isEmpty()) {
        return new TuningReport.Whole(0, retracted, 0, 0, new Statistics.Interval(1, 1, 1));
      }
      Duet.Timings timings = compare(table, seconds);
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
      for (Change change : changes.subList(0, (changes.size() + 1) / 2)) {
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
      boolean same = isOf(before, after.algorithm().id(), after.tile().toString());
      if (!same || before.threads() != after.threads()) {
        double gain =
            nanos(records, layer.problem(), before) - nanos(records, layer.problem(), after);
        changes.add(new Change(layer, after, layer.count() * gain));
      }
    }
    changes.sort(Comparator.comparingDouble(Change::nanosGained));
    return changes;
  }

  private static boolean isOf(Guess guess, String algorithm, String tile) {
    return guess.algorithm().id().equals(algorithm) && guess.tile().toString().equals(tile);
  }

  private boolean concerns(TuningRecord r, ConvProblem problem) {
    return r.problem().equals(problem.work())
        && machine.likeness(r.machine()).compareTo(Likeness.MICROARCHITECTURE) <= 0
        && r.backends().equals(estimates.backend());
  }

  /** The latest time of a kernel; 0 if there is none. */
  private double nanos(List<TuningRecord> records, ConvProblem problem, Guess guess) {
    return records.reversed().stream()
        .filter(r -> concerns(r, problem) && r.samples() > 0)
        .filter(r -> isOf(guess, r.algorithm(), r.tile().toString()))
        .mapToDouble(TuningRecord::median)
        .findFirst()
        .orElse(0);
  }

  /** Takes back the choice of kernel, if that is this one, and of its threads. */
  private List<TuningRecord> retractions(List<TuningRecord> records, Change change) {
    List<TuningRecord> back = new ArrayList<>();
    for (ConvProblem problem : change.layer().problems()) {
      for (int session : IntStream.of(1, estimates.threads()).distinct().toArray()) {
        records.reversed().stream()
            .filter(r -> concerns(r, problem) && r.session() == session)
            .filter(TuningRecord::isChoice)
            .filter(r -> isOf(change.tuned(), r.algorithm(), r.tile().toString()))
            .findFirst()
            .ifPresent(r -> back.add(r.status(Status.RETRACTED, machine)));
      }
    }
    return back;
  }

  private Duet.Timings compare(TuningTable table, double seconds) {
    Map<String, Tensor> inputs = inputs();
    Duet.Limits limits =
        new Duet.Limits(
            0, Math.min(MOST_SECONDS, seconds / 2), Math.min(MOST_WARMUP_SECONDS, seconds / 4));
    try (SessionContender tuned = new SessionContender(model, inputs, estimates.tuning(table));
        SessionContender estimated = new SessionContender(model, inputs, estimates)) {
      return new Duet(tuned, estimated, limits).play();
    }
  }

  /** Noise in [-1, 1); zeros where the model takes no floats. */
  private Map<String, Tensor> inputs() {
    Random random = new Random(SEED);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (Signature input : model.inputs()) {
      Shape shape = Objects.requireNonNull(shapes.get(input.name()), input.name());
      TensorType type = new TensorType(input.dtype(), shape);
      if (type.dtype() == DType.FLOAT32) {
        float[] values = new float[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
          values[i] = random.nextFloat() * 2 - 1;
        }
        inputs.put(input.name(), Tensor.of(shape, values));
      } else {
        byte[] zeros = new byte[Math.toIntExact(type.bytes())];
        inputs.put(input.name(), new Tensor(type, MemorySegment.ofArray(zeros)));
      }
    }
    return inputs;
  }
}
