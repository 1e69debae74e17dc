package dev.tilewright;

import dev.tilewright.onnx.Signature;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * One case of the model format's own tests: {@code model.onnx} and folders {@code test_data_set_K}
 * of {@code input_I.pb} and {@code output_I.pb}, numbered as the graph lists them.
 *
 * @param name group and folder
 */
record BackendCase(String name, String group, Path folder) {
  /** Tolerances of the format's own test runner (onnx.backend.test.loader, assert_allclose). */
  private static final double RTOL = 1e-3;

  private static final double ATOL = 1e-7;

  /** Fields of GraphProto. */
  private static final int INPUTS = 11;

  private static final int OUTPUTS = 12;

  static List<BackendCase> of(Path data, String group) {
    try (Stream<Path> folders = Files.list(data.resolve(group))) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("model.onnx")))
          .map(folder -> new BackendCase(group + "/" + folder.getFileName(), group, folder))
          .sorted(Comparator.comparing(BackendCase::name))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Outcome outcome() throws IOException {
    List<String> operators = operators(model());
    return new Outcome(name, group, subject(operators), operators, Verdict.of(this::run));
  }

  private byte[] model() throws IOException {
    return Files.readAllBytes(folder.resolve("model.onnx"));
  }

  private void run() throws IOException {
    try (Model model = Model.of(model());
        Session session = model.session(new SessionOptions(1, "auto"))) {
      for (Path set : list(folder, "test_data_set_")) {
        Map<String, Tensor> got = session.run(inputs(model, set));
        Set<String> names = new HashSet<>();
        for (int i = 0; i < model.outputs().size(); i++) {
          Path file = set.resolve("output_" + i + ".pb");
          ValueFile values = ValueFile.read(file, declared(OUTPUTS, i));
          for (Map.Entry<String, WireMessage> entry : values.tensors().entrySet()) {
            String name = entry.getKey();
            Tensor have = Objects.requireNonNull(got.get(name), name);
            Tensor want = TensorFile.read(entry.getValue(), have.dtype(), file);
            Verdict.requireClose(name, have, want, ATOL, RTOL);
            names.add(name);
          }
        }
        if (!got.keySet().equals(names)) {
          throw new AssertionError("got " + got.keySet() + ", want " + names);
        }
      }
    }
  }

  /** An input or output of the graph (ValueInfoProto). */
  private WireMessage declared(int field, int i) throws IOException {
    return WireMessage.parse(model())
        .one(7)
        .message()
        .all(field)
        .skip(i)
        .findFirst()
        .orElseThrow()
        .message();
  }

  private Map<String, Tensor> inputs(Model model, Path set) throws IOException {
    List<Signature> signatures = model.inputs();
    int files = list(set, "input_").size();
    if (files != signatures.size()) {
      throw new AssertionError(files + " inputs for " + signatures);
    }
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    for (int i = 0; i < files; i++) {
      Signature input = signatures.get(i);
      Path file = set.resolve("input_" + i + ".pb");
      ValueFile values = ValueFile.read(file, declared(INPUTS, i));
      for (Map.Entry<String, WireMessage> entry : values.tensors().entrySet()) {
        inputs.put(entry.getKey(), TensorFile.read(entry.getValue(), input.dtype(), file));
      }
    }
    return inputs;
  }

  /**
   * The operator that a model of one node tests. A case that takes an operator apart stands beside
   * the whole one.
   */
  private String subject(List<String> operators) throws IOException {
    if (operators.size() == 1) {
      return operators.getFirst();
    }
    String file = folder.getFileName().toString();
    Path whole = folder.resolveSibling(file.replaceFirst("_expanded.*", ""));
    if (!whole.equals(folder) && Files.exists(whole.resolve("model.onnx"))) {
      List<String> one = operators(Files.readAllBytes(whole.resolve("model.onnx")));
      return one.size() == 1 ? one.getFirst() : "several";
    }
    return "several";
  }

  /** What the nodes of a model are, those of its inner graphs too; each once, sorted. */
  static List<String> operators(byte[] model) {
    TreeSet<String> operators = new TreeSet<>();
    collect(WireMessage.parse(model).one(7).message(), operators);
    return List.copyOf(operators);
  }

  private static void collect(WireMessage graph, TreeSet<String> operators) {
    graph
        .all(1)
        .map(WireMessage.Field::message)
        .forEach(node -> {
          String domain = node.one(7).text();
          operators.add((domain.isEmpty() ? "" : domain + ".") + node.one(4).text());
          node.all(5)
              .flatMap(a -> a.message().all(6))
              .forEach(g -> collect(g.message(), operators));
        });
  }

  private static List<Path> list(Path folder, String prefix) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return new ArrayList<>(
          files.filter(f -> f.getFileName().toString().startsWith(prefix)).sorted().toList());
    }
  }
}
