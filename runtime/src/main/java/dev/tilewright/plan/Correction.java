package dev.tilewright.plan;

import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Tile;
import dev.tilewright.database.CostFit;
import dev.tilewright.database.Machine.Likeness;
import dev.tilewright.database.TuningTable;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What measurements on a machine made of the {@link CostModel}'s estimates: a factor for each
 * kernel. Its logarithm is a weighted sum of a few {@link Term}s of the problem, the weights being
 * the algorithm's, plus the tile's own share. Algorithms without a fit have the usual factor of
 * those with one: else what was never measured would seem fast on a slow machine. Immutable.
 */
public final class Correction {
  /** What a problem is described by, each about -1 to 1. The weights of a fit are in this order. */
  public enum Term {
    /** 1: how much longer the algorithm takes in general. */
    ALWAYS,
    /** Terms of a sum, 128 being 0: short ones end before they have paid for their beginning. */
    DEPTH,
    /** Multiply-adds, ten millions being 0: small problems are mostly entering and leaving. */
    WORK;

    double of(ConvProblem problem) {
      ConvShape s = problem.shape();
      return switch (this) {
        case ALWAYS -> 1;
        case DEPTH ->
            magnitude(
                (double) s.inChannels()
                    / s.groups()
                    * s.kernel().height()
                    * s.kernel().width()
                    / 128);
        case WORK -> magnitude(s.macs() / 1e7);
      };
    }

    /** Four doublings are 1, and there is no more than that. */
    private static double magnitude(double ratio) {
      return Math.clamp(Math.log(ratio) / Math.log(16), -1.0, 1.0);
    }
  }

  public static final Correction NONE = new Correction(List.of());

  /** No fit is trusted further than this. */
  private static final double MOST = 8;

  private record Subject(String algorithm, @Nullable Tile tile) {}

  private final Map<Subject, List<Double>> weights = new HashMap<>();
  private final double usual;
  private final int hash;

  private Correction(Collection<CostFit> fits) {
    double sum = 0;
    int count = 0;
    for (CostFit fit : fits) {
      if (fit.weights().size() == (fit.tile() == null ? Term.values().length : 1)) {
        weights.put(new Subject(fit.algorithm(), fit.tile()), fit.weights());
        if (fit.tile() == null) {
          sum += fit.weights().getFirst();
          count++;
        }
      }
    }
    usual = count == 0 ? 1 : Math.clamp(Math.exp(sum / count), 1 / MOST, MOST);
    hash = weights.hashCode();
  }

  /** What the fits say; those of another number of terms are ignored. */
  public static Correction of(Collection<CostFit> fits) {
    return fits.isEmpty() ? NONE : new Correction(fits);
  }

  /** What was fitted on this machine or a like one. */
  static Correction of(TuningTable table) {
    return of(table.fits(Likeness.MICROARCHITECTURE));
  }

  /** The terms of a problem, in order. */
  public static List<Double> terms(ConvProblem problem) {
    return List.of(Term.values()).stream().map(t -> t.of(problem)).toList();
  }

  /** What to multiply an estimate with. */
  public double factor(String algorithm, Tile tile, ConvProblem problem) {
    List<Double> of = weights.get(new Subject(algorithm, null));
    if (of == null) {
      return usual;
    }
    double sum = weights.getOrDefault(new Subject(algorithm, tile), List.of(0.0)).getFirst();
    for (int i = 0; i < of.size(); i++) {
      sum += of.get(i) * Term.values()[i].of(problem);
    }
    return Math.clamp(Math.exp(sum), 1 / MOST, MOST);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Correction c && hash == c.hash && weights.equals(c.weights);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
