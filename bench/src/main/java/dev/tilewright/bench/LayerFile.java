package dev.tilewright.bench;

import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A text file of layers, one a line; empty lines and what follows a # are skipped.
 *
 * <pre>
 * name N C K H W R S sh sw ph pw dh dw groups    a convolution, R x S, padded ph above and below
 * name batch M K N                               a product of matrices
 * </pre>
 */
final class LayerFile {
  private static final int CONVOLUTION = 14;
  private static final int PRODUCT = 4;

  private LayerFile() {}

  /** One layer of each class that convolutional networks spend their time in. */
  static List<Layer> shipped() throws IOException {
    try (InputStream in = LayerFile.class.getResourceAsStream("kernel-layers.txt");
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(
                    Objects.requireNonNull(in, "kernel-layers.txt"), StandardCharsets.UTF_8))) {
      return parse("kernel-layers.txt", lines.lines().toList());
    }
  }

  static List<Layer> read(Path file) throws IOException {
    return parse(file.toString(), Files.readAllLines(file));
  }

  /**
   * The layers of these lines.
   *
   * @param source named in errors
   * @throws IllegalArgumentException if a line is not a layer; the message says which and why
   */
  static List<Layer> parse(String source, List<String> lines) {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).replaceFirst("#.*", "").strip();
      if (!line.isEmpty()) {
        try {
          layers.add(layer(line.split("\\s+")));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(
              source + ", line " + (i + 1) + ": " + e.getMessage(), e);
        }
      }
    }
    return layers;
  }

  private static Layer layer(String[] words) {
    int[] v = new int[words.length - 1];
    for (int i = 0; i < v.length; i++) {
      v[i] = number(words[i + 1]);
    }
    return switch (v.length) {
      case CONVOLUTION ->
          new Layer.Conv(
              words[0],
              new ConvShape(
                  v[0],
                  v[13],
                  v[1],
                  v[2],
                  new Size(v[3], v[4]),
                  new Size(v[5], v[6]),
                  new Size(v[7], v[8]),
                  new Size(v[11], v[12]),
                  new Padding(v[9], v[10], v[9], v[10])));
      case PRODUCT -> new Layer.Product(words[0], v[0], v[1], v[2], v[3]);
      default ->
          throw new IllegalArgumentException(
              v.length
                  + " numbers after the name; a convolution has 14 (N C K H W R S sh sw ph pw dh dw"
                  + " groups), a matrix product 4 (batch M K N)");
    };
  }

  private static int number(String word) {
    try {
      return Integer.parseInt(word);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + word + "' is not a number", e);
    }
  }
}
