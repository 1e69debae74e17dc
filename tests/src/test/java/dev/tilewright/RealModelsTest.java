package dev.tilewright;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Trained networks: recorded results, official test data, and labels of photographs. */
class RealModelsTest {
  private static final List<String> BACKENDS = List.of("vector", "native", "auto");

  /** Model file, or resource of the class path, and the folder of its recorded run. */
  private static final Map<String, String> RECORDED =
      Map.of(
          "mobilenetv2_fp32.onnx", "mobilenetv2_fp32_cat",
          "squeezenet_fp32.onnx", "squeezenet_fp32_cat",
          "ultraface_rfb320.onnx", "ultraface_version-RFB-320_astronaut",
          "yolox_nano.onnx", "yolox_nano_dogbike",
          "mlsd_320x320_tiny.onnx", "mlsd_320_tiny_china",
          "/models/ch_PP-OCRv3_det_infer.onnx", "ppocrv3_det_page",
          "/models/ch_PP-OCRv3_rec_infer.onnx", "ppocrv3_rec_line",
          "/models/ch_ppocr_mobile_v2.0_cls_infer.onnx", "ppocr_cls_line");

  static Stream<Arguments> recorded() {
    return RECORDED.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .flatMap(e -> BACKENDS.stream().map(b -> Arguments.of(e.getKey(), e.getValue(), b)));
  }

  static Stream<Arguments> officialData() {
    return Stream.of(
            "mnist_8/test_data_set_0",
            "mnist_8/test_data_set_1",
            "mnist_8/test_data_set_2",
            "super_resolution_10/test_data_set_0")
        .flatMap(set -> BACKENDS.stream().map(b -> Arguments.of(set, b)));
  }

  @ParameterizedTest(name = "{0} {2}")
  @MethodSource("recorded")
  void agreesWithRecordedRun(String file, String run, String backend) throws IOException {
    Backends.require(backend);
    Recorded recorded = Recorded.read(run);
    check(read(file), backend, recorded.inputs, recorded.outputs, RealModelsTest::agrees);
  }

  /** Sums of integers are exact, so this network has one right answer. */
  @ParameterizedTest
  @FieldSource("BACKENDS")
  void integerNetworkGivesTheRecordedBits(String backend) throws IOException {
    Backends.require(backend);
    Recorded recorded = Recorded.read("mobilenetv2_int8_cat");
    check(
        read("mobilenetv2_int8.onnx"),
        backend,
        recorded.inputs,
        recorded.outputs,
        (name, got, want) -> sameBits("recorded run", Map.of(name, got), Map.of(name, want)));
  }

  /**
   * Where floats are summed between quantisations, any two right answers differ by the noise of
   * quantisation; what that is, the recorded run of the network without it says. See
   * docs/numerics.md.
   */
  @ParameterizedTest
  @FieldSource("BACKENDS")
  void networkQuantisedBetweenFloatsDiffersByItsNoise(String backend) throws IOException {
    Backends.require(backend);
    Recorded recorded = Recorded.read("mobilenetv2_qdq_cat");
    Tensor smooth = Recorded.read("mobilenetv2_fp32_cat").outputs.values().iterator().next();
    check(
        read("mobilenetv2_qdq.onnx"),
        backend,
        recorded.inputs,
        recorded.outputs,
        (name, got, want) -> {
          double noise = Math.sqrt(2) * Difference.of(smooth, want).rms;
          Difference difference = Difference.of(got, want);
          assertThat(difference.rms).as("rms of " + name).isLessThanOrEqualTo(noise);
          assertThat(difference.most).as("max|a-b| of " + name).isLessThanOrEqualTo(5 * noise);
          assertThat(best(got)).as("class").isEqualTo(best(want));
        });
  }

  private record Recorded(Map<String, Tensor> inputs, Map<String, Tensor> outputs) {
    static Recorded read(String run) throws IOException {
      Path folder = Shared.require("models/refs/" + run);
      Recorded recorded = new Recorded(new LinkedHashMap<>(), new LinkedHashMap<>());
      // Lines of: in or out, name, type, dimensions, file. The first line names the source.
      for (String line : Files.readAllLines(folder.resolve("manifest.tsv"))) {
        String[] field = line.split("\t", -1);
        if (field.length == 5) {
          Shape shape =
              new Shape(Arrays.stream(field[3].split(",", -1)).map(Integer::valueOf).toList());
          byte[] bytes = Files.readAllBytes(folder.resolve(field[4]));
          (field[0].equals("in") ? recorded.inputs : recorded.outputs)
              .put(field[1], new Tensor(TensorType.floats(shape), MemorySegment.ofArray(bytes)));
        }
      }
      return recorded;
    }
  }

