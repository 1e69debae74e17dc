package dev.tilewright.pass;

import dev.tilewright.tensor.Tensor;

/** Filters that do what several did, in double: rounding happens once, when they are stored. */
final class LinearArithmetic {
  private LinearArithmetic() {}

  static double[] doubles(Tensor tensor) {
    float[] values = tensor.toFloats();
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  static float[] floats(double[] wide) {
    float[] values = new float[wide.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) wide[i];
    }
    return values;
  }

  static double[] plus(LinearForm fa, double[] a, LinearForm fb, double[] b) {
    LinearForm sum = fa.plus(fb);
    double[] filter = new double[sum.outputs() * (int) sum.depth()];
    add(fa, a, sum, filter);
    add(fb, b, sum, filter);
    return filter;
  }

  /** Adds a filter to one whose groups and taps include its own. */
  private static void add(LinearForm from, double[] src, LinearForm to, double[] dst) {
    int[] tap = taps(from, to);
    int i = 0;
    for (int k = 0; k < from.outputs(); k++) {
      int first = from.from(k);
      for (int c = first; c < first + from.width(); c++) {
        int base = to.index(k, c, 0, 0);
        for (int t = 0; t < tap.length; t++) {
          dst[base + tap[t]] += src[i++];
        }
      }
    }
  }

  /** For every tap of one form its place among those of the other. */
  private static int[] taps(LinearForm from, LinearForm to) {
    int[] tap = new int[from.taps()];
    for (int r = 0, t = 0; r < from.rows().count(); r++) {
      for (int s = 0; s < from.columns().count(); s++) {
        tap[t++] =
            to.rows().index(from.rows().at(r)) * to.columns().count()
                + to.columns().index(from.columns().at(s));
      }
    }
    return tap;
  }

  /** The filter of first the inner map, then the outer one. */
  static double[] then(LinearForm fi, double[] inner, LinearForm fo, double[] outer) {
    LinearForm form = fi.then(fo);
    double[] filter = new double[form.outputs() * (int) form.depth()];
    int[][] tap = taps(fi, fo, form);
    int w = 0;
    for (int k = 0; k < fo.outputs(); k++) {
      int first = fo.from(k);
      for (int m = first; m < first + fo.width(); m++) {
        int from = form.index(k, fi.from(m), 0, 0);
        for (int[] places : tap) {
          double weight = outer[w++];
          if (weight != 0) {
            accumulate(weight, inner, m * (int) fi.depth(), places, fi, filter, from);
          }
        }
      }
    }
    return filter;
  }

  /** The bias of the same: what the outer filter makes of the inner bias, and its own. */
  static double[] bias(double[] inner, LinearForm fo, double[] outer, double[] own) {
    double[] bias = own.clone();
    int w = 0;
    for (int k = 0; k < fo.outputs(); k++) {
      int first = fo.from(k);
      for (int m = first; m < first + fo.width(); m++) {
        for (int t = 0; t < fo.taps(); t++) {
          bias[k] += outer[w++] * inner[m];
        }
      }
    }
    return bias;
  }

  private static void accumulate(
      double weight, double[] src, int at, int[] places, LinearForm fi, double[] dst, int from) {
    int taps = places[places.length - 1];
    for (int c = 0; c < fi.width(); c++) {
      for (int t = 0; t < places.length - 1; t++) {
        dst[from + c * taps + places[t]] += weight * src[at++];
      }
    }
  }

  /**
   * For every tap of the outer form the places of the inner one's taps in the result; after them
   * the number of the result's taps.
   */
  private static int[][] taps(LinearForm fi, LinearForm fo, LinearForm form) {
    int[][] tap = new int[fo.taps()][];
    for (int r = 0, t = 0; r < fo.rows().count(); r++) {
      for (int s = 0; s < fo.columns().count(); s++) {
        int[] inner =
            taps(
                fi.shifted(
                    fi.stride().height() * fo.rows().at(r),
                    fi.stride().width() * fo.columns().at(s)),
                form);
        int[] places = java.util.Arrays.copyOf(inner, inner.length + 1);
        places[inner.length] = form.taps();
        tap[t++] = places;
      }
    }
    return tap;
  }
}
