package dev.tilewright.bench;

import com.google.gson.GsonBuilder;
import dev.tilewright.SessionOptions;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.JsonOutput;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.Table;
import dev.tilewright.cli.Verb;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tuning.Turns;
import dev.tilewright.zoo.Target;
import dev.tilewright.zoo.Zoo;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bench variants}: what the zoo's blocks take beside a dense 3x3 convolution. */
@Command(
    name = "variants",
    description =
        "Times blocks of the zoo in turn with a dense 3x3 convolution of their size, a copy of"
            + " their tensors, and ONNX Runtime.",
    sortOptions = false,
    footer = {
      "",
      "MACs and times are in those of the dense convolution; copy is reading inputs and writing"
          + " outputs once.",
      "Ours: inside a network, channels last on both sides. ours/ORT: from the block's own file,"
          + " both.",
      "Exit code: 1 if any outputs disagree."
    })
public final class VariantsVerb implements Verb, Callable<Integer> {
  @Option(
      names = "--variants",
      paramLabel = "REGEX",
      description = "Only blocks with this in their name")
  private Pattern filter = Pattern.compile("");

  @Option(names = "--seconds", description = "Timed seconds a block, all sides (default: 1)")
  private double seconds = 1;

  @Option(names = "--warmup", description = "Most seconds a side warms up (default: 1)")
  private double warmup = 1;

  @Mixin private JsonOutput json = new JsonOutput();

  @Mixin private SessionArguments session = SessionArguments.onThreads(1);

  @Spec private @Nullable CommandSpec spec;

  private record Report(
      Environment environment,
      int threads,
      String backend,
      double firstPeakGflops,
      double lastPeakGflops,
      List<VariantTime> variants) {}

  @Override
  public Integer call() throws IOException {
    List<Zoo.Entry> wanted =
        Zoo.blocks().stream()
            .filter(e -> e.target().isPresent() && filter.matcher(e.name()).find())
            .toList();
    if (wanted.isEmpty()) {
      throw new BadInputException("no block with a target is called anything like " + filter);
    }
    SessionOptions options = session.options(null);
    String missing = missingPeer();
    double first = FmaPeak.gflops(options.threads());
    List<VariantTime> times = measure(wanted, options, missing == null);
    double last = FmaPeak.gflops(options.threads());
    Report report =
        new Report(Environment.here(), options.threads(), options.backend(), first, last, times);
    if (!json.replacesText()) {
      print(report, missing, Console.out(spec));
    }
    if (json.isWanted()) {
      write(report);
    }
    return times.stream().allMatch(t -> t.agreement().agrees()) ? 0 : 1;
  }

  private List<VariantTime> measure(
      List<Zoo.Entry> wanted, SessionOptions options, boolean withPeer) {
    Turns.Limits limits = new Turns.Limits(0, seconds, warmup);
    List<VariantTime> times = new ArrayList<>();
    Map<Shape, Variant> dense = new HashMap<>();
    try {
      for (Zoo.Entry entry : wanted) {
        Console.progress(spec, (times.size() + 1) + " of " + wanted.size() + " " + entry.name());
        Variant beside =
            dense.computeIfAbsent(
                Variant.image(entry.inputs()), image -> Variant.dense(image, options, withPeer));
        try (Variant block = Variant.of(entry, options, withPeer)) {
          times.add(VariantTime.of(entry, block, beside, limits));
        }
      }
    } finally {
      dense.values().forEach(Variant::close);
    }
    Console.progress(spec, "");
    return times;
  }

  /** Why ONNX Runtime cannot be asked; null if it can. */
  private static @Nullable String missingPeer() {
    try {
      return OrtContender.version().isEmpty() ? "it has no version" : null;
    } catch (LinkageError e) {
      return e.toString();
    }
  }

  private static void print(Report report, @Nullable String missing, PrintWriter out) {
    report.environment().print(out);
    double peak = Math.max(report.firstPeakGflops(), report.lastPeakGflops());
    out.printf(
        Locale.ROOT,
        "%d thread(s), backend %s, FMA peak %.1f GFLOP/s%n",
        report.threads(),
        report.backend(),
        peak);
    Table table =
        new Table(
            "block",
            "MACs",
            "us",
            "time",
            "[95 %]",
            "copies",
            "asked",
            "met",
            "% peak",
            "dense %",
            "ORT",
            "recorded",
            "ours/ORT",
            "to ORT's dense",
            "");
    report.variants().forEach(time -> row(table, time, peak));
    table.print(out);
    if (missing != null) {
      out.println("no ONNX Runtime here: " + missing);
    }
    out.flush();
  }

  private static void row(Table table, VariantTime time, double peak) {
    VariantTime.Peer peer = time.peer();
    boolean copies = time.target().unit() == Target.Unit.COPY;
    table.row(
        time.name(),
        text("%.3f", time.macs()),
        text("%.1f", time.micros()),
        text("%.3f", time.dense().value()),
        text("[%.3f, %.3f]", time.dense().low(), time.dense().high()),
        copies ? text("%.2f", time.copy().value()) : "",
        text(copies ? "%.2f copies" : "%.3f", time.asked()),
        time.met() ? "yes" : "NO",
        text("%.0f", 100 * time.gflops() / peak),
        text("%.0f", 100 * time.denseGflops() / peak),
        peer == null ? "absent" : text("%.3f", peer.dense().value()),
        Double.isNaN(time.target().recorded()) ? "-" : text("%.3f", time.target().recorded()),
        peer == null ? "absent" : text("%.2f", peer.ours().value()),
        peer == null ? "absent" : text("%.3f", peer.oursToDense().value()),
        (time.settled() ? "" : "warm-up did not settle ")
            + (time.agreement().agrees() ? "" : "DISAGREES by " + time.agreement().error()));
  }

  private static String text(String format, double... values) {
    Object[] boxed = new Object[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return String.format(Locale.ROOT, format, boxed);
  }

  private void write(Report report) throws IOException {
    String text =
        new GsonBuilder()
            .setPrettyPrinting()
            .serializeSpecialFloatingPointValues()
            .create()
            .toJson(report);
    json.write(text, Console.out(spec));
  }
}
