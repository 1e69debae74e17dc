package dev.tilewright.cache;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a cache holds for.
 *
 * @param program the build of this program
 * @param machine and Java, and the revisions of the kernels
 * @param bytes of the model file
 * @param sums its {@link Checksums}
 * @param session options of the session and shapes of the inputs
 */
record CacheKey(String program, String machine, long bytes, List<Long> sums, String session) {
  /** Why a cache with this key cannot be used where the other is wanted, or null if it can. */
  @Nullable String unlike(CacheKey wanted) {
    if (!program.equals(wanted.program)) {
      return "made by another build of this program";
    }
    if (!machine.equals(wanted.machine)) {
      return "made on another machine, Java or library";
    }
    if (bytes != wanted.bytes || !sums.equals(wanted.sums)) {
      return "made of another model, or of this one before it changed";
    }
    return null;
  }
}
