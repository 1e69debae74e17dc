package dev.tilewright.bench;

import com.google.gson.GsonBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.statistics.descriptive.Quantile;
import org.apache.commons.statistics.distribution.TDistribution;

/**
 * Results in the format that JMH writes with {@code -rf json}, which its viewers and {@code gate
 * --jmh} read. Where they were measured stands in a member more, {@code environment}.
 */
final class JmhResults {
  /** As JMH has it. */
  private static final double CONFIDENCE = 0.999;

  private static final double[] PERCENTILES = {
    0, 50, 90, 95, 99, 99.9, 99.99, 99.999, 99.9999, 100
  };

  /**
   * One figure of one benchmark.
   *
   * @param unit such as us/op
   * @param forks what was measured in each process, in order
   */
  record Metric(String unit, List<List<Double>> forks) {
    static Metric of(String unit, double value) {
      return new Metric(unit, List.of(List.of(value)));
    }
  }

  /** How times came about, in JMH's words. */
  enum Mode {
    /** Of many runs in a process that is warm. */
    AVERAGE("avgt"),
    /** Of one run in a process of its own. */
    SINGLE_SHOT("ss");

    private final String word;

    Mode(String word) {
      this.word = word;
    }
  }

  private final Environment environment;
  private final List<Map<String, Object>> results = new ArrayList<>();

  JmhResults(Environment environment) {
    this.environment = environment;
  }

  /**
   * Adds one benchmark.
   *
   * @param name a class and a method to JMH: words with dots
   * @param parameters that tell it from others of its name
   * @param secondary other figures of the same runs, by name
   */
  void add(
      String name,
      Mode mode,
      Map<String, String> parameters,
      int threads,
      Metric primary,
      Map<String, Metric> secondary) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("jmhVersion", "1.37");
    result.put("benchmark", name);
    result.put("mode", mode.word);
    result.put("threads", threads);
    result.put("forks", primary.forks().size());
    result.put("jvm", System.getProperty("java.home"));
    result.put("jvmArgs", environment.flags());
    result.put("jdkVersion", System.getProperty("java.version"));
    result.put("vmName", System.getProperty("java.vm.name"));
    result.put("vmVersion", System.getProperty("java.vm.version"));
    result.put("warmupIterations", 0);
    result.put("warmupTime", "adaptive");
    result.put("warmupBatchSize", 1);
    result.put("measurementIterations", primary.forks().getFirst().size());
    result.put("measurementTime", "adaptive");
    result.put("measurementBatchSize", 1);
    result.put("params", new TreeMap<>(parameters));
    result.put("primaryMetric", metric(primary));
    Map<String, Object> others = new TreeMap<>();
    secondary.forEach((key, metric) -> others.put(key, metric(metric)));
    result.put("secondaryMetrics", others);
    result.put("environment", environment);
    results.add(result);
  }

  private static Map<String, Object> metric(Metric metric) {
    double[] values =
        metric.forks().stream().flatMap(List::stream).mapToDouble(Double::doubleValue).toArray();
    double mean = Arrays.stream(values).average().orElseThrow();
    double error = error(values, mean);
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("score", mean);
    object.put("scoreError", text(error));
    object.put("scoreConfidence", List.of(text(mean - error), text(mean + error)));
    Map<String, Double> percentiles = new LinkedHashMap<>();
    for (double percentile : PERCENTILES) {
      percentiles.put(
          String.valueOf(percentile),
          Quantile.withDefaults().withCopy(true).evaluate(values, percentile / 100));
    }
    object.put("scorePercentiles", percentiles);
    object.put("scoreUnit", metric.unit());
    object.put("rawData", metric.forks());
    return object;
  }

  /** Half of the interval of the mean, by Student's t; NaN, as JMH writes it, of one value. */
  private static double error(double[] values, double mean) {
    int n = values.length;
    if (n < 2) {
      return Double.NaN;
    }
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    double t = TDistribution.of(n - 1.0).inverseCumulativeProbability(1 - (1 - CONFIDENCE) / 2);
    return t * Math.sqrt(squares / (n - 1) / n);
  }

  /** JSON has no NaN: JMH writes it as text. */
  private static Object text(double value) {
    return Double.isNaN(value) ? "NaN" : value;
  }

  Environment environment() {
    return environment;
  }

  /** The whole file. */
  String json() {
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(results);
  }
}
