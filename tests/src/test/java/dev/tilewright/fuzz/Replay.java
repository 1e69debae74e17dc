package dev.tilewright.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Runs the fuzz targets over what is kept: every seed, every input that once broke something. */
final class Replay {
  /** By folder of inputs; a session reads and imports too, with other folding. */
  private static final Map<String, List<Consumer<byte[]>>> TARGETS =
      Map.of(
          "models",
          List.of(ImporterFuzz::fuzzerTestOneInput, SessionFuzz::fuzzerTestOneInput),
          "operators",
          List.of(ShapeFuzz::fuzzerTestOneInput));

  private Replay() {}

  /** Prints how many inputs held, and fails at the first that does not. */
  public static void main(String[] args) throws IOException {
    int inputs = 0;
    for (byte[] seed : Seeds.all()) {
      String outcome = SessionFuzz.outcome(seed);
      if (!outcome.equals("good")) {
        throw new AssertionError("seed " + inputs + ": " + outcome);
      }
      inputs++;
    }
    for (Map.Entry<String, List<Consumer<byte[]>>> entry : TARGETS.entrySet()) {
      for (Path file : Seeds.files(Seeds.folder("fuzz").resolve(entry.getKey()))) {
        byte[] data = Files.readAllBytes(file);
        for (Consumer<byte[]> target : entry.getValue()) {
          try {
            target.accept(data);
          } catch (RuntimeException | Error e) {
            throw new AssertionError(file.toString(), e);
          }
        }
        inputs++;
      }
    }
    System.out.println(inputs + " inputs hold");
  }
}
