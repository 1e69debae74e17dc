package dev.tilewright.gate;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What two programs can be compared by.
 *
 * @param common benchmarks of both
 * @param notes about those of one only
 */
record Tasks(List<ForkJob.Task> common, List<Report.Note> notes) {
  /**
   * Methods of JMH if the candidate is a JMH jar, else layers of this project.
   *
   * @param directory for models that forks read
   * @throws IllegalArgumentException if nothing is called so
   */
  static Tasks of(Side baseline, Side candidate, Pattern wanted, Path directory)
      throws IOException {
    List<String> after = JmhJar.benchmarks(candidate);
    Tasks tasks =
        after.isEmpty()
            ? layers(wanted, directory)
            : methods(JmhJar.benchmarks(baseline), after, wanted);
    if (tasks.common.isEmpty() && tasks.notes.isEmpty()) {
      throw new IllegalArgumentException("no benchmark is called anything like " + wanted);
    }
    return tasks;
  }

  private static final String NETWORK = "network.";

  /** Networks that come with the project: the resource, and the input they were made for. */
  private static final Map<String, int[]> NETWORKS =
      Map.of(
          "ch_ppocr_mobile_v2.0_cls_infer.onnx", new int[] {1, 3, 48, 192},
          "ch_PP-OCRv3_rec_infer.onnx", new int[] {1, 3, 48, 320});

  /** Those that are whole networks. */
  List<ForkJob.Task> networks() {
    return common.stream().filter(t -> t.name().startsWith(NETWORK)).toList();
  }

  static Tasks layers(Pattern wanted, Path directory) throws IOException {
    List<ForkJob.Task> tasks = new ArrayList<>();
    for (LayerModel layer : LayerModel.STANDARD) {
      for (String backend : List.of("native", "vector")) {
        String name = backend + "." + layer.name();
        if (wanted.matcher(name).find()) {
          Path file = directory.resolve(layer.name() + ".onnx");
          Files.write(file, layer.bytes());
          tasks.add(
              ForkJob.Task.model(name, file.toString(), Map.of("x", layer.inputShape()), backend));
        }
      }
    }
    for (Map.Entry<String, int[]> network : NETWORKS.entrySet()) {
      String name = NETWORK + network.getKey().replaceFirst("_infer.onnx", "");
      try (InputStream in = Tasks.class.getResourceAsStream("/models/" + network.getKey())) {
        if (in != null && wanted.matcher(name).find()) {
          Path file = directory.resolve(network.getKey());
          Files.copy(in, file);
          tasks.add(
              ForkJob.Task.model(name, file.toString(), Map.of("x", network.getValue()), "auto"));
        }
      }
    }
    return new Tasks(tasks, List.of());
  }

  private static Tasks methods(List<String> before, List<String> after, Pattern wanted) {
    List<ForkJob.Task> tasks = new ArrayList<>();
    List<Report.Note> notes = new ArrayList<>();
    for (String name : after) {
      if (wanted.matcher(name).find()) {
        if (before.contains(name)) {
          tasks.add(ForkJob.Task.jmh(name));
        } else {
          notes.add(new Report.Note(name, Verdict.PASS, "is new: only the candidate has it"));
        }
      }
    }
    for (String name : before) {
      if (wanted.matcher(name).find() && !after.contains(name)) {
        notes.add(new Report.Note(name, Verdict.INCONCLUSIVE, "is gone: only the baseline has it"));
      }
    }
    return new Tasks(tasks, notes);
  }
}
