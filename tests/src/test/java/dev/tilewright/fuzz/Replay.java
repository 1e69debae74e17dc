package dev.tilewright.fuzz;

import dev.tilewright.Model;
import dev.tilewright.tensor.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.function.Consumer;

/** Runs the fuzz targets over what is kept: every seed, every input that once reached something. */
final class Replay {
  private static int inputs;

  private Replay() {}

  /** Prints how many inputs held, and fails at the first that does not. */
  public static void main(String[] args) throws IOException {
    for (byte[] seed : Seeds.all()) {
      String outcome = SessionFuzz.outcome(seed);
      if (!outcome.equals("good") && !(outcome.equals("index outside") && isGivenNumbers(seed))) {
        throw new AssertionError("seed " + inputs + ": " + outcome);
      }
      inputs++;
    }
    for (Path file : Seeds.files(Seeds.folder("fuzz/models"))) {
      byte[] model = Files.readAllBytes(file);
      holds(file.toString(), model, ImporterFuzz::fuzzerTestOneInput);
      holds(file.toString(), model, SessionFuzz::fuzzerTestOneInput);
    }
    for (byte[] operator : Seeds.lines("fuzz/operators.txt")) {
      holds(HexFormat.of().formatHex(operator), operator, ShapeFuzz::fuzzerTestOneInput);
    }
    System.out.println(inputs + " inputs hold");
  }

  /** Whether inputs, which are bytes of the model here, may be indices. */
  private static boolean isGivenNumbers(byte[] seed) {
    try (Model model = Model.of(seed)) {
      return model.inputs().stream()
          .anyMatch(input -> input.dtype() == DType.INT32 || input.dtype() == DType.INT64);
    }
  }

  private static void holds(String name, byte[] input, Consumer<byte[]> target) {
    try {
      target.accept(input);
    } catch (RuntimeException | Error e) {
      throw new AssertionError(name, e);
    }
    inputs++;
  }
}
