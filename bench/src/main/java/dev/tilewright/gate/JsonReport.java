package dev.tilewright.gate;

import com.google.gson.GsonBuilder;
import java.util.List;

/** A report for programs, with all that it was made from. */
final class JsonReport {
  private record Row(
      String benchmark,
      Verdict verdict,
      double change,
      double low,
      double high,
      double p,
      String why,
      String needed,
      String unit,
      boolean paired,
      List<Double> baseline,
      List<Double> candidate) {
    static Row of(Finding f) {
      return new Row(
          f.sample().benchmark(),
          f.verdict(),
          f.estimate().change(),
          f.estimate().low(),
          f.estimate().high(),
          f.p(),
          f.why(),
          f.needed(),
          f.sample().unit(),
          f.sample().paired(),
          f.sample().baseline(),
          f.sample().candidate());
    }
  }

  private record Whole(
      String title,
      Verdict verdict,
      int exitCode,
      double confidence,
      List<Row> benchmarks,
      List<Report.Note> notes) {}

  private JsonReport() {}

  static String of(Report report) {
    return new GsonBuilder()
            .setPrettyPrinting()
            .serializeSpecialFloatingPointValues()
            .create()
            .toJson(
                new Whole(
                    report.title(),
                    report.verdict(),
                    report.verdict().exitCode(),
                    Estimate.CONFIDENCE,
                    report.findings().stream().map(Row::of).toList(),
                    report.notes()))
        + "\n";
  }
}
