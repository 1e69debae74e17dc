package dev.tilewright.tuning;

import dev.tilewright.Model;
import dev.tilewright.SessionOptions;
import dev.tilewright.database.Entry;
import dev.tilewright.database.Machine;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.database.TuningRecord.Status;
import dev.tilewright.database.TuningTable;
import dev.tilewright.plan.Tunable;
import dev.tilewright.plan.Way;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds out in which way sites of a model are computed best: which chains band by band, with how
 * high bands, and which layers on how many threads. All that depends on what the caches and the
 * other threads did just before, so sites are timed where they stand: sessions of the whole model,
 * each with another way for every site, run in turn.
 */
final class SiteTuner {
  /** What a way must gain. */
  private static final double WORTH_A_CHANGE = 1.02;

  /** The share of the time in which sessions may get fast. */
  private static final double FOR_WARMING_UP = 0.2;

  /** The share of the time in which all ways are timed, and how many are timed again. */
  private static final double FOR_THE_HEAT = 0.4;

  private static final int FINALISTS = 2;

  private static final Statistics.Interval UNTIMED = new Statistics.Interval(0, 0, 0);

  private final Model model;
  private final Map<String, Tensor> inputs;
  private final SessionOptions session;
  private final Machine machine;

  /**
   * @param session threads and backends that the choice is for
   */
  SiteTuner(Model model, Map<String, Tensor> inputs, SessionOptions session, Machine machine) {
    this.model = model;
    this.inputs = inputs;
    this.session = session;
    this.machine = machine;
  }

  /**
   * What was measured with one way at every site.
   *
   * @param number of the way; where a site's ways end they begin again
   */
  private record Variant(int number, StepTimes times) {
    /** The times of a site whose way this is, else null. */
    @Nullable StepTimes of(Tunable.Site site) {
      boolean isNew = number < site.ways().size();
      return isNew && times.least(site.steps()::contains) > 0 ? times : null;
    }
  }

  /**
   * Times all ways of these sites, and then the best of each against the present one.
   *
   * @param sites of the model's plan with what is known
   * @param known of the machine
   * @param seconds about how long
   * @return what is to be remembered, what was chosen last for each site
   */
  List<TuningRecord> tune(List<Tunable.Site> sites, List<? extends Entry> known, double seconds) {
    List<TuningRecord> records = new ArrayList<>();
    List<Tunable.Site> left = sites;
    if (most(sites) > 1 + FINALISTS) {
      List<Variant> heat = play(sites, known, FOR_THE_HEAT * seconds);
      left = sites.stream().map(site -> finalists(site, heat)).toList();
      sites.forEach(site -> records.addAll(measured(site, heat)));
    }
    if (most(left) > 1) {
      List<Variant> last = play(left, known, (1 - FOR_THE_HEAT) * seconds);
      left.forEach(site -> records.addAll(decide(site, last)));
    }
    return records;
  }

  private static int most(List<Tunable.Site> sites) {
    return sites.stream().mapToInt(site -> site.ways().size()).max().orElse(0);
  }

  /** The plan as it is twice, then one session for each other way. */
  private List<Variant> play(
      List<Tunable.Site> sites, List<? extends Entry> known, double seconds) {
    List<SessionContender> contenders = new ArrayList<>();
    List<Integer> numbers = new ArrayList<>();
    try {
      for (int number :
          IntStream.concat(IntStream.of(0), IntStream.range(0, most(sites))).toArray()) {
        List<Entry> entries = new ArrayList<>(known);
        for (Tunable.Site site : sites) {
          Way way = site.ways().get(number % site.ways().size());
          entries.addAll(records(site, way, Status.CHOSEN, List.of()));
        }
        TuningTable table = TuningTable.of(List.of(entries), machine);
        SessionContender contender = new SessionContender(model, inputs, session.tuning(table));
        contenders.add(contender);
        numbers.add(number);
        contender.run();
        if (!isRight(contender, contenders.getFirst())) {
          contenders.removeLast().close();
          numbers.removeLast();
        }
      }
      double warmUp = FOR_WARMING_UP * seconds / contenders.size();
      List<StepTimes> times = StepTimer.play(contenders, warmUp, (1 - FOR_WARMING_UP) * seconds);
      return IntStream.range(0, times.size())
          .mapToObj(i -> new Variant(numbers.get(i), times.get(i)))
          .toList();
    } finally {
      contenders.forEach(SessionContender::close);
    }
  }

  /** Whether the outputs are the same bits. */
  private static boolean isRight(SessionContender one, SessionContender first) {
    Map<String, Tensor> right = first.outputs();
    return one.outputs().entrySet().stream()
        .allMatch(e -> {
          Tensor other = right.get(e.getKey());
          return other != null && e.getValue().data().mismatch(other.data()) < 0;
        });
  }

  /** The present way of a site, and the fastest of the others. */
  private static Tunable.Site finalists(Tunable.Site site, List<Variant> heat) {
    List<Way> ways = new ArrayList<>(site.ways().subList(0, 1));
    heat.stream()
        .filter(variant -> variant.number > 0 && variant.of(site) != null)
        .sorted(Comparator.comparingDouble(variant -> variant.times.least(site.steps()::contains)))
        .limit(FINALISTS)
        .forEach(variant -> ways.add(site.ways().get(variant.number)));
    return new Tunable.Site(site.keys(), site.steps(), ways);
  }

  private List<TuningRecord> measured(Tunable.Site site, List<Variant> variants) {
    List<TuningRecord> records = new ArrayList<>();
    for (Variant variant : variants) {
      StepTimes times = variant.of(site);
      if (times != null) {
        List<Double> nanos = times.inTurns(site.steps()::contains);
        records.addAll(records(site, site.ways().get(variant.number), Status.MEASURED, nanos));
      }
    }
    return records;
  }

  /** The first two variants have the present ways. */
  private List<TuningRecord> decide(Tunable.Site site, List<Variant> variants) {
    List<TuningRecord> records = new ArrayList<>(measured(site, variants));
    boolean comparable = variants.size() > 1 && variants.get(1).number == 0;
    if (!comparable || variants.getFirst().of(site) == null) {
      return records; // outputs that are never the same twice, or a site that is not there
    }
    Variant best = variants.getFirst();
    double gained = 1;
    for (Variant variant : variants.subList(2, variants.size())) {
      StepTimes times = variant.of(site);
      if (times != null) {
        StepTimes before = variants.get(0).times;
        StepTimes again = variants.get(1).times;
        Gain gain = Gain.of(before, again, times, site.steps()::contains);
        if (gain.isSurely(WORTH_A_CHANGE) && gain.ofLeast() > gained) {
          best = variant;
          gained = gain.ofLeast();
        }
      }
    }
    Way way = site.ways().get(best.number);
    List<Double> nanos = best.times.inTurns(site.steps()::contains);
    records.addAll(records(site, way, Status.CHOSEN, nanos));
    return records;
  }

  private List<TuningRecord> records(
      Tunable.Site site, Way way, Status status, List<Double> nanos) {
    return site.keys().stream().map(key -> record(key, way, status, nanos)).toList();
  }

  private TuningRecord record(String key, Way way, Status status, List<Double> nanos) {
    Statistics.Interval time = nanos.isEmpty() ? UNTIMED : Statistics.interval(nanos);
    return new TuningRecord(
        key,
        session.backend(),
        session.threads(),
        machine,
        status,
        way.algorithm(),
        way.tile(),
        way.threads(),
        nanos.size(),
        time.value(),
        time.low(),
        time.high(),
        System.currentTimeMillis() / 1000);
  }
}
