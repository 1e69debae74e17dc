package dev.tilewright.cnative;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import dev.tilewright.backend.LargePages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Transparent huge pages of Linux, on request: {@code madvise(MADV_HUGEPAGE)}. */
final class LinuxPages implements LargePages {
  private static final Path SETTINGS = Path.of("/sys/kernel/mm/transparent_hugepage");

  /** With base pages of 64 KB a huge one has 512 MB, which no model fills. */
  private static final long MOST_BYTES = 4 << 20;

  // Values of x86-64 and aarch64.
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
  private static final int MADV_DONTNEED = 4;
  private static final int MADV_HUGEPAGE = 14;
  private static final long MAP_FAILED = -1;

  /** Functions of the C library that the process has loaded. */
  private static final class Libc {
    static {
      Native.register(Libc.class, NativeLibrary.getProcess());
    }

    static native long mmap(long address, long bytes, int protection, int flags, int file, long at);

    static native int munmap(long address, long bytes);

    static native int madvise(long address, long bytes, int advice);

    static native int getpagesize();
  }

  private final long pageBytes;

  private LinuxPages(long pageBytes) {
    this.pageBytes = pageBytes;
  }

  /** Empty where the system has none, has switched them off or would give too large ones. */
  static Optional<LargePages> find() {
    if (!Platform.isLinux()) {
      return Optional.empty();
    }
    try {
      long bytes = Long.parseLong(Files.readString(SETTINGS.resolve("hpage_pmd_size")).strip());
      boolean never = Files.readString(SETTINGS.resolve("enabled")).contains("[never]");
      return never || bytes > MOST_BYTES ? Optional.empty() : Optional.of(new LinuxPages(bytes));
    } catch (IOException | NumberFormatException e) { // a kernel without them, or no /sys
      return Optional.empty();
    }
  }

  @Override
  public long pageBytes() {
    return pageBytes;
  }

  @Override
  public long map(long bytes) {
    long all = bytes + pageBytes;
    long start = Libc.mmap(0, all, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
      return 0;
    }
    long address = Math.ceilDiv(start, pageBytes) * pageBytes;
    trim(start, address);
    trim(address + bytes, start + all);
    Libc.madvise(address, bytes, MADV_HUGEPAGE); // else they are small pages
    return address;
  }

  private static void trim(long from, long to) {
    if (to > from) {
      Libc.munmap(from, to - from);
    }
  }

  @Override
  public void clear(long address, long bytes) {
    long page = Libc.getpagesize();
    long from = Math.ceilDiv(address, page) * page;
    long to = Math.floorDiv(address + bytes, page) * page;
    if (to > from) {
      Libc.madvise(from, to - from, MADV_DONTNEED);
    }
  }

  @Override
  public void unmap(long address, long bytes) {
    Libc.munmap(address, bytes);
  }
}
