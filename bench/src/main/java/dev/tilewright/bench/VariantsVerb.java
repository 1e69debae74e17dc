package dev.tilewright.bench;

import com.google.gson.GsonBuilder;
import dev.tilewright.SessionOptions;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.JsonOutput;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.Verb;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tuning.Turns;
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
      "MACs and times are in those of the dense convolution; copies are of reading inputs and"
          + " writing outputs once.",
      "ORT: in those of its own dense convolution; recorded: the same, elsewhere, as published.",
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
    Environment here = Environment.here();
    double first = FmaPeak.gflops(options.threads());
    PrintWriter out = json.text(Console.out(spec));
    here.print(out);
    out.printf(
        Locale.ROOT,
        "%d thread(s), backend %s, FMA peak %.1f GFLOP/s%n",
        options.threads(),
        options.backend(),
        first);
    VariantRows rows = new VariantRows(wanted, first, out);
    List<VariantTime> times = measure(wanted, options, missing == null, rows);
    double last = FmaPeak.gflops(options.threads());
    out.printf(Locale.ROOT, "FMA peak at the end %.1f GFLOP/s%n", last);
    if (missing != null) {
      out.println("no ONNX Runtime here: " + missing);
    }
    out.flush();
    if (json.isWanted()) {
      write(new Report(here, options.threads(), options.backend(), first, last, times));
    }
    return times.stream().allMatch(t -> t.agreement().agrees()) ? 0 : 1;
  }

  private List<VariantTime> measure(
      List<Zoo.Entry> wanted, SessionOptions options, boolean withPeer, VariantRows rows) {
    Turns.Limits limits = new Turns.Limits(0, seconds, warmup);
    List<VariantTime> times = new ArrayList<>();
    Map<Shape, Variant> dense = new HashMap<>();
    Map<String, Variant> folded = new HashMap<>();
    try {
      for (Zoo.Entry entry : wanted) {
        Console.progress(spec, (times.size() + 1) + " of " + wanted.size() + " " + entry.name());
        try (Variant block = Variant.of(entry, options, withPeer)) {
          String other = entry.target().orElseThrow().beside();
          Variant beside =
              other.isEmpty()
                  ? dense.computeIfAbsent(
                      Variant.image(entry.blueprint()),
                      image -> Variant.dense(image, options, withPeer))
                  : folded.computeIfAbsent(
                      other, name -> Variant.of(Zoo.find(name), options, withPeer));
          VariantTime time = VariantTime.of(entry, block, beside, limits);
          Console.progress(spec, "");
          rows.print(time);
          times.add(time);
        }
      }
    } finally {
      dense.values().forEach(Variant::close);
      folded.values().forEach(Variant::close);
    }
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
