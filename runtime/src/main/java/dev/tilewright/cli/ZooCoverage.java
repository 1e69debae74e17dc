package dev.tilewright.cli;

import dev.tilewright.zoo.algorithm.DilationRule;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a stack of dilated convolutions sees, and what it misses. */
@Command(
    name = "coverage",
    description = "Show which pixels a stack of dilated convolutions sees, and the rule of HDC.",
    sortOptions = false)
final class ZooCoverage implements Callable<Integer> {
  /** Columns of a terminal that always are there. */
  private static final int COLUMNS = 80;

  /** From few paths to many. */
  private static final String SHADES = ".:-=+*#%@";

  @Option(
      names = "--rates",
      paramLabel = "R,R,...",
      split = ",",
      required = true,
      description = "Dilations, from the input to the output.")
  private List<Integer> rates = List.of();

  @Option(
      names = "--kernel",
      paramLabel = "K",
      defaultValue = "3",
      description = "Size of the filters, odd. Default: ${DEFAULT-VALUE}.")
  private int kernel = 3;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Draw the map too, as .png or .svg.")
  private @Nullable Path output;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    DilationRule rule = new DilationRule(rates, kernel);
    if (output != null) {
      draw(rule, output);
    }
    PrintWriter out = Console.out(spec);
    long field = rule.receptiveField();
    long holes = rule.holes();
    String broken = rule.broken();
    out.printf(
        Locale.ROOT,
        "rates %s of %dx%d, distances between taps that see something %s%n",
        text(rule.rates()),
        kernel,
        kernel,
        text(rule.distances()));
    out.println("rule of HDC   " + (broken.isEmpty() ? "kept" : "broken: " + broken));
    out.printf(
        Locale.ROOT,
        "really seen   %,d of %dx%d pixels, %,d holes (%.1f %%)%n",
        field * field - holes,
        field,
        field,
        holes,
        100.0 * holes / (field * field));
    if (!rule.unseen().isEmpty()) {
      out.println("no row of     " + text(rule.unseen()) + " and no such column is seen");
    }
    out.println();
    if (field < COLUMNS) {
      print(rule.paths(), out);
    } else {
      out.println(field + "x" + field + " is too large to print: draw it with -o FILE.png");
    }
    if (output != null) {
      out.println("wrote " + output);
    }
    return 0;
  }

  private static void draw(DilationRule rule, Path file) throws IOException {
    Drawing drawing = Drawing.of(file, CoverageChart.SIZE);
    CoverageChart.draw(rule, drawing);
    drawing.save(file);
  }

  private static String text(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /** Darker for more paths, by their logarithm; blank for holes. */
  private static void print(long[] paths, PrintWriter out) {
    for (long row : paths) {
      StringBuilder line = new StringBuilder();
      for (long column : paths) {
        double share = CoverageChart.share(paths, row, column);
        line.append(share < 0 ? ' ' : SHADES.charAt((int) (share * (SHADES.length() - 1))));
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
