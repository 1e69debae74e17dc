package dev.tilewright.backend;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PagedArenaTest {
  private static final long PAGE = 1 << 16;
  private static final int PIECE = 300_000;

  /** Pages of the C heap, counted. */
  private static final class Counting implements LargePages, AutoCloseable {
    private final Arena memory = Arena.ofShared();
    private final List<String> mapped = new ArrayList<>();
    private int calls;
    private int granted = Integer.MAX_VALUE;

    @Override
    public long pageBytes() {
      return PAGE;
    }

    @Override
    public long map(long bytes) {
      assertThat(bytes % PAGE).isZero();
      if (calls++ >= granted) {
        return 0;
      }
      long address = memory.allocate(bytes, PAGE).address();
      mapped.add(address + "+" + bytes);
      return address;
    }

    @Override
    public void clear(long address, long bytes) {
      MemorySegment.ofAddress(address).reinterpret(bytes).fill((byte) 0);
    }

    @Override
    public void unmap(long address, long bytes) {
      assertThat(mapped.remove(address + "+" + bytes)).isTrue();
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  private static void fillAndCheck(Arena arena, int pieces) {
    Random random = new Random(3);
    List<MemorySegment> all = new ArrayList<>();
    for (int i = 0; i < pieces; i++) {
      long alignment = 64L << random.nextInt(3);
      MemorySegment piece = arena.allocate(random.nextInt(2 * PIECE), alignment);
      assertThat(piece.address() % alignment).isZero();
      for (long at = 0; at < piece.byteSize(); at += 61) {
        assertThat(piece.get(JAVA_BYTE, at)).isZero();
      }
      all.add(piece.fill((byte) (i + 1)));
    }
    for (int i = 0; i < pieces; i++) { // nobody wrote into another's
      MemorySegment piece = all.get(i);
      for (long at = 0; at < piece.byteSize(); at += 67) {
        assertThat(piece.get(JAVA_BYTE, at)).isEqualTo((byte) (i + 1));
      }
    }
  }

  @Test
  void piecesAreZerosAlignedAndApart() {
    try (Counting pages = new Counting();
        PagedArena arena = new PagedArena(Arena.ofShared(), () -> Optional.of(pages))) {
      fillAndCheck(arena, 100);
      assertThat(pages.mapped).hasSize(2);
    }
  }

  @Test
  void aPieceThatIsLargerThanASlabHasOneOfItsOwn() {
    try (Counting pages = new Counting();
        PagedArena arena = new PagedArena(Arena.ofShared(), () -> Optional.of(pages))) {
      assertThat(arena.allocate(50_000_001, 64).byteSize()).isEqualTo(50_000_001);
      assertThat(pages.mapped).singleElement().asString().endsWith("+50003968");
    }
  }

  @Test
  void smallModelsAndSmallPiecesTakeNoPages() {
    try (Counting pages = new Counting();
        PagedArena arena = new PagedArena(Arena.ofShared(), () -> Optional.of(pages))) {
      arena.allocate(1_000_000, 64);
      for (int i = 0; i < 1000; i++) {
        arena.allocate(10_000, 64);
      }
      assertThat(pages.calls).isZero();
    }
  }

  @Test
  void pagesAreGivenBackWhenTheArenaCloses() {
    try (Counting pages = new Counting()) {
      PagedArena arena = new PagedArena(Arena.ofShared(), () -> Optional.of(pages));
      MemorySegment piece = arena.allocate(20_000_000, 64);
      arena.close();
      assertThat(pages.mapped).isEmpty();
      assertThat(arena.scope().isAlive()).isFalse();
      assertThatThrownBy(() -> piece.get(JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void withoutPagesItIsLikeAnyOther() {
    try (PagedArena arena = new PagedArena(Arena.ofShared(), Optional::empty)) {
      fillAndCheck(arena, 40);
    }
  }

  @Test
  void whatTheSystemRefusesComesFromTheHeap() {
    try (Counting pages = new Counting();
        PagedArena arena = new PagedArena(Arena.ofShared(), () -> Optional.of(pages))) {
      pages.granted = 1;
      fillAndCheck(arena, 120);
      assertThat(pages.calls).isGreaterThan(1);
    }
  }

  @Test
  void moreThanThereIsIsRefused() {
    try (PagedArena arena = new PagedArena(Arena.ofShared())) {
      assertThatThrownBy(() -> arena.allocate(Long.MAX_VALUE - 4096, 64))
          .isInstanceOfAny(OutOfMemoryError.class, IllegalArgumentException.class);
      assertThatThrownBy(() -> arena.allocate(1L << 50, 64)).isInstanceOf(OutOfMemoryError.class);
    }
  }

  @Test
  void theMachinesPagesAreLarge() throws Exception {
    Optional<LargePages> pages = Backends.load().largePages();
    assumeTrue(pages.isPresent(), "no large pages here");
    try (PagedArena arena = new PagedArena(Arena.ofShared())) {
      fillAndCheck(arena, 200);
      assertThat(inLargePages()).as("KB in large pages").isPositive();
    }
  }

  /** KB of this process, by the kernel's word. */
  private static long inLargePages() throws Exception {
    return Files.readAllLines(Path.of("/proc/self/smaps_rollup")).stream()
        .filter(line -> line.startsWith("AnonHugePages:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
