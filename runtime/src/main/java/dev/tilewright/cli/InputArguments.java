package dev.tilewright.cli;

import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Options of the verbs that run a model on the user's data. */
public final class InputArguments {
  @Option(names = "--image", paramLabel = "FILE", description = "A PNG or JPEG for the input.")
  private @Nullable Path image;

  @Option(
      names = "--input",
      paramLabel = "NAME=FILE",
      description = "An array for an input, .npy or .bin. Repeat it for more inputs.")
  private List<String> files = new ArrayList<>();

  @Mixin private ImageInput preprocessing = new ImageInput();

  /** Whether the user gave any data. */
  public boolean areGiven() {
    return image != null || !files.isEmpty();
  }

  /**
   * A tensor for each input of a model.
   *
   * @param shapes that the user gave
   * @throws BadInputException if one is missing or does not fit
   * @throws IOException if a file cannot be read
   */
  public Map<String, Tensor> read(List<Signature> inputs, ShapeArguments shapes)
      throws IOException {
    return new InputFiles(inputs, shapes.given(inputs), preprocessing).read(image, files);
  }
}
