package dev.tilewright.database;

import dev.tilewright.conv.Tile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a tuning file: fields separated by tabs, the last one the CRC-32C of all before it.
 *
 * <pre>
 * machine1 ID cpu isa caches processors java kernels CRC
 * record1  problem backends session ID status algorithm tile threads samples median low high seconds CRC
 * model1   ID algorithm tile samples weight,... seconds CRC
 * </pre>
 *
 * A line that is not complete in itself is ignored, so a torn write costs one line.
 */
final class RecordLine {
  static final String MACHINE = "machine1";
  static final String RECORD = "record1";
  static final String MODEL = "model1";

  private static final int FIELDS = 14;
  private static final int MODEL_FIELDS = 7;

  /** An empty field would be hard to see. */
  private static final String NO_TILE = "-";

  private static final String ALL_TILES = "*";

  private RecordLine() {}

  static String of(Machine machine) {
    return sealed(MACHINE + "\t" + machine.id() + "\t" + machine.text());
  }

  static String of(TuningRecord r) {
    return sealed(
        String.join(
            "\t",
            RECORD,
            r.problem(),
            r.backends(),
            String.valueOf(r.session()),
            r.machine().id(),
            r.status().name(),
            r.algorithm(),
            text(r.tile()),
            String.valueOf(r.threads()),
            String.valueOf(r.samples()),
            String.valueOf(r.median()),
            String.valueOf(r.low()),
            String.valueOf(r.high()),
            String.valueOf(r.seconds())));
  }

  static String of(CostFit fit) {
    return sealed(
        String.join(
            "\t",
            MODEL,
            fit.machine().id(),
            fit.algorithm(),
            fit.tile() == null ? ALL_TILES : text(fit.tile()),
            String.valueOf(fit.samples()),
            fit.weights().stream().map(String::valueOf).collect(Collectors.joining(",")),
            String.valueOf(fit.seconds())));
  }

  static String of(Entry entry) {
    return switch (entry) {
      case TuningRecord record -> of(record);
      case CostFit fit -> of(fit);
    };
  }

  private static String text(Tile tile) {
    String text = tile.toString();
    return text.isEmpty() ? NO_TILE : text;
  }

  private static String sealed(String line) {
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    return line + "\t" + crc(bytes, 0, bytes.length);
  }

  private static String crc(byte[] bytes, int from, int to) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, to - from);
    return Long.toHexString(crc.getValue() | 1L << 32).substring(1);
  }

  /**
   * The fields of a line without its checksum, or null if the line is damaged.
   *
   * @param file bytes of the whole file
   */
  static @Nullable List<String> fields(byte[] file, int from, int to) {
    int seal = to - 1;
    while (seal > from && file[seal] != '\t') {
      seal--;
    }
    String crc = new String(file, seal + 1, to - seal - 1, StandardCharsets.ISO_8859_1);
    if (seal <= from || !crc.equals(crc(file, from, seal))) {
      return null;
    }
    List<String> fields = new ArrayList<>(FIELDS);
    int start = from;
    for (int i = from; i <= seal; i++) {
      if (i == seal || file[i] == '\t') {
        fields.add(new String(file, start, i - start, StandardCharsets.UTF_8));
        start = i + 1;
      }
    }
    return fields;
  }

  /**
   * The record of a line of its kind.
   *
   * @param machines that the file has described so far, by id
   * @param tiles met so far, by text: a file has thousands of records and a few dozen of these
   * @throws IllegalArgumentException if a field is not what it should be
   */
  static TuningRecord record(
      List<String> f, Map<String, Machine> machines, Map<String, Tile> tiles) {
    Machine machine = f.size() == FIELDS ? machines.get(f.get(4)) : null;
    if (machine == null) {
      throw new IllegalArgumentException(
          f.size() == FIELDS ? "a machine that the file does not describe" : "number of fields");
    }
    return new TuningRecord(
        f.get(1),
        f.get(2),
        Integer.parseInt(f.get(3)),
        machine,
        TuningRecord.Status.valueOf(f.get(5)),
        f.get(6),
        tiles.computeIfAbsent(f.get(7), t -> t.equals(NO_TILE) ? Tile.NONE : Tile.parse(t)),
        Integer.parseInt(f.get(8)),
        Integer.parseInt(f.get(9)),
        Double.parseDouble(f.get(10)),
        Double.parseDouble(f.get(11)),
        Double.parseDouble(f.get(12)),
        Long.parseLong(f.get(13)));
  }

  /**
   * The fit of a line of its kind.
   *
   * @throws IllegalArgumentException if a field is not what it should be
   */
  static CostFit fit(List<String> f, Map<String, Machine> machines) {
    Machine machine = f.size() == MODEL_FIELDS ? machines.get(f.get(1)) : null;
    if (machine == null) {
      throw new IllegalArgumentException(
          f.size() == MODEL_FIELDS
              ? "a machine that the file does not describe"
              : "number of fields");
    }
    String tile = f.get(3);
    return new CostFit(
        machine,
        f.get(2),
        tile.equals(ALL_TILES) ? null : tile.equals(NO_TILE) ? Tile.NONE : Tile.parse(tile),
        Integer.parseInt(f.get(4)),
        Stream.of(f.get(5).split(",", -1)).map(Double::valueOf).toList(),
        Long.parseLong(f.get(6)));
  }
}