  private record Difference(double rms, double most) {
    static Difference of(Tensor x, Tensor y) {
      float[] a = x.toFloats();
      float[] b = y.toFloats();
      double squares = 0;
      double most = 0;
      for (int i = 0; i < a.length; i++) {
        double d = (double) a[i] - b[i];
        squares += d * d;
        most = Math.max(most, Math.abs(d));
      }
      return new Difference(Math.sqrt(squares / a.length), most);
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("officialData")
  void agreesWithOfficialData(String set, String backend) throws IOException {
    Backends.require(backend);
    Path folder = Shared.require("models/" + set);
    byte[] bytes = Files.readAllBytes(folder.resolveSibling("model.onnx"));
    String input;
    String output;
    try (Model model = Model.of(bytes)) {
      assertThat(model.inputs()).hasSize(1);
      input = model.inputs().getFirst().name();
      output = model.outputs().getFirst();
    }
    check(
        bytes,
        backend,
        Map.of(input, TensorFile.read(folder.resolve("input_0.pb"))),
        Map.of(output, TensorFile.read(folder.resolve("output_0.pb"))),
        RealModelsTest::agrees);
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "deb_skimage_chelsea.png, Egyptian cat",
    "deb_skimage_coffee.png, espresso",
    "kitten_224.png, tabby",
    "goldfish.jpg, goldfish",
    "hummingbird.jpg, hummingbird",
  })
  void seesWhatIsInThePhotograph(String photo, String label) throws IOException {
    List<String> labels = Files.readAllLines(Shared.require("models/imagenet_synset.txt"), UTF_8);
    Photo image = Photo.read(Shared.require("photos/" + photo));
    for (String kind : List.of("fp32", "int8", "qdq")) {
      String file = "mobilenetv2_" + kind + ".onnx";
      String mobilenet = labels.get(best(file, "input", image.normalised()));
      assertThat(mobilenet).as(file).contains(" " + label);
    }
    String squeezenet = labels.get(best("squeezenet_fp32.onnx", "data_0", image.meanSubtracted()));
    assertThat(squeezenet).as("squeezenet_fp32").contains(" " + label);
  }

  private static int best(String file, String input, Tensor image) throws IOException {
    try (Model model = Model.of(read(file));
        Session session = model.session(new SessionOptions(2, "auto"))) {
      return best(session.run(Map.of(input, image)).values().iterator().next());
    }
  }

  private static int best(Tensor tensor) {
    float[] scores = tensor.toFloats();
    int best = 0;
    for (int i = 1; i < scores.length; i++) {
      best = scores[i] > scores[best] ? i : best;
    }
    return best;
  }

  private interface Agreement {
    void check(String name, Tensor got, Tensor want);
  }

  /** Right with one thread and with two, and the same bits every time. */
  private static void check(
      byte[] bytes,
      String backend,
      Map<String, Tensor> inputs,
      Map<String, Tensor> want,
      Agreement agreement)
      throws IOException {
    try (Model model = Model.of(bytes);
        Session one = model.session(new SessionOptions(1, backend));
        Session two = model.session(new SessionOptions(2, backend))) {
      Map<String, Tensor> first = one.run(inputs);
      assertThat(first.keySet()).isEqualTo(want.keySet());
      want.forEach(
          (name, tensor) -> agreement.check(name, Objects.requireNonNull(first.get(name)), tensor));
      sameBits("second run", one.run(inputs), first);
      sameBits("two threads", two.run(inputs), first);
      sameBits("two threads, second run", two.run(inputs), first);
    }
  }

  /** max|a-b| <= 1e-3 * max(1, max|b|), the project's definition of agreement between runtimes. */
  private static void agrees(String name, Tensor got, Tensor want) {
    assertThat(got.type()).as(name).isEqualTo(want.type());
    float[] a = got.toFloats();
    float[] b = want.toFloats();
    double error = 0;
    double scale = 1;
    for (int i = 0; i < a.length; i++) {
      assertThat(a[i]).as("%s[%d]", name, i).isFinite();
      error = Math.max(error, Math.abs(a[i] - b[i]));
      scale = Math.max(scale, Math.abs(b[i]));
    }
    assertThat(error).as("max|a-b| of " + name).isLessThanOrEqualTo(1e-3 * scale);
  }

  private static void sameBits(String what, Map<String, Tensor> got, Map<String, Tensor> want) {
    want.forEach((name, tensor) ->
        assertThat(Objects.requireNonNull(got.get(name)).data().mismatch(tensor.data()))
            .as("first byte of %s that differs: %s", name, what)
            .isEqualTo(-1));
  }

  private static byte[] read(String file) throws IOException {
    if (!file.startsWith("/")) {
      return Files.readAllBytes(Shared.require("models/" + file));
    }
    try (InputStream stream = RealModelsTest.class.getResourceAsStream(file)) {
      return Objects.requireNonNull(stream, file).readAllBytes();
    }
  }
}
