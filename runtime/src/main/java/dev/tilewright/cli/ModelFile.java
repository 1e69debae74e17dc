package dev.tilewright.cli;

import java.nio.file.Files;
import java.nio.file.Path;

/** The model that a command line names. */
final class ModelFile {
  private ModelFile() {}

  /** Refuses a directory, which opens as a file but cannot be read. */
  static Path require(Path file) {
    if (Files.isDirectory(file)) {
      throw new BadInputException(file + " is a directory, name the .onnx file in it");
    }
    return file;
  }
}
