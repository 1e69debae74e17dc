package dev.tilewright.tuning;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.backend.Backend;
import dev.tilewright.backend.Backends;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.database.Entry;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.graph.Graph;
import dev.tilewright.plan.Planner;
import dev.tilewright.plan.Tunable;
import dev.tilewright.plan.Tunable.Guess;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tuning.CostFitting.Sample;
import dev.tilewright.tuning.LayerTuner.Outcome;
import dev.tilewright.tuning.LayerTuner.Timed;
import dev.tilewright.tuning.TuningReport.LayerReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * Tunes every convolution of a model and then looks whether the model as a whole gained by it. What
 * a layer's race found is in the file before the next one begins, so that it may be stopped at any
 * time and goes on where it was.
 */
public final class ModelTuner {
  /** The share of the budget that is kept for running the model as a whole. */
  private static final double FOR_THE_WHOLE = 0.4;

  /** Of that the shares for threads of layers and for chains, and the most seconds of each. */
  private static final double FOR_THREADS = 0.15;

  private static final double MOST_SECONDS_OF_THREADS = 3;
  private static final double FOR_CHAINS = 0.4;
  private static final double MOST_SECONDS_OF_CHAINS = 6;

  /** The share that all layers divide equally; the rest goes by estimated time. */
  private static final double EQUALLY = 0.25;

  /**
   * What to do.
   *
   * @param session threads and backends that the tuning is for; its measurements are not used
   * @param seconds for the model
   * @param again whether problems that have a choice on this machine are tuned anew
   */
  public record Options(SessionOptions session, Level level, double seconds, boolean again) {}

  /** Is told how far the tuning is. */
  @FunctionalInterface
  public interface Progress {
    /**
     * Before each layer, and once after the last.
     *
     * @param done layers that need no more work
     * @param secondsLeft of the budget
     * @param nanosGained of a run so far, on one thread, as the layers alone say
     */
    void at(int done, int layers, double secondsLeft, double nanosGained);
  }

  private final Model model;
  private final Map<String, Shape> shapes;
  private final TuningFile file;
  private final Options options;
  private final Progress progress;
  private final Machine machine = Backends.load().machine();
  private final List<Backend> backends;
  private final CostFitting fitting;
  private final Shortlist shortlist;
  private final long end;
  private final List<LayerReport> reports = new ArrayList<>();
  private double gained;

  private ModelTuner(
      Model model, Map<String, Shape> shapes, TuningFile file, Options options, Progress progress) {
    this.model = model;
    this.shapes = shapes;
    this.file = file;
    this.options = options;
    this.progress = progress;
    this.backends = Backends.load().usable(options.session().backend());
    this.fitting = new CostFitting(machine, backends);
    this.shortlist =
        new Shortlist(means(1, TuningTable.empty()), machine, fitting, options.level());
    this.end = System.nanoTime() + (long) (options.seconds() * 1e9);
  }

  /**
   * Tunes a model for inputs of these shapes.
   *
   * @param file of what is known and what is found
   * @throws IOException if the file cannot be read or written
   */
  public static TuningReport tune(
      Model model, Map<String, Shape> shapes, TuningFile file, Options options, Progress progress)
      throws IOException {
    return new ModelTuner(model, shapes, file, options, progress).tune();
  }

  private TuningReport tune() throws IOException {
    Graph graph = model.graph(shapes);
    List<Tunable.Layer> layers =
        Tunable.layers(graph).stream()
            .sorted(Comparator.comparingDouble(this::estimatedNanos).reversed())
            .toList();
    double all = layers.stream().mapToDouble(this::estimatedNanos).sum();
    double equal = EQUALLY * all / Math.max(1, layers.size());
    double ahead = all + equal * layers.size();
    long wholeNanos = (long) (FOR_THE_WHOLE * options.seconds() * 1e9);
    long layersEnd = end - wholeNanos;
    for (int i = 0; i < layers.size(); i++) {
      progress.at(i, layers.size(), secondsLeft(), gained);
      double weight = estimatedNanos(layers.get(i)) + equal;
      long now = System.nanoTime();
      if (now > layersEnd) {
        break;
      }
      long share = (long) (Math.max(0, layersEnd - now) * weight / ahead);
      ahead -= weight;
      tune(layers.get(i), now + share);
    }
    progress.at(layers.size(), layers.size(), secondsLeft(), gained);
    double left = wholeNanos / 1e9;
    int chains = sites(graph, Tunable::chains, Math.min(MOST_SECONDS_OF_CHAINS, FOR_CHAINS * left));
    // Afterwards, for whether a chain is fused depends on its members' threads if nobody knows.
    sites(graph, Tunable::threads, Math.min(MOST_SECONDS_OF_THREADS, FOR_THREADS * left));
    TuningReport.CostModel costModel = fit();
    Confirmation last = new Confirmation(model, shapes, graph, file, machine, options.session());
    TuningReport.Whole whole = last.confirm(secondsLeft());
    boolean kept = costModel.kept() && !last.withdrewFits();
    return new TuningReport(
        reports,
        chains,
        new TuningReport.CostModel(costModel.before(), costModel.fitted(), kept),
        whole);
  }

