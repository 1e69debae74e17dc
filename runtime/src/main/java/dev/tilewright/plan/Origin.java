package dev.tilewright.plan;

/** Where a choice came from, weakest first. */
public enum Origin {
  ESTIMATED,
  TUNED,
  FORCED
}
