package dev.tilewright.backend;

/**
 * Memory in pages as large as the system has them. A backend that can call the system brings it.
 *
 * <p>Filters and activations of a network are megabytes that each run reads from end to end: with
 * pages of 4 KB every line of a new one waits for a walk through the page table, at which the
 * hardware's prefetcher stops.
 */
public interface LargePages {
  /** Bytes of a large page; what is mapped is a multiple of it. */
  long pageBytes();

  /**
   * Zeros that nobody has touched, which take no memory until they are.
   *
   * @param bytes a multiple of the page
   * @return the address, a multiple of the page; 0 if the system gives none
   */
  long map(long bytes);

  /** Takes the memory under a part of what {@link #map} gave: its whole pages are zeros again. */
  void clear(long address, long bytes);

  /** Gives back what {@link #map} gave, all of it. */
  void unmap(long address, long bytes);
}
