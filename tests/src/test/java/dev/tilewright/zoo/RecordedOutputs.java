package dev.tilewright.zoo;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * A few values of the outputs of everything that the zoo builds, with seeded weights and inputs, in
 * {@code /zoo/outputs.tsv}: recorded when the zoo agreed with all fixtures, of which only the small
 * ones are part of the project. A block that is built otherwise since computes something else.
 */
public final class RecordedOutputs {
  private static final int VALUES = 12;

  /** Steps of the golden ratio meet no rows, channels or borders again and again. */
  private static final double STEP = (Math.sqrt(5) - 1) / 2;

  private static final Map<String, float[]> ALL = read();

  private RecordedOutputs() {}

  private static Map<String, float[]> read() {
    Map<String, float[]> all = new HashMap<>();
    try (InputStream in = RecordedOutputs.class.getResourceAsStream("/zoo/outputs.tsv")) {
      String text =
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII);
      text.lines()
          .map(line -> line.split("\t", -1))
          .forEach(line -> all.put(line[0], floats(Arrays.asList(line).subList(1, line.length))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  private static float[] floats(List<String> words) {
    float[] values = new float[words.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.parseFloat(words.get(i));
    }
    return values;
  }

  /**
   * Fails unless the outputs are those that were recorded.
   *
   * @param tolerance of the largest value, or of 1
   */
  public static void check(String name, Collection<Tensor> outputs, double tolerance) {
    List<Float> all = new ArrayList<>();
    for (Tensor output : outputs) {
      if (output.dtype() == DType.FLOAT32) {
        for (float value : output.toFloats()) {
          all.add(value);
        }
      }
    }
    double largest = all.stream().mapToDouble(Math::abs).max().orElse(0);
    float[] got = new float[VALUES];
    for (int i = 0; i < VALUES; i++) {
      got[i] = all.get((int) ((i + 1) * STEP % 1 * all.size()));
    }
    float[] want = ALL.get(name);
    boolean same = want != null;
    for (int i = 0; same && i < VALUES; i++) {
      same = Math.abs(got[i] - want[i]) <= tolerance * Math.max(1, largest);
    }
    if (!same) {
      String line = floats(got).stream().collect(Collectors.joining("\t"));
      throw new AssertionError("RECORD\t" + name + "\t" + line);
    }
  }

  private static List<String> floats(float... values) {
    List<String> words = new ArrayList<>();
    for (float value : values) {
      words.add(String.format(Locale.ROOT, "%.7g", value));
    }
    return words;
  }
}
