package dev.tilewright.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Damages models at random, byte by byte and field by field, for a given time, and gives them to
 * the fuzz targets: what a fuzzer cannot do to large models at speed.
 */
final class Mutations {
  /** Larger models are read and imported but not run. */
  private static final int RUN_BYTES = 64 << 10;

  private static final long HANG_NANOS = 20_000_000_000L;

  private Mutations() {}

  /**
   * Prints how many there were, and fails at the first that breaks a promise, with its seed.
   *
   * @param args seconds, the first seed, model files
   */
  public static void main(String[] args) throws IOException {
    long end = System.nanoTime() + Long.parseLong(args[0]) * 1_000_000_000L;
    List<byte[]> models = new ArrayList<>();
    for (int i = 2; i < args.length; i++) {
      models.add(Files.readAllBytes(Path.of(args[i])));
    }
    List<Message> trees =
        models.stream().map(bytes -> Message.parse(Message.Kind.MODEL, bytes)).toList();
    AtomicReference<String> current = watch();
    TreeMap<String, Integer> outcomes = new TreeMap<>();
    long seed = Long.parseLong(args[1]);
    for (; System.nanoTime() < end; seed++) {
      int number = (int) Math.floorMod(seed, (long) models.size());
      Random random = new Random(seed);
      String what = "seed " + seed + ", " + args[number + 2];
      current.set(what);
      boolean byByte = random.nextInt(3) == 0;
      byte[] bytes = byByte ? damaged(models.get(number), random) : edited(trees, number, random);
      try {
        outcomes.merge(outcome(bytes), 1, Integer::sum);
      } catch (RuntimeException | Error e) {
        Files.write(Path.of(System.getProperty("java.io.tmpdir"), "broken-" + seed), bytes);
        throw new AssertionError(what, e);
      }
    }
    System.out.println(outcomes);
  }

  private static String outcome(byte[] bytes) {
    if (bytes.length <= RUN_BYTES) {
      return "run: " + SessionFuzz.outcome(bytes);
    }
    return "imported: " + ImporterFuzz.outcome(bytes);
  }

  private static byte[] edited(List<Message> trees, int number, Random random) {
    byte[] script = new byte[6 * (1 + random.nextInt(6))];
    random.nextBytes(script);
    Message copy = trees.get(number).copy();
    new Edits(trees, new Choices(script, 0)).apply(copy);
    return copy.toBytes();
  }

  /**
   * A few bytes others, or the end cut off; near the start, where structure is, as often as not.
   */
  private static byte[] damaged(byte[] good, Random random) {
    if (random.nextInt(10) == 0) {
      return java.util.Arrays.copyOf(good, random.nextInt(good.length));
    }
    byte[] bytes = good.clone();
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(random.nextBoolean() ? bytes.length : Math.min(4096, bytes.length));
      bytes[at] =
          switch (random.nextInt(4)) {
            case 0 -> (byte) (bytes[at] ^ (1 << random.nextInt(8)));
            case 1 -> (byte) (bytes[at] + 1);
            case 2 -> (byte) 0xff;
            default -> (byte) random.nextInt(256);
          };
    }
    return bytes;
  }

  /** Ends the JVM if one model takes too long. */
  private static AtomicReference<String> watch() {
    AtomicReference<String> current = new AtomicReference<>("");
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          String last = "";
          long since = System.nanoTime();
          while (true) {
            String now = current.get();
            if (!now.equals(last)) {
              last = now;
              since = System.nanoTime();
            } else if (System.nanoTime() - since > HANG_NANOS) {
              System.out.println("hangs: " + now);
              Thread.getAllStackTraces().values().forEach(t -> System.out.println(List.of(t)));
              Runtime.getRuntime().halt(1);
            }
            java.util.concurrent.locks.LockSupport.parkNanos(50_000_000);
          }
        });
    return current;
  }
}
