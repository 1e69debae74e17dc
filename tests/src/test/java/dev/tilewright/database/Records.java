package dev.tilewright.database;

import dev.tilewright.conv.Tile;
import java.util.Map;

/** Records for tests, alike but for what a test is about. */
final class Records {
  static final Machine HERE =
      new Machine("Acme family 7 model 1", "avx2 fma", "L1 32K L2 1024K", 2, "Acme 25", "native=1");

  static final Machine OTHER_JAVA =
      new Machine("Acme family 7 model 1", "avx2 fma", "L1 32K L2 1024K", 8, "Acme 26", "native=1");

  static final Machine OTHER_CORE =
      new Machine("Acme family 8 model 1", "avx2 fma", "L1 48K L2 2048K", 2, "Acme 25", "native=1");

  static final Machine OTHER_ISA =
      new Machine("Acme family 7 model 1", "sse4_2", "L1 32K L2 1024K", 2, "Acme 25", "native=1");

  private Records() {}

  static TuningRecord chosen(String problem, String algorithm, int mr) {
    return of(HERE, problem, TuningRecord.Status.CHOSEN, algorithm, mr);
  }

  static TuningRecord of(
      Machine machine, String problem, TuningRecord.Status status, String algorithm, int mr) {
    return new TuningRecord(
        problem,
        "auto",
        1,
        machine,
        status,
        algorithm,
        new Tile(Map.of("mr", mr)),
        1,
        31,
        1234.5,
        1200.25,
        1300.75,
        1_790_000_000);
  }
}
