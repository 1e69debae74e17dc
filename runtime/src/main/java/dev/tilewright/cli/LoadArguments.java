package dev.tilewright.cli;

import dev.tilewright.LoadOptions;
import dev.tilewright.Model;
import dev.tilewright.onnx.ExternalData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Options of the verbs that load a model. */
public final class LoadArguments {
  @Option(
      names = "--external-data",
      description =
          "Also read the files in the model's folder that the model keeps weights in. Off by"
              + " default: a model could name any file there.")
  private boolean externalData;

  /**
   * The model in a file.
   *
   * @throws IOException if it cannot be read
   */
  public Model load(Path file) throws IOException {
    return Model.load(ModelFile.require(file), LoadOptions.defaults().externalData(externalData));
  }

  /** What the model may read besides its own file. */
  ExternalData files(Path model, Arena arena) throws IOException {
    return externalData ? ExternalData.beside(model, arena) : ExternalData.refused();
  }
}
