package dev.tilewright.fuzz;

import dev.tilewright.onnx.SampleModels;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
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

  /** A folder or file of the tests' resources. */
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

  /** The inputs of a file of the tests' resources, one a line in hexadecimal. */
  static List<byte[]> lines(String file) throws IOException {
    return Files.readAllLines(folder(file)).stream().map(HexFormat.of()::parseHex).toList();
  }

  /**
   * Writes what a fuzzer starts from: operators, or models and scripts that do nothing yet.
   *
   * @param args a folder, then {@code operators} or {@code models}
   */
  public static void main(String[] args) throws IOException {
    Path to = Path.of(args[0]);
    List<byte[]> inputs = new ArrayList<>();
    if (args[1].equals("operators")) {
      inputs.addAll(lines("fuzz/operators.txt"));
    } else {
      inputs.addAll(ALL);
      for (int i = 0; i < ALL.size(); i++) {
        inputs.add(new byte[] {Inputs.SCRIPT, (byte) i});
      }
    }
    for (int i = 0; i < inputs.size(); i++) {
      Files.write(to.resolve("seed-" + i), inputs.get(i));
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
