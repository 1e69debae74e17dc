package dev.tilewright.conv;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Values of an algorithm's tunable parameters, e.g. {@code kc=256,mr=6,nr=32}. Text on disk, so a
 * tuning file is readable and diffs line by line.
 */
public record Tile(SortedMap<String, Integer> params) {
  public static final Tile NONE = new Tile(Map.of());

  public Tile {
    params = Collections.unmodifiableSortedMap(new TreeMap<>(params));
  }

  public Tile(Map<String, Integer> params) {
    this(new TreeMap<>(params));
  }

  /**
   * The value of one parameter.
   *
   * @throws IllegalArgumentException if this tile does not set it
   */
  public int get(String name) {
    Integer value = params.get(name);
    if (value == null) {
      throw new IllegalArgumentException("tile " + this + " does not set " + name);
    }
    return value;
  }

  @Override
  public String toString() {
    return params.entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(","));
  }
}