  /** Tunes the sites that have no choice yet; how many. */
  private int sites(
      Graph graph, BiFunction<Planner.Means, Graph, List<Tunable.Site>> all, double seconds)
      throws IOException {
    int session = options.session().threads();
    List<Entry> entries = file.read().entries();
    TuningTable table = TuningTable.of(List.of(entries), machine);
    Set<String> known = known(file.read().records(), session);
    List<Tunable.Site> sites =
        all.apply(means(session, table), graph).stream()
            .filter(site -> options.again() || !known.containsAll(site.keys()))
            .toList();
    Map<String, Tensor> inputs = NoiseInputs.of(model, shapes);
    file.append(
        new SiteTuner(model, inputs, options.session(), machine).tune(sites, entries, seconds));
    return sites.size();
  }

  /** Keeps what all measurements of this machine say of the cost model, if that is of any use. */
  private TuningReport.CostModel fit() throws IOException {
    List<Sample> samples = fitting.samples(file.read().records());
    TuningReport.Quality before = CostFitting.quality(samples);
    TuningReport.Quality after = fitting.validated(samples);
    boolean useful =
        after.regret() <= before.regret() && after.correlation() >= before.correlation();
    if (useful && !reports.isEmpty()) {
      file.append(fitting.fit(samples));
    }
    return new TuningReport.CostModel(before, after, useful);
  }

  private double secondsLeft() {
    return Math.max(0, (end - System.nanoTime()) / 1e9);
  }

  private Planner.Means means(int threads, TuningTable known) {
    return new Planner.Means(backends, options.session().backend(), threads, known);
  }

  private double estimatedNanos(Tunable.Layer layer) {
    Guess guess = Tunable.choice(means(1, TuningTable.empty()), layer.problem());
    return guess.nanos() * layer.count();
  }

  private void tune(Tunable.Layer layer, long deadline) throws IOException {
    List<TuningRecord> before = file.read().records();
    if (options.again() || !isKnown(before, layer)) {
      LayerTuner.Context context = new LayerTuner.Context(options.session().backend(), machine);
      try (LayerTuner tuner = new LayerTuner(context, layer.problem(), options.level(), deadline)) {
        kernel(layer, before, tuner);
      }
    }
  }

  private void kernel(Tunable.Layer layer, List<TuningRecord> before, LayerTuner tuner)
      throws IOException {
    ConvProblem one = layer.problem();
    TuningTable choices = TuningTable.of(List.of(before), machine);
    Guess estimate = Tunable.choice(means(1, TuningTable.empty()), one);
    Guess chosen = Tunable.choice(means(1, choices), one);
    Outcome found = tuner.kernel(chosen, shortlist.of(one, before, options.again()));
    append(layer, found.records());
    if (found.chosen() instanceof Timed best) {
      double gain = found.incumbent() == null ? 0 : gain(found.incumbent(), best);
      gained += gain * layer.count();
      reports.add(LayerReport.of(layer, estimate, found));
    }
  }

  /** Remembers what was found for one problem of a layer for all of them. */
  private void append(Tunable.Layer layer, List<TuningRecord> found) throws IOException {
    file.append(
        layer.problems().stream()
            .flatMap(p -> found.stream().map(r -> r.problem(p.work())))
            .toList());
  }

  private static double gain(Timed before, Timed after) {
    return before.time().value() - after.time().value();
  }

  /** Whether there is a choice for all its problems that was made on this very machine. */
  private boolean isKnown(List<TuningRecord> records, Tunable.Layer layer) {
    Set<String> known = known(records, 1);
    return layer.problems().stream().allMatch(p -> known.contains(p.work()));
  }

  private Set<String> known(List<TuningRecord> records, int session) {
    return records.stream()
        .filter(r -> r.status() == Status.CHOSEN && r.session() == session)
        .filter(r -> r.machine().equals(machine))
        .filter(r -> r.backends().equals(options.session().backend()))
        .map(TuningRecord::problem)
        .collect(Collectors.toSet());
  }
}
