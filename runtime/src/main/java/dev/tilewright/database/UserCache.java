package dev.tilewright.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where a user's processes keep what they found out, and whether what lies there is theirs. */
public final class UserCache {
  private UserCache() {}

  /**
   * The folder, which need not exist.
   *
   * @param environment of the process
   */
  public static Path folder(Map<String, String> environment) {
    String caches = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path folder =
        caches.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(caches);
    return folder.resolve("tilewright");
  }

  /**
   * Why a file or folder is not to be trusted with what decides which code runs or which memory it
   * touches, or null.
   *
   * @throws IOException if there is none, or it cannot be looked at
   */
  public static @Nullable String distrust(Path file) throws IOException {
    try {
      int mode = (Integer) Files.getAttribute(file, "unix:mode");
      int owner = (Integer) Files.getAttribute(file, "unix:uid");
      Path self = Path.of("/proc/self");
      if ((mode & 022) != 0) {
        return "others than its owner may write it";
      }
      boolean ours =
          owner == 0
              || !Files.exists(self)
              || owner == (Integer) Files.getAttribute(self, "unix:uid");
      return ours ? null : "it belongs to another user";
    } catch (UnsupportedOperationException | IllegalArgumentException e) {
      return null; // a system without owners
    }
  }
}
