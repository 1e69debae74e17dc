package dev.tilewright.tuning;

/**
 * How far a result is from the exact one, over all places looked at; infinite if one is NaN.
 *
 * @param units largest |a-b| as a multiple of u * M, see {@link ErrorBound}
 * @param bound what units may be, the activation's share left out
 * @param relative max|a-b| / max|b|
 * @param share largest |a-b| over what is allowed there
 * @param places compared
 */
public record Deviation(double units, double bound, double relative, double share, int places) {
  public boolean withinBound() {
    return share <= 1;
  }

  /** The worse of two. */
  public Deviation or(Deviation other) {
    return other.share > share ? other : this;
  }
}
