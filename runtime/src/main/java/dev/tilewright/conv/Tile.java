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

  /**
   * The tile that {@link #toString} wrote.
   *
   * @throws IllegalArgumentException if the text is not one
   */
  public static Tile parse(String text) {
    Map<String, Integer> params = new TreeMap<>();
    for (String part : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("not a tile: '" + text + "'");
      }
      params.put(part.substring(0, equals), Integer.valueOf(part.substring(equals + 1)));
    }
    return new Tile(params);
  }

  @Override
  public String toString() {
    return params.entrySet().stream()
        .map(e -> e.getKey() + "=" + e.getValue())
        .collect(Collectors.joining(","));
  }
}
