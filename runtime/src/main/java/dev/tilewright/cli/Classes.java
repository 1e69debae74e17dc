package dev.tilewright.cli;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** Reads the output of a classifier: the most likely classes, by name if there are names. */
final class Classes {
  /** Fewer values are coordinates or a regression rather than classes. */
  private static final int FEWEST = 5;

  private Classes() {}

  /**
   * One class.
   *
   * @param probability 0 to 1
   */
  record Score(int index, String label, double probability) {
    Map<String, Object> asMap() {
      Map<String, Object> map = new LinkedHashMap<>();
      map.put("class", index);
      map.put("label", label);
      map.put("probability", Json.number(probability));
      return map;
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%6.2f %%  %5d  %s", 100 * probability, index, label)
          .stripTrailing();
    }
  }

  /** One label a line. */
  static List<String> readLabels(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (MalformedInputException e) {
      throw new BadInputException(file + " is not UTF-8 text", e);
    }
  }

  /**
   * The best classes of an output [1, K] or [1, K, 1, 1], best first; empty for any other. Values
   * that are no probabilities yet (negative, or not adding up to 1) go through a softmax.
   */
  static List<Score> best(Tensor output, int count, List<String> labels) {
    Shape shape = output.shape();
    boolean scores =
        output.dtype() == DType.FLOAT32
            && shape.rank() >= 2
            && shape.dim(0) == 1
            && shape.dim(1) >= FEWEST
            && shape.elements() == shape.dim(1);
    if (!scores) {
      return List.of();
    }
    double[] probabilities = probabilities(output.toFloats());
    return IntStream.range(0, probabilities.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> -probabilities[i]))
        .limit(count)
        .map(i -> new Score(i, i < labels.size() ? labels.get(i) : "", probabilities[i]))
        .toList();
  }

  private static double[] probabilities(float[] values) {
    double max = Double.NEGATIVE_INFINITY;
    double sum = 0;
    boolean negative = false;
    for (float value : values) {
      max = Math.max(max, value);
      sum += value;
      negative |= value < 0;
    }
    double[] result = new double[values.length];
    boolean already = !negative && Math.abs(sum - 1) < 1e-3;
    double total = 0;
    for (int i = 0; i < values.length; i++) {
      result[i] = already ? values[i] : Math.exp(values[i] - max);
      total += result[i];
    }
    for (int i = 0; i < values.length; i++) {
      result[i] /= already ? 1 : total;
    }
    return result;
  }
}
