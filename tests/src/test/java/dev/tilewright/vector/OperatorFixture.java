package dev.tilewright.vector;

import java.util.Random;

/** What tests of a backend's operators have in common. */
interface OperatorFixture {
  /** Compares the backend's kernels with the portable ones. */
  OperatorCheck harness();

  /** Of the harness, too. */
  Random random();

  /** Whether fewer channels than a vector has lanes and empty windows have kernels too. */
  boolean takesEveryShape();

  /** Numbers around those of vectors. */
  default int[] channels() {
    return takesEveryShape() ? new int[] {1, 3, 15, 16, 17, 33, 64} : new int[] {16, 17, 33, 64};
  }
}
