package dev.tilewright.cli.ocr;

import dev.tilewright.SessionOptions;
import dev.tilewright.cli.BadInputException;
import dev.tilewright.cli.Console;
import dev.tilewright.cli.Json;
import dev.tilewright.cli.Picture;
import dev.tilewright.cli.SessionArguments;
import dev.tilewright.cli.Verb;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Reads the text in a picture. */
@Command(
    name = "demo",
    description =
        "Read the text in a picture with two networks, PP-OCRv3 detection and recognition.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  tilewright demo",
      "  tilewright demo --image receipt.jpg --output receipt-boxes.png",
      "  tilewright demo --backend vector --threads 1 --json"
    })
public final class Demo implements Verb, Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = "A PNG or JPEG to read. Default: a poster that comes with the program.")
  private @Nullable Path image;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      defaultValue = "tilewright-demo.png",
      description = "Where to write the picture with its lines marked. Default: ${DEFAULT-VALUE}.")
  private Path output = Path.of("tilewright-demo.png");

  @Mixin private SessionArguments session = new SessionArguments();

  @Option(names = "--json", description = "Print one JSON object instead of text.")
  private boolean json;

  @Override
  public boolean runsAModel() {
    return true;
  }

  @Override
  public Integer call() throws IOException {
    SessionOptions options = session.options(null);
    if (Files.isDirectory(output)) {
      throw new BadInputException("--output " + output + " is a directory, it must be a file");
    }
    Picture picture = picture();
    try (TextReader reader = new TextReader(options)) {
      List<TextReader.Line> lines = reader.read(picture);
      long start = System.nanoTime();
      Annotation.write(output, picture, lines.stream().map(TextReader.Line::box).toList());
      Map<String, Double> times = new LinkedHashMap<>(reader.milliseconds());
      times.put("draw", (System.nanoTime() - start) / 1e6);
      if (json) {
        Console.out(spec).println(Json.of(object(picture, lines, times, algorithms(reader))));
      } else {
        print(picture, lines, times, algorithms(reader));
      }
    }
    return 0;
  }

  private Picture picture() throws IOException {
    if (image != null) {
      return Picture.read(image);
    }
    try (InputStream in = Verb.class.getResourceAsStream("demo.png")) {
      return Picture.read(Objects.requireNonNull(in, "demo.png"), "demo.png");
    }
  }

  private void print(
      Picture picture,
      List<TextReader.Line> lines,
      Map<String, Double> times,
      Map<String, Integer> algorithms) {
    PrintWriter out = Console.out(spec);
    out.printf(
        Locale.ROOT,
        "%s, %d x %d pixels: %d lines of text%n%n",
        image == null ? "demo picture" : image,
        picture.width(),
        picture.height(),
        lines.size());
    for (TextReader.Line line : lines) {
      out.printf(
          Locale.ROOT,
          "  %5.1f %%  %-40s  %s%n",
          100 * line.confidence(),
          line.text(),
          line.box().corners().stream()
              .map(p -> "(" + Math.round(p.x()) + "," + Math.round(p.y()) + ")")
              .collect(Collectors.joining(" ")));
    }
    out.println();
    out.println(
        times.entrySet().stream()
            .map(e -> String.format(Locale.ROOT, "%s %.0f ms", e.getKey(), e.getValue()))
            .collect(Collectors.joining(", ", "time  ", "")));
    out.println(
        algorithms.entrySet().stream()
            .map(e -> e.getValue() + " x " + e.getKey())
            .collect(Collectors.joining(", ", "ran   ", "")));
    out.println("wrote " + output);
  }

  private Map<String, Object> object(
      Picture picture,
      List<TextReader.Line> lines,
      Map<String, Double> times,
      Map<String, Integer> algorithms) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("image", image == null ? "demo.png" : image.toString());
    object.put("width", picture.width());
    object.put("height", picture.height());
    object.put("lines", lines.stream().map(Demo::object).toList());
    object.put("ms", times);
    object.put("algorithms", algorithms);
    object.put("output", output.toString());
    return object;
  }

  private static Map<String, Object> object(TextReader.Line line) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("text", line.text());
    object.put("confidence", line.confidence());
    object.put("box", line.box().corners().stream().map(p -> List.of(p.x(), p.y())).toList());
    return object;
  }

  /** How many steps of all plans each algorithm ran. */
  private static Map<String, Integer> algorithms(TextReader reader) {
    Map<String, Integer> counts = new TreeMap<>();
    reader
        .plans()
        .forEach(plan ->
            plan.steps().forEach(step -> counts.merge(step.choice().algorithm(), 1, Integer::sum)));
    return counts;
  }
}
