package dev.tilewright.plan;

/**
 * When chains of convolutions are computed band by band. The results are the same bits either way:
 * all but {@link #AUTO} is for tests and measurements.
 *
 * @param estimated only where it promises to be faster; else wherever it can be done
 * @param rows output rows of a band, 0 for as many as promise to be fastest
 */
record Fusing(boolean allowed, boolean estimated, int rows) {
  /** System property: {@code auto}, {@code never}, {@code always}, or the rows of a band. */
  static final String PROPERTY = "tilewright.fuse";

  static final Fusing AUTO = new Fusing(true, true, 0);
  static final Fusing NEVER = new Fusing(false, true, 0);

  /** Wherever it can be done. */
  static Fusing always(int rows) {
    return new Fusing(true, false, rows);
  }

  /**
   * What the property says.
   *
   * @throws IllegalArgumentException if it says something else
   */
  static Fusing of(String text) {
    return switch (text) {
      case "auto" -> AUTO;
      case "never" -> NEVER;
      case "always" -> always(0);
      default -> {
        if (!text.matches("[1-9][0-9]{0,5}")) {
          throw new IllegalArgumentException(
              PROPERTY + " must be auto, never, always or a number of rows, not '" + text + "'");
        }
        yield always(Integer.parseInt(text));
      }
    };
  }
}
