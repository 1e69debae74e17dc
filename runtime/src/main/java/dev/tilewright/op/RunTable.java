package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.View;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The copies that an {@link Op.Runs} with known runs comes to: what stays together on both sides is
 * one, up to a size at which parts can still be shared among threads.
 */
public final class RunTable {
  /** Where a copy of zeros has its source. */
  public static final long ZEROS = -1;

  /** In the table, for each copy: bytes from the first element of dst, of src or ZEROS, length. */
  public static final int FIELDS = 3;

  /** Longer copies would be no faster, and fewer to share. */
  private static final long MOST_BYTES = 4096;

  private final long[] table;

  private RunTable(long[] table) {
    this.table = table;
  }

  /** The runs of the node, if they are known and none of them lies outside. */
  public static Optional<int[]> known(OpProblem problem, Op.Runs op) {
    Tensor runs = problem.constants().get(1);
    if (runs == null) {
      return Optional.empty();
    }
    long count = problem.in().getFirst().shape().elements() / op.length();
    long[] numbers = runs.toLongs();
    for (long run : numbers) {
      if (run < ZEROS || run >= count) {
        return Optional.empty(); // the portable kernel says so
      }
    }
    return Optional.of(IntStream.range(0, numbers.length).map(i -> (int) numbers[i]).toArray());
  }

  /**
   * What to copy for these runs, in the order of the destination.
   *
   * @param dst may be strided, like src
   */
  public static RunTable of(Op.Runs op, int[] runs, View src, View dst) {
    int piece = piece(op, src, dst);
    int pieces = op.length() / piece;
    long bytes = (long) piece * dst.type().dtype().bytes();
    long[] table = new long[FIELDS * runs.length * pieces];
    int end = 0;
    for (int i = 0; i < runs.length * pieces; i++) {
      int run = runs[i / pieces];
      long to = place(dst, (long) i * piece);
      long from = run < 0 ? ZEROS : place(src, ((long) run * pieces + i % pieces) * piece);
      if (end > 0 && continues(table, end - FIELDS, to, from, bytes)) {
        table[end - 1] += bytes;
      } else {
        table[end++] = to;
        table[end++] = from;
        table[end++] = bytes;
      }
    }
    return new RunTable(Arrays.copyOf(table, end));
  }

  /** Elements that are together however the two are strided. */
  private static int piece(Op.Runs op, View src, View dst) {
    int piece = op.length();
    for (View view : new View[] {src, dst}) {
      piece = view.isDense() ? piece : gcd(piece, view.columns());
    }
    return piece;
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  private static long place(View view, long element) {
    long at =
        view.isDense()
            ? element
            : element / view.columns() * view.rowStride() + element % view.columns();
    return at * view.type().dtype().bytes();
  }

  private static boolean continues(long[] table, int before, long to, long from, long bytes) {
    long size = table[before + 2];
    boolean adjacent =
        from == ZEROS ? table[before + 1] == ZEROS : table[before + 1] + size == from;
    return adjacent
        && table[before] + size == to
        && size + bytes <= MOST_BYTES
        && (from == ZEROS || table[before + 1] != ZEROS);
  }

  public int copies() {
    return table.length / FIELDS;
  }

  /** All copies; the array is the table's own. */
  public long[] numbers() {
    return table;
  }

  /** Bytes of a copy, on average, rounded up. */
  public long meanBytes() {
    long sum = 0;
    for (int i = 2; i < table.length; i += FIELDS) {
      sum += table[i];
    }
    return Math.ceilDiv(sum, copies());
  }
}
