package dev.tilewright.bench;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Layers as they are measured: a line each, the backends side by side. */
final class KernelTable {
  private static final int NAME = 24;
  private static final int KERNEL = 36;

  private final PrintWriter out;
  private final List<String> backends;
  private final boolean all;
  private final List<Double> ratios = new ArrayList<>();
  private final Map<String, List<Double>> shares = new LinkedHashMap<>();

  KernelTable(PrintWriter out, List<String> backends, boolean all) {
    this.out = out;
    this.backends = backends;
    this.all = all;
  }

  void begin(Environment environment, int threads, double peak) {
    environment.print(out);
    out.println(
        String.format(
            Locale.ROOT,
            "%d thread(s), FMA peak %.1f GFLOP/s; %% of the peak beside each layer",
            threads,
            peak));
    StringBuilder line =
        new StringBuilder(String.format(Locale.ROOT, "%-" + NAME + "s %8s", "layer", "MFLOP"));
    for (String backend : backends) {
      line.append(
          String.format(
              Locale.ROOT,
              "  %-" + KERNEL + "s %9s %7s %6s %6s %7s %7s",
              backend,
              "us",
              "GFLOP/s",
              "% peak",
              "direct",
              "err/uM",
              "rel err"));
    }
    out.println(line + (backends.size() == 2 ? "  ratio" : ""));
    out.flush();
  }

  void add(LayerRun run) {
    StringBuilder line =
        new StringBuilder(
            String.format(Locale.ROOT, "%-" + NAME + "s %8.1f", run.layer(), run.mflop()));
    List<Double> times = new ArrayList<>();
    for (String backend : backends) {
      Optional<LayerRun.Row> best = run.best(backend, false);
      line.append("  ").append(best.map(row -> cells(run, row)).orElse(cells("-")));
      best.ifPresent(row -> times.add(row.micros()));
      best.ifPresent(
          row -> shares.computeIfAbsent(backend, b -> new ArrayList<>()).add(row.percentOfPeak()));
    }
    if (backends.size() == 2 && times.size() == 2) {
      ratios.add(times.get(1) / times.get(0));
      line.append(String.format(Locale.ROOT, "  %5.2f", ratios.getLast()));
    }
    out.println(line.toString().stripTrailing());
    for (LayerRun.Row row : run.candidates()) {
      boolean bestDirect =
          run.best(row.backend(), true).filter(row::equals).isPresent()
              && run.best(row.backend(), false).filter(row::equals).isEmpty();
      boolean boxes = row.finalist() && row.bytesPerCall() > 0;
      if (all || bestDirect || boxes || !row.isRight()) {
        out.println(detail(row, bestDirect));
      }
    }
    out.flush();
  }

  private static String cells(LayerRun run, LayerRun.Row row) {
    String direct =
        run.best(row.backend(), true)
            .map(d -> String.format(Locale.ROOT, "%.1f", d.percentOfPeak()))
            .orElse("-");
    return String.format(
        Locale.ROOT,
        "%-" + KERNEL + "s %9.1f %7.1f %6.1f %6s %7.2f %7.0e",
        shorten(kernel(row)),
        row.micros(),
        row.gflops(),
        row.percentOfPeak(),
        direct,
        row.error() == null ? Double.NaN : row.error().units(),
        row.error() == null ? Double.NaN : row.error().relative());
  }

  private static String cells(String text) {
    return String.format(Locale.ROOT, "%-" + (KERNEL + 48) + "s", text);
  }

  private static String detail(LayerRun.Row row, boolean bestDirect) {
    String what = "    " + row.backend() + "." + kernel(row) + ": ";
    if (row.failure() != null || row.error() == null) {
      return what + "FAILED: " + row.failure();
    }
    return what
        + String.format(Locale.ROOT, "%.1f us, %.1f %%", row.micros(), row.percentOfPeak())
        + (bestDirect ? ", best without transforms" : "")
        + (row.finalist() ? "" : ", not in the final")
        + String.format(
            Locale.ROOT,
            ", error %.2f of %.0f uM, %.1e relative",
            row.error().units(),
            row.error().bound(),
            row.error().relative())
        + (row.settled() ? "" : ", did not settle")
        + (row.bytesPerCall() == 0
            ? ""
            : String.format(Locale.ROOT, ", allocates %.0f bytes a call", row.bytesPerCall()))
        + (row.isRight() ? "" : ", WRONG");
  }

  private static String kernel(LayerRun.Row row) {
    String name = row.algorithm().substring(row.backend().length() + 1);
    return row.tile().isEmpty() ? name : name + " " + row.tile();
  }

  private static String shorten(String text) {
    return text.length() <= KERNEL ? text : text.substring(0, KERNEL - 1) + "…";
  }

  void end(double peak) {
    out.println(
        String.format(
                Locale.ROOT,
                "FMA peak at the end %.1f GFLOP/s; geometric mean of %% of peak: ",
                peak)
            + shares.entrySet().stream()
                .map(e ->
                    String.format(Locale.ROOT, "%s %.1f", e.getKey(), geometricMean(e.getValue())))
                .collect(Collectors.joining(", ")));
    Double speedUp = speedUp();
    if (speedUp != null) {
      out.println(
          String.format(
              Locale.ROOT,
              "%s is %.3f times as fast as %s, geometric mean of %d layers",
              backends.get(0),
              speedUp,
              backends.get(1),
              ratios.size()));
    }
    out.flush();
  }

  /** Of the first backend against the second; null unless there are two. */
  @Nullable Double speedUp() {
    return ratios.isEmpty() ? null : geometricMean(ratios);
  }

  static double geometricMean(List<Double> values) {
    return Math.exp(values.stream().mapToDouble(Math::log).average().orElse(Double.NaN));
  }
}
