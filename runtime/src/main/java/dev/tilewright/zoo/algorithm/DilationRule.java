package dev.tilewright.zoo.algorithm;

import static dev.tilewright.zoo.build.RuleException.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a stack of dilated convolutions sees: the rule of hybrid dilated convolution (Wang et al.
 * 2018, arXiv 1702.08502) and, since that is neither necessary nor sufficient, the pixels that one
 * output really depends on.
 *
 * @param rates dilations, from the input to the output
 * @param kernel odd
 */
public record DilationRule(List<Integer> rates, int kernel) {
  /** Pixels in one direction, which is more than images have. */
  private static final int LARGEST = 1 << 16;

  public DilationRule {
    rates = List.copyOf(rates);
    require(
        kernel > 0 && kernel % 2 == 1, "a dilated filter is odd, to have a middle, not %d", kernel);
    require(
        !rates.isEmpty() && rates.stream().allMatch(r -> r > 0),
        "dilation rates are at least 1, not %s",
        rates);
    long field = 1;
    for (int rate : rates) {
      field += (kernel - 1L) * rate;
    }
    require(
        field <= LARGEST, "dilated filters see at most %d pixels in a row, not %d", LARGEST, field);
  }

  /**
   * The largest distance between two taps that see something, for each layer on: M_n = r_n, M_i =
   * max(M_{i+1} - 2 r_i, 2 r_i - M_{i+1}, r_i).
   */
  public List<Integer> distances() {
    List<Integer> m = new ArrayList<>(Collections.nCopies(rates.size(), rates.getLast()));
    for (int i = rates.size() - 2; i >= 0; i--) {
      int next = m.get(i + 1);
      int r = rates.get(i);
      m.set(i, Math.max(Math.max(next - 2 * r, 2 * r - next), r));
    }
    return m;
  }

  public int commonDivisor() {
    return rates.stream().reduce(0, DilationRule::gcd);
  }

  private static int gcd(int a, int b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /** What the rates break of the rule, or nothing. */
  public String broken() {
    int divisor = commonDivisor();
    if (divisor > 1) {
      return "rates have no common divisor, these have " + divisor;
    }
    int m2 = distances().get(Math.min(1, rates.size() - 1));
    return m2 > kernel ? "M_2 is at most the filter's size, not " + m2 : "";
  }

  /** Pixels in one direction between the first and the last that an output depends on. */
  public int receptiveField() {
    return 1 + (kernel - 1) * rates.stream().mapToInt(Integer::intValue).sum();
  }

  /**
   * How many paths lead from a pixel in one direction to one output; in two dimensions it is the
   * product of both directions'.
   */
  public long[] paths() {
    long[] paths = {1};
    for (int rate : rates) {
      long[] wider = new long[paths.length + (kernel - 1) * rate];
      for (int tap = 0; tap < kernel; tap++) {
        for (int i = 0; i < paths.length; i++) {
          wider[i + tap * rate] += paths[i];
        }
      }
      paths = wider;
    }
    return paths;
  }

  /** Places in one direction, from the first that is seen, of pixels that are not. */
  public List<Integer> unseen() {
    long[] paths = paths();
    return IntStream.range(0, paths.length).filter(i -> paths[i] == 0).boxed().toList();
  }

  /** Pixels of the receptive field, in two dimensions, that an output does not depend on. */
  public long holes() {
    long[] paths = paths();
    long seen = Arrays.stream(paths).filter(count -> count > 0).count();
    return (long) paths.length * paths.length - seen * seen;
  }
}
