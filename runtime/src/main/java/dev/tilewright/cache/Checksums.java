package dev.tilewright.cache;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * Checksums of a file's bytes: of each MiB a CRC-32C and a CRC-32, 64 bits together. Both are
 * instructions even where nothing has been compiled yet.
 */
final class Checksums {
  private static final long CHUNK = 1 << 20;

  /** Bytes that both checksums meet while a core's cache has them. */
  private static final int BLOCK = 64 << 10;

  /** With fewer it is not worth waking other threads. */
  private static final int FEW = 32;

  private Checksums() {}

  /** Of bytes outside the heap: one number for each MiB. */
  static List<Long> of(MemorySegment bytes) {
    int chunks = Math.toIntExact((bytes.byteSize() + CHUNK - 1) / CHUNK);
    long[] sums = new long[chunks];
    if (chunks < FEW) {
      for (int i = 0; i < chunks; i++) {
        sums[i] = sum(bytes, i);
      }
    } else {
      IntStream.range(0, chunks).parallel().forEach(i -> sums[i] = sum(bytes, i));
    }
    return Arrays.stream(sums).boxed().toList();
  }

  private static long sum(MemorySegment bytes, int chunk) {
    long from = chunk * CHUNK;
    ByteBuffer rest = bytes.asSlice(from, Math.min(CHUNK, bytes.byteSize() - from)).asByteBuffer();
    CRC32C first = new CRC32C();
    CRC32 second = new CRC32();
    while (rest.hasRemaining()) {
      ByteBuffer block = rest.slice(rest.position(), Math.min(BLOCK, rest.remaining()));
      first.update(block.duplicate());
      second.update(block);
      rest.position(rest.position() + block.capacity());
    }
    return first.getValue() << 32 | second.getValue();
  }
}
