package dev.tilewright.gate;

import com.google.gson.Gson;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * What one JVM is to measure, and what it measured; both travel as JSON.
 *
 * @param baseline class path
 * @param candidate class path; none if the baseline runs alone
 * @param swap whether the candidate is made ready first and begins
 * @param counts whether calls into the C library are counted, too, after all is timed
 * @param blockMicros length of one side's turn
 * @param measureMillis of all turns of a benchmark
 * @param warmupMillis the most that a benchmark warms up
 */
record ForkJob(
    List<String> baseline,
    List<String> candidate,
    boolean swap,
    boolean counts,
    int blockMicros,
    int measureMillis,
    int warmupMillis,
    List<Task> tasks) {
  private static final Gson GSON = new Gson();

  /**
   * One benchmark: a model, or a method of a JMH benchmark.
   *
   * @param model file, or null
   * @param shapes of the model's inputs
   * @param method class and method, or null
   * @param work real work added to every run of the candidate, as a fraction of it: for testing the
   *     gate
   */
  record Task(
      String name,
      @Nullable String model,
      @Nullable Map<String, int[]> shapes,
      String backend,
      @Nullable String method,
      double work) {
    static Task model(String name, String file, Map<String, int[]> shapes, String backend) {
      return new Task(name, file, shapes, backend, null, 0);
    }

    static Task jmh(String method) {
      return new Task(method, null, null, "", method, 0);
    }

    Task slowedBy(double fraction) {
      return new Task(name, model, shapes, backend, method, fraction);
    }
  }

  /**
   * The figures of one benchmark.
   *
   * @param refused why there are none, or null
   * @param baselineNanos of an operation, each of the baseline's turns
   * @param candidateNanos the same of the candidate; the i-th turns of both are of one round
   * @param settled whether both sides stopped getting faster
   * @param shared whether both ran in the same memory
   * @param baselineFacts what the baseline's subject counted
   */
  record Result(
      String name,
      @Nullable String refused,
      double[] baselineNanos,
      double[] candidateNanos,
      boolean settled,
      boolean shared,
      Map<String, String> baselineFacts,
      Map<String, String> candidateFacts) {
    private static final double[] NONE = {};

    static Result refused(String name, String reason) {
      return new Result(name, reason, NONE, NONE, false, false, Map.of(), Map.of());
    }

    /** The same with one more figure of both. */
    Result with(String fact, String ofBaseline, String ofCandidate) {
      Map<String, String> before = new LinkedHashMap<>(baselineFacts);
      Map<String, String> after = new LinkedHashMap<>(candidateFacts);
      before.put(fact, ofBaseline);
      after.put(fact, ofCandidate);
      return new Result(
          name, refused, baselineNanos, candidateNanos, settled, shared, before, after);
    }

    /** Median time of the baseline. */
    double baseline() {
      return Bootstrap.median(baselineNanos);
    }

    /** Of all rounds of both sides, which are one if it ran alone. */
    double fastest() {
      return DoubleStream.concat(Arrays.stream(baselineNanos), Arrays.stream(candidateNanos))
          .min()
          .orElse(Double.NaN);
    }

    /** The median over rounds of candidate / baseline: a slow spell hits both sides of a round. */
    double ratio() {
      double[] ratios = new double[baselineNanos.length];
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = candidateNanos[i] / baselineNanos[i];
      }
      return Bootstrap.median(ratios);
    }
  }

  String toJson() {
    return GSON.toJson(this);
  }

  /** Whether only the baseline runs. */
  boolean isOfOneSide() {
    return candidate.isEmpty();
  }

  static ForkJob parse(String json) {
    return GSON.fromJson(json, ForkJob.class);
  }

  static String toJson(Result result) {
    return GSON.toJson(result);
  }

  static Result parseResult(String json) {
    return GSON.fromJson(json, Result.class);
  }
}
