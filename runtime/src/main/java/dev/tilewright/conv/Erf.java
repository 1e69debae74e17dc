package dev.tilewright.conv;

/** The error function, which java.lang.Math lacks. */
public final class Erf {
  private Erf() {}

  /**
   * erf(x) to about 1e-15: the Maclaurin series below 2.5, the continued fraction of erfc above
   * (Abramowitz and Stegun 1964, 7.1.5 and 7.1.14). Written for the oracle, not for speed.
   */
  public static double erf(double x) {
    double a = Math.abs(x);
    if (Double.isNaN(x)) {
      return x;
    }
    if (a > 6) {
      return Math.signum(x);
    }
    if (a < 2.5) {
      double term = a;
      double sum = a;
      for (int n = 1; Math.abs(term) > 1e-18 * sum; n++) {
        term *= -a * a / n;
        sum += term / (2 * n + 1);
      }
      return Math.copySign(2 / Math.sqrt(Math.PI) * sum, x);
    }
    double fraction = a;
    for (int n = 60; n > 0; n--) {
      fraction = a + n / 2.0 / fraction;
    }
    return Math.copySign(1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / fraction, x);
  }
}
