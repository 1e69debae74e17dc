package dev.tilewright.cli;

import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.Zoo;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.WeightSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Networks that need no file: their weights are drawn from a seed. */
@Command(
    name = "zoo",
    description = "List, export or run blocks and networks of the literature, random weights.",
    synopsisSubcommandLabel = "(list | export | run | coverage)",
    subcommands = ZooCoverage.class,
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  tilewright zoo list",
      "  tilewright zoo export resnet50 -o resnet50.onnx",
      "  tilewright zoo export resnet50 --input 8x3x160x160 -o small.onnx",
      "  tilewright zoo run faster-rcnn-resnet50-fpn --batch 2",
      "  tilewright zoo run doconv --repeat 50",
      "  tilewright zoo coverage --rates 1,2,5",
      "",
      "What is exported is a model like any other: tune, explain, optimize and compare take it."
    })
public final class ZooVerb implements Verb {
  @Spec private @Nullable CommandSpec spec;

  /** What to build. */
  static final class Choice {
    @Parameters(paramLabel = "NAME", description = "A name that `zoo list` shows.")
    private String name = "";

    @Option(
        names = "--input",
        paramLabel = "SHAPE",
        description = "Size of an input, such as 1x3x224x224; repeat it for more inputs.")
    private List<String> shapes = new ArrayList<>();

    @Option(
        names = "--batch",
        paramLabel = "N",
        defaultValue = "1",
        description =
            "So many times the first dimension of every input. Default: ${DEFAULT-VALUE}.")
    private int batch = 1;

    @Option(
        names = "--seed",
        paramLabel = "N",
        defaultValue = "1",
        description = "Of the weights. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    Blueprint blueprint() {
      if (batch < 1) {
        throw new BadInputException("--batch must be at least 1");
      }
      Zoo.Entry entry = Zoo.find(name);
      Stream<Shape> inputs =
          shapes.isEmpty() ? entry.inputs().stream() : shapes.stream().map(Choice::shape);
      return Blueprint.of(
          entry.block().get(), inputs.map(shape -> times(batch, shape)).toArray(Shape[]::new));
    }

    private static Shape times(int batch, Shape shape) {
      List<Integer> dims = new ArrayList<>(shape.dims());
      dims.set(0, Math.multiplyExact(batch, dims.getFirst()));
      return new Shape(dims);
    }

    byte[] file(Blueprint blueprint) {
      return blueprint.file(WeightSource.seeded(seed));
    }

    private static Shape shape(String text) {
      try {
        return Shape.of(
            Arrays.stream(text.split("x", -1)).map(Integer::valueOf).toArray(Integer[]::new));
      } catch (IllegalArgumentException e) {
        throw new BadInputException("--input takes sizes such as 1x3x224x224, not " + text);
      }
    }
  }

  @Command(name = "list", description = "All names with paper, multiply-adds, parameters, size.")
  int list() {
    PrintWriter out = Console.out(spec);
    Table table = new Table("name", "paper", "MACs", "parameters", "input", "what");
    for (List<Zoo.Entry> entries : List.of(Zoo.blocks(), Zoo.networks())) {
      for (Zoo.Entry entry : entries) {
        Blueprint blueprint = entry.blueprint();
        table.row(
            entry.name(),
            entry.paper(),
            String.format(Locale.ROOT, "%,d", blueprint.macs()),
            String.format(Locale.ROOT, "%,d", blueprint.parameters()),
            String.join(" ", entry.inputs().stream().map(Shape::toString).toList()),
            entry.what());
      }
    }
    table.print(out);
    return 0;
  }

  @Command(name = "export", description = "Write a block or network as an ONNX file.")
  int export(
      @Mixin Choice choice,
      @Option(
              names = {"-o", "--output"},
              paramLabel = "FILE",
              required = true,
              description = "The file to write.")
          Path output)
      throws IOException {
    byte[] file = choice.file(choice.blueprint());
    Files.write(output, file);
    Console.out(spec).printf(Locale.ROOT, "wrote %s, %,d bytes%n", output, file.length);
    return 0;
  }

  @Command(name = "run", description = "Run a block or network on random inputs.")
  int run(
      @Mixin Choice choice,
      @Mixin SessionArguments session,
      @Option(
              names = "--repeat",
              paramLabel = "N",
              defaultValue = "1",
              description = "Run N times and print the median time. Default: ${DEFAULT-VALUE}.")
          int repeat)
      throws IOException {
    if (repeat < 1) {
      throw new BadInputException("--repeat must be at least 1");
    }
    Blueprint blueprint = choice.blueprint();
    SessionOptions options = session.options(null);
    Map<String, Tensor> inputs = inputs(blueprint, choice.seed);
    PrintWriter out = Console.out(spec);
    try (Model model = Model.of(choice.file(blueprint));
        Session open = model.session(options)) {
      double[] times = new double[repeat];
      Map<String, Tensor> outputs = Map.of();
      for (int i = 0; i < repeat; i++) {
        long start = System.nanoTime();
        outputs = open.run(inputs);
        times[i] = (System.nanoTime() - start) / 1e6;
      }
      Arrays.sort(times);
      inputs.forEach((name, tensor) -> out.println("input   " + name + ":" + tensor.type()));
      outputs.forEach((name, tensor) ->
          out.println("output  " + name + ":" + tensor.type() + "  " + Summary.of(tensor)));
      out.printf(
          Locale.ROOT,
          "time    %.2f ms, median of %d runs, %d thread(s)%n",
          times[repeat / 2],
          repeat,
          options.threads());
    }
    return 0;
  }

  private static Map<String, Tensor> inputs(Blueprint blueprint, long seed) {
    RandomGenerator random = new SplittableRandom(seed);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    blueprint
        .inputs()
        .forEach((name, shape) -> {
          float[] values = new float[Math.toIntExact(shape.elements())];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
          }
          inputs.put(name, Tensor.of(shape, values));
        });
    return inputs;
  }
}
