package dev.tilewright.gate;

import dev.tilewright.backend.Backends;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.Verb;
import dev.tilewright.database.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gate}: whether a change made something slower. */
@Command(
    name = "gate",
    subcommands = {ChoiceVerb.class, SelfTestVerb.class},
    description = "Tells whether a change made something slower, and how sure that is.",
    footer = {
      "",
      "Exit codes: 0 PASS, 10 REGRESSION, 11 IMPROVEMENT, 12 INCONCLUSIVE; 2 bad input.",
      "docs/gate.md has the rules and recipes for CI."
    })
public final class GateVerb implements Verb, Callable<Integer> {
  @Option(
      names = "--jmh",
      arity = "2",
      paramLabel = "FILE",
      description = "Results of JMH before and after (-rf json), of any project")
  private List<Path> jmh = new ArrayList<>();

  @Option(
      names = "--baseline",
      paramLabel = "JAR|DIR|REV",
      description = {
        "What to compare with: a jar, a directory of jars or classes, a built checkout, or a",
        "revision, which is built once and kept in the user's cache. JMH jars are compared by",
        "their benchmarks, this project by typical layers"
      })
  private @Nullable String baseline;

  @Option(
      names = "--candidate",
      paramLabel = "JAR|DIR|REV",
      description = "What may have become slower (default: the checkout in this directory)")
  private String candidate = ".";

  @Option(
      names = "--budget",
      paramLabel = "5m",
      description = "When to stop, in seconds or minutes (default: 5m)")
  private String budget = "5m";

  @Option(
      names = "--forks",
      description = "Most forks of a benchmark, and again of what is flagged (default: 9)")
  private int forks = DuetGate.Options.standard().forks();

  @Option(
      names = "--benchmarks",
      paramLabel = "REGEX",
      description = "Only benchmarks with this in their name")
  private Pattern benchmarks = Pattern.compile("");

  @Option(names = "--json", paramLabel = "FILE", description = "All figures, for programs")
  private @Nullable Path json;

  @Option(names = "--md", paramLabel = "FILE", description = "Markdown, for a pull request")
  private @Nullable Path markdown;

  @Option(names = "--html", paramLabel = "FILE", description = "A page with pictures")
  private @Nullable Path html;

  @Option(
      names = "--history",
      paramLabel = "DIR",
      description = "Times of past revisions on this machine, such as bench/history: shows changes")
  private @Nullable Path history;

  @Option(
      names = "--record",
      description = "Add the candidate's times to the history, under the revision checked out here")
  private boolean record;

  @Option(
      names = "--fail-on",
      split = ",",
      paramLabel = "VERDICT",
      description = "Verdicts with an exit code of their own; others end with 0 (default: all)")
  private List<Verdict> failOn = List.of(Verdict.values());

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Report report = jmh.isEmpty() ? duet() : results();
    List<History.Series> series = List.of();
    if (history != null) {
      series = past(history, report);
      List<Report.Note> notes = new ArrayList<>(report.notes());
      notes.addAll(History.notes(series));
      report = Report.of(report.title(), report.findings(), notes);
    }
    TextReport.print(report, Console.out(spec));
    if (json != null) {
      Files.writeString(json, JsonReport.of(report));
    }
    if (markdown != null) {
      Files.writeString(markdown, MarkdownReport.of(report));
    }
    if (html != null) {
      Files.writeString(html, HtmlReport.of(report, series));
    }
    return failOn.contains(report.verdict()) ? report.verdict().exitCode() : 0;
  }

  /** The history, with the candidate's figures if it is to be recorded. */
  private List<History.Series> past(Path directory, Report report) throws IOException {
    Machine here = Backends.load().machine();
    // Not the kernels' revisions: how those differ is what a history is kept for.
    String machine =
        String.join(
            "; ",
            here.cpu(),
            here.isa(),
            here.caches(),
            here.processors() + " processors",
            "Java " + here.java());
    if (record) {
      Map<String, Double> micros = new TreeMap<>();
      for (Finding finding : report.findings()) {
        if (finding.sample().unit().equals("us")) {
          micros.put(
              finding.sample().benchmark(), MarkdownReport.median(finding.sample().candidate()));
        }
      }
      History.append(directory, new History.Entry(Revision.name(Path.of("")), machine, micros));
    }
    return History.series(History.read(directory, machine));
  }

  private Report results() throws IOException {
    return JmhGate.judge(
        JmhFile.read(jmh.get(0)),
        JmhFile.read(jmh.get(1)),
        benchmarks,
        "JMH results " + jmh.get(0) + " and " + jmh.get(1));
  }

  private Report duet() throws IOException {
    if (baseline == null && history != null) {
      return Report.of("history " + history, List.of(), List.of());
    }
    if (baseline == null) {
      throw new BadInputException(
          "nothing to compare: give --baseline JAR|DIR|REV, or --jmh BEFORE.json AFTER.json");
    }
    DuetGate.Options options = DuetGate.Options.standard().within(forks, Durations.nanos(budget));
    Side before = Side.resolve(baseline);
    Side after = Side.resolve(candidate);
    try (Scratch scratch = new Scratch()) {
      Tasks tasks = Tasks.of(before, after, benchmarks, scratch.directory());
      long end = System.nanoTime() + options.budgetNanos();
      DuetGate.Outcome outcome =
          new DuetGate(before, after, tasks.common(), options, this::progress).run();
      List<Finding> findings = new ArrayList<>(outcome.findings());
      WholeNetworks whole = new WholeNetworks(before, after, tasks.networks(), options);
      findings.addAll(whole.run(end, this::progress));
      progress("");
      List<Report.Note> notes = new ArrayList<>(tasks.notes());
      notes.addAll(outcome.notes());
      notes.addAll(whole.notes());
      notes.addAll(Counters.changes(outcome.results()));
      notes.addAll(Counters.sizes(before, after));
      return Report.of("baseline " + baseline + ", candidate " + candidate, findings, notes);
    }
  }

  private void progress(String text) {
    Console.progress(spec, text);
  }
}
