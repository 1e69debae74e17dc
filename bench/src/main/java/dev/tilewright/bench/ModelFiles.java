package dev.tilewright.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A model as a file, for processes that read it; one that came from elsewhere is written out. */
final class ModelFiles implements AutoCloseable {
  private final Path file;
  private final boolean temporary;

  ModelFiles(ModelSource source) throws IOException {
    Path own = source.file();
    temporary = own == null;
    file = own == null ? Files.createTempFile("tilewright-", ".onnx") : own.toAbsolutePath();
    if (temporary) {
      Files.write(file, source.bytes());
    }
  }

  Path file() {
    return file;
  }

  @Override
  public void close() throws IOException {
    if (temporary) {
      Files.deleteIfExists(file);
    }
  }
}
