package dev.tilewright.cli;

import dev.tilewright.Model;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The model that a command line names. */
final class ModelFile {
  private ModelFile() {}

  static Model load(Path file) throws IOException {
    return Model.load(require(file));
  }

  /** Refuses a directory, which opens as a file but cannot be read. */
  static Path require(Path file) {
    if (Files.isDirectory(file)) {
      throw new BadInputException(file + " is a directory, name the .onnx file in it");
    }
    return file;
  }
}
