package dev.tilewright.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.ChildJvm;
import dev.tilewright.conv.Tile;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuningFileTest {
  private static final int MANY = 10_000;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  @TempDir private Path folder;

  private TuningFile file() {
    return TuningFile.at(folder.resolve("deeper/tuning.txt"));
  }

  private static List<TuningRecord> records(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Records.chosen("problem" + i, "native.gemm_avx2", i % 14 + 1))
        .toList();
  }

  @Test
  void readsWhatWasAppended() throws IOException {
    TuningFile file = file();
    assertThat(file.read().records()).isEmpty();
    file.append(records(2));
    file.append(List.of(Records.chosen("third", "vector.direct", 3)));
    assertThat(file.read().records())
        .containsExactlyElementsOf(
            List.of(
                records(2).get(0), records(2).get(1), Records.chosen("third", "vector.direct", 3)));
    assertThat(file.read().ignored()).isEmpty();
  }

  @Test
  void readsFitsBetweenRecords() throws IOException {
    TuningFile file = file();
    Tile tile = new Tile(Map.of("mr", 6, "nr", 16));
    List<Entry> entries =
        List.of(
            Records.chosen("first", "native.gemm_avx2", 1),
            new CostFit(Records.HERE, "native.gemm_avx2", null, 12, List.of(0.25, -1e-9, 3.0), 7),
            new CostFit(Records.OTHER_JAVA, "vector.gemm", tile, 3, List.of(0.5), 7),
            new CostFit(Records.HERE, "native.winograd", Tile.NONE, 3, List.of(0.5), 7),
            Records.chosen("last", "native.gemm_avx2", 1));
    file.append(entries);
    assertThat(file.read().entries()).isEqualTo(entries);
    assertThat(file.read().records()).hasSize(2);
    assertThat(file.read().ignored()).isEmpty();
    String text = Files.readString(file.path());
    assertThat(text.lines().filter(l -> l.startsWith("model1"))).hasSize(3);
    file.replace(Standing.compact(entries));
    assertThat(file.read().entries()).containsExactlyInAnyOrderElementsOf(entries);
  }

  @Test
  void aTornTailCostsOneRecordWhereverItIsTorn() throws IOException {
    TuningFile file = file();
    file.append(records(3));
    byte[] whole = Files.readAllBytes(file.path());
    int start = new String(whole, java.nio.charset.StandardCharsets.UTF_8).indexOf("record1");
    int end = new String(whole, java.nio.charset.StandardCharsets.UTF_8).lastIndexOf("record1");
    for (int length = end; length < whole.length; length++) {
      Files.write(file.path(), java.util.Arrays.copyOf(whole, length));
      assertThat(file.read().records().size()).isBetween(2, 3);
      file.append(List.of(Records.chosen("after", "native.gemm_avx2", 1)));
      assertThat(file.read().records().size()).isBetween(3, 4);
      assertThat(file.read().records().getLast().problem()).isEqualTo("after");
    }
    assertThat(start).isLessThan(end);
  }

  @Test
  void flippedBitsAreCountedAndNeverBecomeRecords() throws IOException {
    TuningFile file = file();
    List<TuningRecord> written = records(20);
    file.append(written);
    byte[] whole = Files.readAllBytes(file.path());
    Random random = new Random(7);
    for (int round = 0; round < 500; round++) {
      byte[] bad = whole.clone();
      bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file.path(), bad);
      TuningFile.Contents contents = file.read();
      assertThat(written).containsAll(contents.records());
      int ignored = contents.ignored().values().stream().mapToInt(i -> i).sum();
      assertThat(contents.records().size() + ignored).isGreaterThanOrEqualTo(19);
    }
  }

  @Test
  void foreignFilesGiveNothingAndSaySo() throws IOException {
    TuningFile file = file();
    Files.createDirectories(file.path().getParent());
    byte[] noise = new byte[100_000];
    new Random(3).nextBytes(noise);
    Files.write(file.path(), noise);
    assertThat(file.read().records()).isEmpty();
    assertThat(file.read().ignored()).containsKey("torn or damaged");
    Files.writeString(file.path(), "Lorem ipsum\ndolor\tsit\tamet\n");
    assertThat(file.read().ignored()).containsEntry("torn or damaged", 2);
  }

  @Test
  void recordsWhoseMachineLineIsLostAreNamed() throws IOException {
    TuningFile file = file();
    file.append(records(3));
    Files.write(
        file.path(),
        Files.readAllLines(file.path()).stream().filter(l -> !l.startsWith("machine")).toList());
    assertThat(file.read().records()).isEmpty();
    assertThat(file.read().ignored())
        .containsEntry("of a machine that the file does not describe", 3);
  }

  @Test
  void replacingIsAllOrNothing() throws IOException {
    TuningFile file = file();
    file.append(records(5));
    file.replace(records(2));
    assertThat(file.read().records()).isEqualTo(records(2));
    // A folder in the way of the fresh file: the old one stays.
    Files.createDirectories(folder.resolve("deeper/tuning.txt.new"));
    assertThatThrownBy(() -> file.replace(List.of())).isInstanceOf(FileSystemException.class);
    assertThat(file.read().records()).isEqualTo(records(2));
  }

  @Test
  void fourProcessesLoseNothing() throws IOException, InterruptedException {
    int each = 200;
    List<CompletableFuture<ChildJvm.Result>> writers = new ArrayList<>();
    for (int writer = 0; writer < 4; writer++) {
      writers.add(
          ChildJvm.start(
              Map.of(),
              List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"),
              Writer.class,
              List.of(file().path().toString(), "writer" + writer, String.valueOf(each))));
    }
    for (CompletableFuture<ChildJvm.Result> writer : writers) {
      assertThat(writer.join().code()).as(writer.join().output()).isZero();
    }
    TuningFile.Contents contents = file().read();
    assertThat(contents.ignored()).isEmpty();
    assertThat(contents.records().stream().map(TuningRecord::problem))
        .hasSize(4 * each)
        .doesNotHaveDuplicates();
  }

  /** The number of kills is a property so that the hundred of the promise can be run by hand. */
  @Test
  void killedWritersLoseOneRecordAtMost() throws IOException, InterruptedException {
    int kills = Integer.getInteger("tilewright.test.kills", 4);
    Random random = new Random(11);
    int before = 0;
    for (int i = 0; i < kills; i++) {
      Process writer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Writer.class.getName(),
                  file().path().toString(),
                  "kill" + i,
                  "1000000")
              .redirectErrorStream(true)
              .start();
      // The writer prints the number of what it has written, after it is written.
      int told = -1;
      try (var lines = writer.inputReader()) {
        int until = 1 + random.nextInt(200);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          told = Integer.parseInt(line);
          if (told == until) {
            writer.toHandle().destroyForcibly(); // SIGKILL; what it printed can still be read
          }
        }
      }
      writer.waitFor();
      TuningFile.Contents contents = file().read();
      String prefix = "kill" + i + ".";
      long kept = contents.records().stream().filter(r -> r.problem().startsWith(prefix)).count();
      assertThat(kept).isGreaterThanOrEqualTo(told + 1L);
      assertThat(contents.records().size()).isGreaterThanOrEqualTo(before);
      assertThat(contents.ignored().values().stream().mapToInt(n -> n).sum())
          .isLessThanOrEqualTo(i + 1);
      before = contents.records().size();
    }
  }

  /** Appends records one by one and prints the number of each when it is written. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws IOException {
      TuningFile file = TuningFile.at(Path.of(args[0]));
      for (int i = 0; i < Integer.parseInt(args[2]); i++) {
        file.append(List.of(Records.chosen(args[1] + "." + i, "native.gemm_avx2", 6)));
        System.out.println(i);
        System.out.flush();
      }
    }
  }

  @Test
  void tenThousandRecordsLoadInMilliseconds() throws IOException {
    TuningFile file = file();
    file.replace(records(MANY));
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < 15; i++) {
      long start = THREADS.getCurrentThreadCpuTime();
      TuningTable table = TuningTable.of(List.of(file.read().records()), Records.HERE);
      best = Math.min(best, (THREADS.getCurrentThreadCpuTime() - start) / 1e6);
      assertThat(table.size()).isEqualTo(MANY);
    }
    System.out.printf("tilewright: a tuning file of %,d records loads in %.1f ms%n", MANY, best);
    assertThat(best).isLessThan(100); // five times the promise: other processes share the caches
  }
}
