package dev.tilewright.conv;

/**
 * What an algorithm would do, counted before it runs; the planner's cost model turns it into time.
 *
 * @param fmas multiply-adds executed, padded lanes and rows of partial tiles included
 * @param bytes moved between the kernel and memory beyond L1: tensors, weights, transforms
 * @param efficiency share of the FMA peak the inner loop reaches when data is in L1, 0..1
 */
public record Cost(double fmas, double bytes, double efficiency) {
  /** Multiply-adds that the peak would have done meanwhile: a time to compare tiles by. */
  public double fmasAtPeak() {
    return fmas / efficiency;
  }
}
