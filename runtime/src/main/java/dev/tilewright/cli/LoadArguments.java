package dev.tilewright.cli;

import dev.tilewright.LoadOptions;
import dev.tilewright.Model;
import dev.tilewright.database.UserCache;
import dev.tilewright.onnx.ExternalData;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the verbs that load a model. */
public final class LoadArguments {
  /** What {@code --packed-cache} is by default. */
  static final String CACHE_VARIABLE = "TILEWRIGHT_PACKED_CACHE";

  @Option(
      names = "--external-data",
      description =
          "Also read the files in the model's folder that the model keeps weights in. Off by"
              + " default: a model could name any file there.")
  private boolean externalData;

  @Option(
      names = "--packed-cache",
      paramLabel = "FILE|auto|off",
      description = {
        "Keep the plan and the packed weights of the model in this file, so that the next start"
            + " makes neither. auto: tilewright/packed in $$XDG_CACHE_HOME or ~/.cache.",
        "Default: $$TILEWRIGHT_PACKED_CACHE, else off."
      })
  private @Nullable String packedCache;

  /**
   * The model in a file.
   *
   * @throws IOException if it cannot be read
   */
  public Model load(Path file) throws IOException {
    return Model.load(
        ModelFile.require(file),
        LoadOptions.defaults()
            .externalData(externalData)
            .packedCache(packedCache(packedCache, file, System.getenv())));
  }

  /**
   * The file for a model's packed weights, or null if there is to be none.
   *
   * @param asked what the user wrote, or null
   * @param environment of the process
   */
  static @Nullable Path packedCache(
      @Nullable String asked, Path model, Map<String, String> environment) {
    String named = asked == null ? environment.getOrDefault(CACHE_VARIABLE, "off") : asked;
    if (named.equals("off") || named.isEmpty()) {
      return null;
    }
    if (!named.equals("auto")) {
      return Path.of(named);
    }
    // Models of one name are told apart by where they are.
    CRC32C place = new CRC32C();
    place.update(model.toAbsolutePath().normalize().toString().getBytes(StandardCharsets.UTF_8));
    String name = model.getFileName() + "-" + Long.toHexString(place.getValue());
    return UserCache.folder(environment).resolve("packed").resolve(name);
  }

  /** What the model may read besides its own file. */
  ExternalData files(Path model, Arena arena) throws IOException {
    return externalData ? ExternalData.beside(model, arena) : ExternalData.refused();
  }
}
