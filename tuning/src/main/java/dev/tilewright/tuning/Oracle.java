package dev.tilewright.tuning;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.Rounding;
import dev.tilewright.tensor.Memory;
import dev.tilewright.tensor.View;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What the results of a workload should be, summed in double: all of them where that is little
 * work, else at places drawn with a seed. Any kernel that is wrong at one place in a thousand shows
 * with 2,000 places in 6 of 7 draws.
 */
public final class Oracle {
  private static final int FEWEST_PLACES = 2_000;

  /** Multiplications in double: about 50 ms. */
  private static final long BUDGET = 20_000_000;

  /** For whoever has many problems to look at. */
  private static final long SMALL_BUDGET = 4_000_000;

  /** One term after another goes in; M is the sum of magnitudes. */
  private static final class Sum {
    private double value;
    private double magnitude;

    void add(double term) {
      value += term;
      magnitude += Math.abs(term);
    }
  }

  @FunctionalInterface
  private interface Cell {
    /** Adds all terms of the result at this index of dst. */
    void sum(long index, Sum sum);
  }

  private final View dst;
  private final ConvShape shape;
  private final Activation activation;
  private final Cell cell;
  private final long[] places;
  private final double[] expected;
  private final double[] magnitude;

  private Oracle(
      View dst, ConvShape shape, Activation activation, Cell cell, long budget, long seed) {
    this.dst = dst;
    this.shape = shape;
    this.activation = activation;
    this.cell = cell;
    long terms =
        (long) shape.inChannels()
            / shape.groups()
            * shape.kernel().height()
            * shape.kernel().width();
    places = places(dst.shape().elements(), Math.max(FEWEST_PLACES, budget / terms), seed);
    expected = new double[places.length];
    magnitude = new double[places.length];
    for (int i = 0; i < places.length; i++) {
      Sum sum = new Sum();
      cell.sum(places[i], sum);
      expected[i] = activation.apply(sum.value);
      magnitude[i] = sum.magnitude;
    }
  }

  private static long[] places(long results, long most, long seed) {
    return results <= most
        ? java.util.stream.LongStream.range(0, results).toArray()
        : new Random(seed).longs(most, 0, results).toArray();
  }

  /** Of a workload of the problem. */
  public static Oracle of(ConvProblem problem, Workload workload, long seed) {
    return of(problem, workload, BUDGET, seed);
  }

  /** The same that looks at fewer places where a result is a long sum. */
  static Oracle quick(ConvProblem problem, Workload workload, long seed) {
    return of(problem, workload, SMALL_BUDGET, seed);
  }

  private static Oracle of(ConvProblem problem, Workload workload, long budget, long seed) {
    ConvShape s = problem.shape();
    View src = workload.in().getFirst();
    View residual = problem.epilogue().residual() ? workload.in().get(1) : null;
    MemorySegment filter = workload.weights().filter().data();
    MemorySegment bias = bias(workload);
    Cell cell =
        (index, sum) -> {
          int k = (int) (index % s.outChannels());
          addTaps(s, src, filter, index / s.outChannels(), k, sum);
          if (bias != null) {
            sum.add(bias.getAtIndex(JAVA_FLOAT_UNALIGNED, k));
          }
          if (residual != null) {
            sum.add(at(residual, index));
          }
        };
    return new Oracle(workload.dst(), s, problem.epilogue().activation(), cell, budget, seed);
  }

  /** Of a workload made by {@link Workload#ofProduct}. */
  public static Oracle ofProduct(Workload workload, long seed) {
    View a = workload.in().get(0);
    View b = workload.in().get(1);
    int m = a.shape().dim(1);
    int k = a.columns();
    int n = b.columns();
    Cell cell =
        (index, sum) -> {
          long row = index / n;
          for (int i = 0; i < k; i++) {
            sum.add((double) at(a, row * k + i) * at(b, (row / m * k + i) * n + index % n));
          }
        };
    ConvShape.Size one = new ConvShape.Size(1, 1);
    ConvShape.Size rows = new ConvShape.Size(a.shape().dim(0) * m, 1);
    ConvShape.Padding none = new ConvShape.Padding(0, 0, 0, 0);
    ConvShape same = new ConvShape(1, 1, k, n, rows, one, one, one, none);
    return new Oracle(workload.dst(), same, Activation.none(), cell, BUDGET, seed);
  }

  private static @Nullable MemorySegment bias(Workload workload) {
    return workload.weights().bias() == null ? null : workload.weights().bias().data();
  }

  private static void addTaps(
      ConvShape s, View src, MemorySegment filter, long pixel, int k, Sum sum) {
    ConvShape.Size out = s.out();
    int x = (int) (pixel % out.width());
    int y = (int) (pixel / out.width() % out.height());
    long n = pixel / out.width() / out.height();
    int channels = s.inChannels() / s.groups();
    int group = k / (s.outChannels() / s.groups());
    int taps = s.kernel().height() * s.kernel().width();
    for (int tap = 0; tap < taps; tap++) {
      int iy =
          y * s.stride().height()
              - s.pad().top()
              + tap / s.kernel().width() * s.dilation().height();
      int ix =
          x * s.stride().width() - s.pad().left() + tap % s.kernel().width() * s.dilation().width();
      if (iy < 0 || iy >= s.in().height() || ix < 0 || ix >= s.in().width()) {
        continue; // padding
      }
      long row = (n * s.in().height() + iy) * s.in().width() + ix;
      for (int c = 0; c < channels; c++) {
        double weight =
            filter.getAtIndex(JAVA_FLOAT_UNALIGNED, ((long) k * channels + c) * taps + tap);
        sum.add(at(src, row * s.inChannels() + (long) group * channels + c) * weight);
      }
    }
  }

  private static float at(View dense, long index) {
    return Memory.ALL.get(JAVA_FLOAT, dense.address() + 4 * index);
  }

  /** Compares what the trial computes with what it should; runs it once. */
  public Deviation judge(Trial trial) {
    trial.compute();
    ErrorBound bound = ErrorBound.of(trial.rounding(), shape, activation);
    double units = 0;
    double difference = 0;
    double scale = 0;
    double share = 0;
    for (int i = 0; i < places.length; i++) {
      double error = Math.abs(at(dst, places[i]) - expected[i]);
      error = Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
      double allowed = bound.allowed(magnitude[i], expected[i]);
      if (error > allowed && error < Double.POSITIVE_INFINITY) {
        double largest = largestMagnitude(places[i], trial.rounding());
        allowed = bound.allowed(largest, expected[i]);
      }
      units = Math.max(units, error / (ErrorBound.UNIT * magnitude[i] + Double.MIN_NORMAL));
      share = Math.max(share, error / allowed);
      difference = Math.max(difference, error);
      scale = Math.max(scale, Math.abs(expected[i]));
    }
    return new Deviation(
        units, bound.sum() / ErrorBound.UNIT, difference / scale, share, places.length);
  }

  /** The largest M of the results that share sums with this one. */
  private double largestMagnitude(long place, Rounding rounding) {
    return rounding.sharing(shape, place).mapToDouble(this::magnitudeAt).max().orElseThrow();
  }

  private double magnitudeAt(long place) {
    Sum sum = new Sum();
    cell.sum(place, sum);
    return sum.magnitude;
  }
}
