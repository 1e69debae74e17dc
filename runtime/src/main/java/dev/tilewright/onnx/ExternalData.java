package dev.tilewright.onnx;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Tensors that a model keeps in other files, which it names. Only files in the model's folder or
 * below are opened, none through a link, and only what lies in them is read. Files are mapped, each
 * once. For one thread.
 */
public final class ExternalData {
  private static final Set<String> KEYS = Set.of("location", "offset", "length", "checksum");

  /** Files that one model may have. */
  private static final int FILES = 1 << 10;

  private final @Nullable Path folder;
  private final Arena arena;
  private final Map<Path, MemorySegment> mapped = new HashMap<>();

  private ExternalData(@Nullable Path folder, Arena arena) {
    this.folder = folder;
    this.arena = arena;
  }

  /** Refuses models that have any. */
  public static ExternalData refused() {
    return new ExternalData(null, Arena.global());
  }

  /**
   * Files beside the model.
   *
   * @param model its own file
   * @param arena as long as which they stay mapped
   * @throws IOException if there is no such folder
   */
  public static ExternalData beside(Path model, Arena arena) throws IOException {
    return new ExternalData(model.toRealPath().getParent(), arena);
  }

  /** One entry of a tensor's external_data. */
  static void entry(ProtoReader in, Map<String, String> entries) {
    String key = "";
    String value = "";
    while (in.next()) {
      switch (in.field()) {
        case 1 -> key = in.string(Limits.NAME_BYTES);
        case 2 -> value = in.string(Limits.NAME_BYTES);
        default -> in.skip();
      }
    }
    if (!KEYS.contains(key)) {
      throw in.malformed("external data has a '" + key + "'; allowed: " + KEYS);
    }
    if (entries.put(key, value) != null) {
      throw in.malformed("external data has two of '" + key + "'");
    }
  }

  /**
   * The bytes of a tensor.
   *
   * @param entries of its external_data; the checksum is not looked at
   * @throws UnsupportedModelException if external data is not wanted
   * @throws ModelFormatException if the entries do not name bytes of a file that may be read
   */
  MemorySegment bytes(String tensor, Map<String, String> entries) {
    if (folder == null) {
      throw new UnsupportedModelException(
          List.of(
              "tensor '"
                  + tensor
                  + "' keeps its data in another file (external data): save the model as one file,"
                  + " or allow it (LoadOptions, --external-data)"));
    }
    String location = entries.get("location");
    if (location == null) {
      throw bad(tensor, "has no location", null);
    }
    MemorySegment file = file(tensor, folder, location);
    long offset = number(tensor, entries, "offset", 0);
    if (offset > file.byteSize()) {
      throw bad(tensor, "starts after the end of '" + location + "'", null);
    }
    long rest = file.byteSize() - offset;
    long length = number(tensor, entries, "length", rest);
    if (length > rest) {
      throw bad(tensor, "ends after the end of '" + location + "'", null);
    }
    return file.asSlice(offset, length);
  }

  private MemorySegment file(String tensor, Path folder, String location) {
    try {
      Path path = inside(tensor, folder, location);
      MemorySegment file = mapped.get(path);
      if (file == null) {
        if (mapped.size() == FILES) {
          throw bad(tensor, "is in one more than " + FILES + " files", null);
        }
        file = map(path);
        mapped.put(path, file);
      }
      return file;
    } catch (IOException | InvalidPathException e) {
      throw bad(tensor, "cannot be read from '" + location + "': " + e, e);
    }
  }

  /** The file, if the way to it leads down from the folder and through no link. */
  private static Path inside(String tensor, Path folder, String location) throws IOException {
    Path relative = Path.of(location);
    Path path = folder.resolve(relative);
    if (relative.isAbsolute()
        || location.isEmpty()
        || !relative.normalize().equals(relative)
        || relative.startsWith("..")) {
      throw bad(tensor, "must be in the model's folder, not in '" + location + "'", null);
    }
    if (!path.toRealPath().equals(path)) {
      throw bad(tensor, "must not be reached through a link: '" + location + "'", null);
    }
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw bad(tensor, "must be in a file, not in '" + location + "'", null);
    }
    return path;
  }

  private MemorySegment map(Path path) throws IOException {
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    }
  }

  private static long number(
      String tensor, Map<String, String> entries, String key, long otherwise) {
    String text = entries.get(key);
    if (text == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(text);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw bad(tensor, "has the " + key + " '" + text + "'", e);
    }
    throw bad(tensor, "has the " + key + " " + text, null);
  }

  private static ModelFormatException bad(String tensor, String what, @Nullable Throwable cause) {
    ModelFormatException e =
        new ModelFormatException("external data of tensor '" + tensor + "' " + what);
    if (cause != null) {
      e.initCause(cause);
    }
    return e;
  }
}
