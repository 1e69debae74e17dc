package dev.tilewright.cli;

import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --shape}, and what stands in for open dimensions without it. */
public final class ShapeArguments {
  /** Batch, channels, and height or width where a model leaves them open. */
  private static final int ASSUMED_SIDE = 224;

  private static final int ASSUMED_CHANNELS = 3;

  @Option(
      names = "--shape",
      paramLabel = "NAME=DIMS",
      description =
          "Shape of an input, such as input=1x3x224x224; the name may be left out if there is one"
              + " input. Needed where the model leaves dimensions open and the default (batch 1,"
              + " pictures 3x224x224, other dimensions 1) is not what you want.")
  private List<String> shapes = new ArrayList<>();

  /** The shapes the user gave, by input. */
  Map<String, Shape> given(List<Signature> inputs) {
    Map<String, Shape> given = new LinkedHashMap<>();
    for (String text : shapes) {
      // Names may contain '=', dimensions cannot.
      int equals = text.lastIndexOf('=');
      if (equals < 0 && inputs.size() != 1) {
        throw new BadInputException(
            "--shape " + text + " needs a name before '=': the inputs are " + names(inputs));
      }
      String name = equals < 0 ? inputs.getFirst().name() : text.substring(0, equals);
      Signature input = named(inputs, name);
      Shape shape = parse(text.substring(equals + 1));
      check(input, shape);
      given.put(name, shape);
    }
    return given;
  }

  /**
   * A shape for every input: what the user gave, else the model's, open dimensions assumed. Of
   * sequences and optional inputs, what the user gave.
   */
  public Map<String, Shape> all(List<Signature> inputs) {
    Map<String, Shape> all = given(inputs);
    for (Signature input : inputs) {
      if (!input.sequence() && !input.optional()) {
        all.computeIfAbsent(input.name(), name -> assumed(input));
      }
    }
    return all;
  }

  /** What stands in for open dimensions, in words, or null if there are none. */
  @Nullable String assumption(List<Signature> inputs) {
    Map<String, Shape> given = given(inputs);
    List<String> assumed =
        inputs.stream()
            .filter(input -> !given.containsKey(input.name()) && isOpen(input))
            .filter(input -> !input.sequence() && !input.optional())
            .map(input -> input.name() + "=" + text(assumed(input)))
            .toList();
    return assumed.isEmpty() ? null : String.join(", ", assumed) + " (change with --shape)";
  }

  static boolean isOpen(Signature input) {
    return input.dims().stream().anyMatch(Signature.Dim::isOpen);
  }

  /**
   * The input of that name, or the sequence that it is an element of.
   *
   * @throws BadInputException if there is none
   */
  public static Signature named(List<Signature> inputs, String name) {
    return inputs.stream()
        .filter(input -> input.name().equals(name) || isElement(input, name))
        .findFirst()
        .orElseThrow(() ->
            new BadInputException(
                "the model has no input '" + name + "', its inputs are " + names(inputs)));
  }

  /** Whether this is the name of an element of a sequence. */
  private static boolean isElement(Signature input, String name) {
    String start = input.name() + "[";
    return input.sequence()
        && name.startsWith(start)
        && name.substring(start.length()).matches("\\d+]");
  }

  static String names(List<Signature> inputs) {
    return inputs.stream().map(Signature::toString).collect(Collectors.joining(", "));
  }

  /** Refuses a shape that contradicts the model. */
  static void check(Signature input, Shape shape) {
    if (input.sequence()) {
      return; // each element may have a shape of its own
    }
    boolean fits = shape.rank() == input.dims().size();
    for (int i = 0; fits && i < shape.rank(); i++) {
      Signature.Dim dim = input.dims().get(i);
      fits = dim.isOpen() || dim.size() == shape.dim(i);
    }
    if (!fits) {
      throw new BadInputException("shape " + text(shape) + " does not fit the input " + input);
    }
  }

  /** Dimensions as users write them: 1x3x224x224. */
  static String text(Shape shape) {
    return shape.dims().stream().map(String::valueOf).collect(Collectors.joining("x"));
  }

  /**
   * Dimensions as {@link #text} writes them, or with commas.
   *
   * @throws BadInputException if that is not a shape
   */
  public static Shape parse(String text) {
    List<Integer> dims = new ArrayList<>();
    try {
      for (String dim : text.split("[x,]", -1)) {
        dims.add(Integer.parseInt(dim.strip()));
      }
      return new Shape(dims);
    } catch (IllegalArgumentException e) {
      throw new BadInputException("'" + text + "' is not a shape, write it like 1x3x224x224", e);
    }
  }

  /** The model's own shape; open: batch 1, then as a picture if there are four dimensions. */
  private static Shape assumed(Signature input) {
    List<Signature.Dim> dims = input.dims();
    boolean picture = dims.size() == 4;
    boolean channelsLast = picture && ImageInput.isChannelsLast(input);
    List<Integer> sizes = new ArrayList<>();
    for (int i = 0; i < dims.size(); i++) {
      int stand = 1;
      if (picture && i > 0) {
        stand = i == (channelsLast ? 3 : 1) ? ASSUMED_CHANNELS : ASSUMED_SIDE;
      }
      sizes.add(dims.get(i).isOpen() ? stand : dims.get(i).size());
    }
    return new Shape(sizes);
  }
}
