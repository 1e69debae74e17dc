package dev.tilewright.cli;

import dev.tilewright.backend.Backend;
import dev.tilewright.backend.Backends;
import dev.tilewright.database.Entry;
import dev.tilewright.database.Machine;
import dev.tilewright.database.Standing;
import dev.tilewright.database.TuningFile;
import dev.tilewright.database.TuningRecord;
import dev.tilewright.plan.Tunable;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks at files of measurements and keeps them in order. */
@Command(
    name = "db",
    description = "Show, compare and merge the measurements that tune made.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  tilewright db show",
      "  tilewright db diff old.txt new.txt",
      "  tilewright db merge --report fleet.txt a.txt b.txt c.txt",
      "  tilewright db export model.onnx.tuning",
      "",
      "The file, where none is named: $TILEWRIGHT_DB, else tilewright/tuning.txt in",
      "$XDG_CACHE_HOME or ~/.cache. docs/tuning.md describes the lines."
    })
public final class Db implements Verb {
  private static final String JSON = "Print one JSON object instead of text.";

  @Spec private @Nullable CommandSpec spec;

  @Command(name = "show", description = "Print the choices in force, or all records.")
  int show(
      @Parameters(arity = "0..1", paramLabel = "FILE") @Nullable Path file,
      @Option(names = "--problem", paramLabel = "REGEX", description = "Only of such problems.")
          @Nullable Pattern problem,
      @Option(names = "--all", description = "Measurements, quarantine and retractions too.")
          boolean all,
      @Option(names = "--json", description = JSON) boolean json)
      throws IOException {
    List<TuningRecord> records = read(required(file)).records();
    Collection<TuningRecord> chosen = all ? records : Standing.choices(records).values();
    List<TuningRecord> wanted =
        chosen.stream()
            .filter(r -> problem == null || problem.matcher(r.problem()).find())
            .toList();
    if (json) {
      out().println(Json.of(Map.of("records", wanted.stream().map(Db::object).toList())));
      return 0;
    }
    Machine here = Backends.load().machine();
    Table table =
        new Table("problem", "for", "status", "algorithm", "tile", "threads", "us", "machine");
    wanted.forEach(r ->
        table.row(
            r.problem(),
            r.backends() + " t" + r.session(),
            r.status(),
            r.algorithm(),
            r.tile(),
            r.threads(),
            micros(r),
            r.machine().id() + " " + likeness(here, r.machine())));
    table.print(out());
    out().println();
    new LinkedHashSet<>(wanted.stream().map(TuningRecord::machine).toList())
        .forEach(m -> out().println(m.id() + "  " + m));
    return 0;
  }

  @Command(name = "diff", description = "Print where the choices of two files differ.")
  int diff(
      @Parameters(paramLabel = "OLD") Path old,
      @Parameters(paramLabel = "NEW") Path fresh,
      @Option(names = "--json", description = JSON) boolean json)
      throws IOException {
    Map<Standing.Place, TuningRecord> before = Standing.choices(read(required(old)).records());
    Map<Standing.Place, TuningRecord> after = Standing.choices(read(required(fresh)).records());
    Set<Standing.Place> places = new LinkedHashSet<>(before.keySet());
    places.addAll(after.keySet());
    List<Map<String, Object>> found = new ArrayList<>();
    Table table = new Table("problem", "for", "machine", "old", "us", "new", "us");
    for (Standing.Place place : places) {
      TuningRecord a = before.get(place);
      TuningRecord b = after.get(place);
      if (!Objects.equals(kernel(a), kernel(b))) {
        String use = place.backends() + " t" + place.session();
        table.row(
            place.problem(), use, place.machine().id(), kernel(a), micros(a), kernel(b), micros(b));
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("problem", place.problem());
        entry.put("backends", place.backends());
        entry.put("session", place.session());
        entry.put("machine", place.machine().id());
        entry.put("old", kernel(a));
        entry.put("new", kernel(b));
        found.add(entry);
      }
    }
    if (json) {
      out().println(Json.of(Map.of("differences", found)));
    } else if (found.isEmpty()) {
      out().println("the same choices for " + places.size() + " problem(s)");
    } else {
      table.print(out());
    }
    return 0;
  }

  @Command(
      name = "merge",
      description = "Add the records of files to one, which need not exist; none is added twice.")
  int merge(
      @Parameters(index = "0", paramLabel = "INTO") Path into,
      @Parameters(index = "1..*", arity = "1..*", paramLabel = "FROM") List<Path> from,
      @Option(names = "--report", description = "What each file and machine contributed.")
          boolean report,
      @Option(names = "--json", description = JSON) boolean json)
      throws IOException {
    TuningFile target = TuningFile.at(into);
    Set<Entry> known = new LinkedHashSet<>(read(target).entries());
    List<Contribution> contributions = new ArrayList<>();
    for (Path file : from) {
      List<Entry> records = read(required(file)).entries();
      List<Entry> before = List.copyOf(known);
      List<Entry> fresh = records.stream().distinct().filter(known::add).toList();
      target.append(fresh);
      contributions.addAll(Contribution.of(file, records, fresh, before));
      long machines = fresh.stream().map(Entry::machine).distinct().count();
      if (!json) {
        out()
            .printf(
                Locale.ROOT,
                "%s: %d of %d records are new, of %d machine(s)%n",
                file,
                fresh.size(),
                records.size(),
                machines);
      }
    }
    if (json) {
      out()
          .println(
              Json.of(
                  Map.of(
                      "contributions", contributions.stream().map(Contribution::object).toList())));
    } else if (report) {
      Contribution.table(contributions).print(out());
    }
    return 0;
  }

