package dev.tilewright.gate;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Results that JMH wrote ({@code -rf json}), those of {@code sample} mode included, as times.
 *
 * @param results by name, parameters and mode, in the file's order
 */
record JmhFile(Map<String, Result> results) {
  /** Far more than results of a day take. */
  private static final long MOST_BYTES = 512L << 20;

  /**
   * One benchmark.
   *
   * @param unit of the times: a score per time is turned round
   * @param forks median time of each
   */
  record Result(String unit, List<Double> forks) {
    Result {
      forks = List.copyOf(forks);
    }
  }

  /** The file does not hold what JMH writes. */
  static final class NotJmhException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    NotJmhException(String file, String problem) {
      super(file + " does not hold results of JMH (-rf json -rff FILE): " + problem);
    }
  }

  static JmhFile read(Path file) throws IOException {
    if (Files.size(file) > MOST_BYTES) {
      throw new NotJmhException(file.toString(), "it is larger than " + MOST_BYTES + " bytes");
    }
    try {
      return parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
    } catch (MalformedInputException e) {
      throw new NotJmhException(file.toString(), "it is not text");
    }
  }

  static JmhFile parse(String file, String text) {
    Map<String, Result> results = new LinkedHashMap<>();
    JsonElement root;
    try {
      root = JsonParser.parseString(text);
    } catch (JsonParseException | StackOverflowError e) {
      throw new NotJmhException(file, "not JSON: " + e.getMessage());
    }
    if (!root.isJsonArray()) {
      throw new NotJmhException(file, "not an array");
    }
    int place = 0;
    for (JsonElement element : root.getAsJsonArray()) {
      place++;
      String where = "result " + place;
      try {
        JsonObject object = element.getAsJsonObject();
        String name = string(object, "benchmark");
        where += " (" + name + ")";
        String mode = string(object, "mode");
        if (results.putIfAbsent(name + parameters(object) + " " + mode, result(object, mode))
            != null) {
          throw new NotJmhException(file, where + " is listed twice");
        }
      } catch (IllegalStateException
          | ClassCastException
          | NumberFormatException
          | UnsupportedOperationException e) {
        throw new NotJmhException(file, where + ": " + e.getMessage());
      }
    }
    if (results.isEmpty()) {
      throw new NotJmhException(file, "it is empty");
    }
    return new JmhFile(results);
  }

  private static Result result(JsonObject object, String mode) {
    JsonObject metric = member(object, "primaryMetric").getAsJsonObject();
    String unit = string(metric, "scoreUnit");
    boolean rate = unit.startsWith("ops/");
    if (mode.equals("thrpt") != rate) {
      throw new IllegalStateException("mode " + mode + " in " + unit);
    }
    List<Double> forks = new ArrayList<>();
    JsonElement histogram = metric.get("rawDataHistogram");
    JsonArray raw =
        histogram == null ? member(metric, "rawData").getAsJsonArray() : histogram.getAsJsonArray();
    for (JsonElement fork : raw) {
      List<Double> values = new ArrayList<>();
      for (JsonElement iteration : fork.getAsJsonArray()) {
        double value =
            histogram == null
                ? iteration.getAsDouble()
                : weightedMedian(iteration.getAsJsonArray());
        if (!(value > 0) || Double.isInfinite(value)) {
          throw new IllegalStateException("a score of " + value);
        }
        values.add(rate ? 1 / value : value);
      }
      if (!values.isEmpty()) {
        forks.add(Bootstrap.median(values.stream().mapToDouble(Double::doubleValue).toArray()));
      }
    }
    if (forks.isEmpty()) {
      throw new IllegalStateException("no raw data");
    }
    return new Result(rate ? unit.substring("ops/".length()) + "/op" : unit, forks);
  }

  /** Of pairs of a value and how often it was seen. */
  private static double weightedMedian(JsonArray pairs) {
    TreeMap<Double, Long> counts = new TreeMap<>();
    long total = 0;
    for (JsonElement pair : pairs) {
      long count = pair.getAsJsonArray().get(1).getAsLong();
      counts.merge(pair.getAsJsonArray().get(0).getAsDouble(), count, Long::sum);
      total += count;
    }
    long seen = 0;
    for (Map.Entry<Double, Long> entry : counts.entrySet()) {
      seen += entry.getValue();
      if (2 * seen >= total) {
        return entry.getKey();
      }
    }
    throw new IllegalStateException("an iteration without samples");
  }

  private static String parameters(JsonObject object) {
    JsonElement parameters = object.get("params");
    if (parameters == null) {
      return "";
    }
    Map<String, String> sorted = new TreeMap<>();
    parameters.getAsJsonObject().asMap().forEach((k, v) -> sorted.put(k, v.getAsString()));
    return sorted.toString();
  }

  private static String string(JsonObject object, String name) {
    return member(object, name).getAsString();
  }

  private static JsonElement member(JsonObject object, String name) {
    JsonElement member = object.get(name);
    if (member == null) {
      throw new IllegalStateException("no '" + name + "'");
    }
    return member;
  }
}
