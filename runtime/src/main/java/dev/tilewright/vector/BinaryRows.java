package dev.tilewright.vector;

import dev.tilewright.graph.Op.BinaryFunction;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/**
 * A function of two values over rows of n >= {@link Lanes#LENGTH} adjacent floats. Each function is
 * its own loop, for the reason given in {@link RowMap}.
 */
@FunctionalInterface
interface BinaryRows {
  /**
   * Combines rows. The row strides are in bytes; 0 repeats a row (or the one value of an operand
   * that is a column).
   */
  void run(long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n);

  /** Both operands have n values a row. */
  static Optional<BinaryRows> vectors(BinaryFunction function) {
    return switch (function) {
      case ADD -> Optional.of(BinaryRows::add);
      case SUB -> Optional.of(BinaryRows::sub);
      case MUL -> Optional.of(BinaryRows::mul);
      case DIV -> Optional.of(BinaryRows::div);
      case MIN -> Optional.of(BinaryRows::min);
      case MAX -> Optional.of(BinaryRows::max);
      case POW, EQUAL, LESS, GREATER, AND, OR -> Optional.empty();
    };
  }

  /** The second operand has one value a row. */
  static Optional<BinaryRows> column(BinaryFunction function) {
    return switch (function) {
      case ADD -> Optional.of(BinaryRows::addColumn);
      case SUB -> Optional.of(BinaryRows::subColumn);
      case MUL -> Optional.of(BinaryRows::mulColumn);
      case DIV -> Optional.of(BinaryRows::divColumn);
      case MIN -> Optional.of(BinaryRows::minColumn);
      case MAX -> Optional.of(BinaryRows::maxColumn);
      case POW, EQUAL, LESS, GREATER, AND, OR -> Optional.empty();
    };
  }

  /** The first operand has one value a row, but is still passed second: f(b, a). */
  static Optional<BinaryRows> reversedColumn(BinaryFunction function) {
    return switch (function) {
      case SUB -> Optional.of(BinaryRows::columnSub);
      case DIV -> Optional.of(BinaryRows::columnDiv);
      default -> column(function);
    };
  }

  private static void add(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.add(Lanes.load(b + r * ldb + at)), dst + r * ldd + at);
      }
    }
  }

  private static void sub(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.sub(Lanes.load(b + r * ldb + at)), dst + r * ldd + at);
      }
    }
  }

  private static void mul(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.mul(Lanes.load(b + r * ldb + at)), dst + r * ldd + at);
      }
    }
  }

  private static void div(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.div(Lanes.load(b + r * ldb + at)), dst + r * ldd + at);
      }
    }
  }

  private static void min(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.min(Lanes.load(b + r * ldb + at)), dst + r * ldd + at);
      }
    }
  }

  private static void max(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.max(Lanes.load(b + r * ldb + at)), dst + r * ldd + at);
      }
    }
  }

  private static void addColumn(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      FloatVector y = Lanes.spread(b + r * ldb);
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.add(y), dst + r * ldd + at);
      }
    }
  }

  private static void subColumn(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      FloatVector y = Lanes.spread(b + r * ldb);
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.sub(y), dst + r * ldd + at);
      }
    }
  }

  private static void mulColumn(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      FloatVector y = Lanes.spread(b + r * ldb);
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.mul(y), dst + r * ldd + at);
      }
    }
  }

  private static void divColumn(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      FloatVector y = Lanes.spread(b + r * ldb);
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.div(y), dst + r * ldd + at);
      }
    }
  }

  private static void minColumn(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      FloatVector y = Lanes.spread(b + r * ldb);
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.min(y), dst + r * ldd + at);
      }
    }
  }

  private static void maxColumn(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      FloatVector y = Lanes.spread(b + r * ldb);
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(x.max(y), dst + r * ldd + at);
      }
    }
  }

  private static void columnSub(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      FloatVector y = Lanes.spread(b + r * ldb);
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(y.sub(x), dst + r * ldd + at);
      }
    }
  }

  private static void columnDiv(
      long a, long lda, long b, long ldb, long dst, long ldd, long rows, long n) {
    long end = (n - Lanes.LENGTH) * 4;
    int vectors = Lanes.cover(n);
    for (long r = 0; r < rows; r++) {
      FloatVector y = Lanes.spread(b + r * ldb);
      for (int i = 0; i < vectors; i++) {
        long at = Math.min((long) i * Lanes.BYTES, end);
        FloatVector x = Lanes.load(a + r * lda + at);
        Lanes.store(y.div(x), dst + r * ldd + at);
      }
    }
  }
}