  @Command(
      name = "prune",
      description =
          "Leave only what decides: choices in force, and kernels that were wrong or failed.")
  int prune(
      @Parameters(arity = "0..1", paramLabel = "FILE") @Nullable Path file,
      @Option(names = "--here", description = "Also drop what does not count on this machine.")
          boolean here)
      throws IOException {
    TuningFile target = required(file);
    List<Entry> all = read(target).entries();
    List<Entry> kept = Standing.compact(all).stream().filter(r -> !here || countsHere(r)).toList();
    target.replace(kept);
    out()
        .printf(Locale.ROOT, "%s: kept %d of %d records%n", target.path(), kept.size(), all.size());
    return 0;
  }

  /** The exit code: 1 if something cannot be used. */
  @Command(
      name = "verify",
      description =
          "Check that every line can be read and every choice be used here. Exit 1 if not.")
  int verify(
      @Parameters(arity = "0..1", paramLabel = "FILE") @Nullable Path file,
      @Option(names = "--json", description = JSON) boolean json)
      throws IOException {
    TuningFile target = required(file);
    TuningFile.Contents contents = target.read();
    List<Backend> backends = Backends.load().usable("auto");
    Set<String> unusable = new TreeSet<>();
    for (TuningRecord r : Standing.choices(contents.records()).values()) {
      String why = countsHere(r) ? Tunable.refusal(backends, r) : null;
      if (why != null) {
        unusable.add((r.algorithm() + " " + r.tile()).strip() + " for " + r.problem() + ": " + why);
      }
    }
    if (json) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("file", target.path().toString());
      object.put("records", contents.records().size());
      object.put("ignored", contents.ignored());
      object.put("unusable", unusable);
      out().println(Json.of(object));
    } else {
      out().printf(Locale.ROOT, "%s: %d records%n", target.path(), contents.records().size());
      if (!contents.ignored().isEmpty()) {
        out().println("ignored lines: " + TuningSources.ignored(contents));
      }
      unusable.forEach(text -> out().println("chosen and not usable: " + text));
    }
    return contents.ignored().isEmpty() && unusable.isEmpty() ? 0 : 1;
  }

  @Command(
      name = "export",
      description =
          "Write what decides on this machine to a new file, to ship or put beside a model.")
  int export(
      @Parameters(paramLabel = "FILE") Path to,
      @Option(names = "--db", paramLabel = "FILE", description = "Instead of the user's file.")
          @Nullable Path from)
      throws IOException {
    if (Files.exists(to)) {
      throw new BadInputException(to + " exists; merge into it, or remove it first");
    }
    List<Entry> kept =
        Standing.compact(read(required(from)).entries()).stream().filter(Db::countsHere).toList();
    TuningFile.at(to).replace(kept);
    out().printf(Locale.ROOT, "%s: %d records%n", to, kept.size());
    return 0;
  }

  @Command(name = "import", description = "Add the records of files to the user's file.")
  int importInto(
      @Parameters(arity = "1..*", paramLabel = "FILE") List<Path> from,
      @Option(names = "--db", paramLabel = "FILE", description = "Instead of the user's file.")
          @Nullable Path into)
      throws IOException {
    return merge(place(into), from, false, false);
  }

  private static Path place(@Nullable Path file) {
    Path place = TuningSources.userFile(file == null ? null : file.toString(), System.getenv());
    if (place == null) {
      throw new BadInputException("there is to be no file of measurements: name one");
    }
    return place;
  }

  private static TuningFile required(@Nullable Path file) throws NoSuchFileException {
    Path place = place(file);
    if (!Files.exists(place)) {
      throw new NoSuchFileException(place.toString());
    }
    return TuningFile.at(place);
  }

  private TuningFile.Contents read(TuningFile file) throws IOException {
    TuningFile.Contents contents = file.read();
    if (!contents.ignored().isEmpty()) {
      Console.err(spec)
          .println(
              "tilewright: " + file.path() + ": ignored lines: " + TuningSources.ignored(contents));
    }
    return contents;
  }

  private static boolean countsHere(Entry record) {
    Machine.Likeness likeness = Backends.load().machine().likeness(record.machine());
    return likeness.compareTo(Machine.Likeness.MICROARCHITECTURE) <= 0;
  }

  private static String likeness(Machine here, Machine other) {
    return switch (here.likeness(other)) {
      case SAME -> "(this)";
      case MICROARCHITECTURE -> "(like this)";
      case ISA, NONE -> "(another)";
    };
  }

  private static String kernel(@Nullable TuningRecord r) {
    return r == null
        ? "-"
        : (r.algorithm() + " " + r.tile()).strip()
            + (r.session() > 1 ? " on " + r.threads() + " thread(s)" : "");
  }

  private static String micros(@Nullable TuningRecord r) {
    return r == null || r.samples() == 0
        ? "-"
        : String.format(Locale.ROOT, "%.1f", r.median() / 1000);
  }

  private static Map<String, Object> object(TuningRecord r) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("problem", r.problem());
    object.put("backends", r.backends());
    object.put("session", r.session());
    object.put("machine", r.machine().id());
    object.put("status", r.status().name());
    object.put("algorithm", r.algorithm());
    object.put("tile", r.tile().toString());
    object.put("threads", r.threads());
    object.put("samples", r.samples());
    object.put("medianNs", r.median());
    object.put("lowNs", r.low());
    object.put("highNs", r.high());
    object.put("seconds", r.seconds());
    return object;
  }

  private PrintWriter out() {
    return Console.out(spec);
  }
}
