package dev.tilewright.fuzz;

import dev.tilewright.onnx.SampleModels;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The models that fuzzing starts from: the small ones of the tests. */
final class Seeds {
  private static final int LARGEST = 8 << 10;

  private static final List<byte[]> ALL = read();

  private static final List<Message> TREES =
      ALL.stream().map(bytes -> Message.parse(Message.Kind.MODEL, bytes)).toList();

  private Seeds() {}

  static List<byte[]> all() {
    return ALL;
  }

  static List<Message> trees() {
    return TREES;
  }

  /** A folder of the tests' resources. */
  static Path folder(String name) {
    URL url = Objects.requireNonNull(Seeds.class.getResource("/" + name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** The files below, in the order of their names. */
  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  /**
   * Writes the seeds for a fuzzer to start from, as models and as scripts that do nothing yet.
   *
   * @param args a folder
   */
  public static void main(String[] args) throws IOException {
    Path to = Path.of(args[0]);
    for (int i = 0; i < ALL.size(); i++) {
      Files.write(to.resolve("model-" + i), ALL.get(i));
      Files.write(to.resolve("script-" + i), new byte[] {Inputs.SCRIPT, (byte) i});
    }
  }

  private static List<byte[]> read() {
    List<byte[]> seeds = new ArrayList<>(SampleModels.all());
    try {
      for (Path file : files(folder("fixtures"))) {
        if (file.endsWith("model.onnx") && Files.size(file) <= LARGEST) {
          seeds.add(Files.readAllBytes(file));
        }
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return seeds;
  }
}
