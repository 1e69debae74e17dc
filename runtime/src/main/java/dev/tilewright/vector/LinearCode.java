package dev.tilewright.vector;

import dev.tilewright.vector.VectorCode.Vec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the product of a constant matrix and vectors: y[i] = sum over j of m[i][j] x[j].
 *
 * <p>Points of interpolation come in pairs p, -p, so that two columns (or rows) of a matrix differ
 * in signs only. Two such columns are replaced by the sum and the difference of their vectors; two
 * such rows are the sum and the difference of what they have in common.
 */
final class LinearCode {
  /** {@code scale * value}. */
  private record Scaled(Vec value, double scale) {}

  private LinearCode() {}

  /**
   * @throws IllegalArgumentException if a row is zero
   */
  static Vec[] emit(VectorCode code, double[][] m, Vec[] x) {
    List<Vec> inputs = new ArrayList<>();
    List<double[]> columns = new ArrayList<>();
    boolean[] done = new boolean[x.length];
    for (int j = 0; j < x.length; j++) {
      double[] column = column(m, j);
      int other = done[j] ? -1 : mirrored(m, j, done);
      if (other >= 0) {
        double[] mirror = column(m, other);
        add(inputs, columns, code.add(x[j], x[other]), half(column, mirror, 1));
        add(inputs, columns, code.subtract(x[j], x[other]), half(column, mirror, -1));
        done[other] = true;
      } else if (!done[j]) {
        add(inputs, columns, x[j], column);
      }
    }
    double[][] rows = new double[m.length][];
    for (int i = 0; i < m.length; i++) {
      int row = i;
      rows[i] = columns.stream().mapToDouble(c -> c[row]).toArray();
    }
    return rows(code, rows, inputs.toArray(Vec[]::new));
  }

  private static void add(List<Vec> inputs, List<double[]> columns, Vec x, double[] column) {
    inputs.add(x);
    columns.add(column);
  }

  private static Vec[] rows(VectorCode code, double[][] m, Vec[] x) {
    @Nullable Vec[] y = new @Nullable Vec[m.length];
    Vec[] result = new Vec[m.length];
    for (int i = 0; i < m.length; i++) {
      int other = y[i] == null ? mirrored(m, i, y) : -1;
      if (other >= 0) {
        Scaled even = sum(code, half(m[i], m[other], 1), x);
        Scaled odd = sum(code, half(m[i], m[other], -1), x);
        Vec base = whole(code, even);
        y[i] = plus(code, base, odd.value, odd.scale);
        y[other] = plus(code, base, odd.value, -odd.scale);
      } else if (y[i] == null) {
        y[i] = whole(code, sum(code, m[i], x));
      }
    }
    for (int i = 0; i < m.length; i++) {
      result[i] = java.util.Objects.requireNonNull(y[i]);
    }
    return result;
  }

  /** The sum of c[j] x[j] over c's largest, or over a coefficient of 1 if there is one. */
  private static Scaled sum(VectorCode code, double[] c, Vec[] x) {
    int first = -1;
    for (int j = 0; j < c.length; j++) {
      if (c[j] != 0 && (first < 0 || c[j] == 1)) {
        first = j;
      }
    }
    if (first < 0) {
      throw new IllegalArgumentException("a row of the matrix is zero");
    }
    Vec value = x[first];
    for (int j = 0; j < c.length; j++) {
      if (j != first && c[j] != 0) {
        value = plus(code, value, x[j], c[j] / c[first]);
      }
    }
    return new Scaled(value, c[first]);
  }

  private static Vec whole(VectorCode code, Scaled s) {
    return s.scale == 1 ? s.value : code.multiply(s.value, code.constant(s.scale));
  }

  /** {@code sum + factor * x}. */
  private static Vec plus(VectorCode code, Vec sum, Vec x, double factor) {
    if (factor == 1) {
      return code.add(sum, x);
    }
    return factor == -1 ? code.subtract(sum, x) : code.multiplyAdd(x, code.constant(factor), sum);
  }

  /** A later column that is column j with some of its signs changed, or -1. */
  private static int mirrored(double[][] m, int j, boolean[] done) {
    for (int other = j + 1; other < done.length; other++) {
      if (!done[other] && mirror(column(m, j), column(m, other))) {
        return other;
      }
    }
    return -1;
  }

  /** A later row that is row i with some of its signs changed, or -1. */
  private static int mirrored(double[][] m, int i, @Nullable Vec[] done) {
    for (int other = i + 1; other < m.length; other++) {
      if (done[other] == null && mirror(m[i], m[other])) {
        return other;
      }
    }
    return -1;
  }

  /** Whether two rows differ in signs, but not all of them. */
  private static boolean mirror(double[] u, double[] v) {
    boolean same = false;
    boolean opposite = false;
    for (int i = 0; i < u.length; i++) {
      if (Math.abs(u[i]) != Math.abs(v[i])) {
        return false;
      }
      same |= u[i] != 0 && u[i] == v[i];
      opposite |= u[i] != 0 && u[i] == -v[i];
    }
    return same && opposite;
  }

  private static double[] half(double[] u, double[] v, int sign) {
    double[] h = new double[u.length];
    Arrays.setAll(h, i -> (u[i] + sign * v[i]) / 2);
    return h;
  }

  private static double[] column(double[][] m, int j) {
    return Arrays.stream(m).mapToDouble(row -> row[j]).toArray();
  }
}
