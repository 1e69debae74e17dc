package dev.tilewright.gate;

import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.Verb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
      names = "--fail-on",
      split = ",",
      paramLabel = "VERDICT",
      description = "Verdicts with an exit code of their own; others end with 0 (default: all)")
  private List<Verdict> failOn = List.of(Verdict.values());

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (jmh.isEmpty()) {
      throw new BadInputException("nothing to compare: give --jmh BEFORE.json AFTER.json");
    }
    Report report =
        JmhGate.judge(
            JmhFile.read(jmh.get(0)),
            JmhFile.read(jmh.get(1)),
            benchmarks,
            "JMH results " + jmh.get(0) + " and " + jmh.get(1));
    TextReport.print(report, Console.out(spec));
    if (json != null) {
      Files.writeString(json, JsonReport.of(report));
    }
    if (markdown != null) {
      Files.writeString(markdown, MarkdownReport.of(report));
    }
    if (html != null) {
      Files.writeString(html, HtmlReport.of(report));
    }
    return failOn.contains(report.verdict()) ? report.verdict().exitCode() : 0;
  }
}
