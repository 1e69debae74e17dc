package dev.tilewright.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.tilewright.onnx.SampleModels;
import dev.tilewright.onnx.StagedModels;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class MainTest {
  @TempDir private Path dir = Path.of("");
  private Path model = dir;
  private Path output = dir;

  @BeforeEach
  void writeFiles() throws IOException {
    output = dir.resolve("output");
    model = Files.write(dir.resolve("model.onnx"), SampleModels.reluAndAdd());
    NpyFile.write(dir.resolve("x.npy"), Tensor.of(Shape.of(1, 6), -1f, 2f, -3f, 4f, -5f, 6f));
    NpyFile.write(dir.resolve("wide.npy"), Tensor.of(Shape.of(1, 7), new float[7]));
    NpyFile.write(dir.resolve("longs.npy"), Tensor.of(Shape.of(1, 6), new long[6]));
    ByteBuffer bias = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 6; i++) {
      bias.putFloat(10 * i);
    }
    Files.write(dir.resolve("bias.bin"), bias.array());
    Files.write(dir.resolve("short.bin"), new byte[23]);
  }

  @Test
  void runsAModelOnFiles() throws IOException {
    CommandRun run = run("x=" + at("x.npy"), "bias=" + at("bias.bin"));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("y:float32[1x6]");
    assertThat(NpyFile.read(output.resolve("y.npy")).toFloats())
        .containsExactly(0f, 12f, 20f, 34f, 40f, 56f);
  }

  @Test
  void elementsOfSequencesAreFiles() throws IOException {
    Files.write(model, SampleModels.negatedSequence());
    CommandRun run = run("s[0]=" + at("x.npy"), "s[1]=" + at("wide.npy"));
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("negated[0]:float32[1x6]").contains("negated[1]:float32[1x7]");
    assertThat(NpyFile.read(output.resolve("negated_0_.npy")).toFloats())
        .containsExactly(1, -2, 3, -4, 5, -6);
    assertThat(run().out()).contains("count:int64[]").doesNotContain("negated");
    run("s[0]=" + at("x.npy"), "s[2]=" + at("x.npy")).assertBadInput("no input [s[2]]");
    run("s=" + at("x.npy")).assertBadInput("no input [s]");
    assertThat(CommandRun.of("inspect", model.toString()).out())
        .contains("s:sequence of float32")
        .contains("can run this model");
  }

  @Test
  void modelsOfHalvesTakeHalvesFloatsAndDoubles() throws IOException {
    Files.write(model, SampleModels.halves());
    float[] values = {-1, 0.5f, 1, 3, 1024, 0};
    ByteBuffer halves = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer doubles = ByteBuffer.allocate(48).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      halves.putShort(Float.floatToFloat16(value));
      doubles.putDouble(value);
    }
    array("f2.npy", "<f2", halves);
    array("f8.npy", "<f8", doubles);
    NpyFile.write(dir.resolve("f4.npy"), Tensor.of(Shape.of(1, 6), values));
    for (String file : new String[] {"f2.npy", "f4.npy", "f8.npy"}) {
      CommandRun run = run("x=" + at(file));
      assertThat(run.err()).isEmpty();
      assertThat(run.out()).contains("input   x:float32[1x6]").contains("y:float32[1x6]");
      // Of 255, 256.5, 257, 259, 1280, 256 the third and fourth are ties of bfloat16.
      assertThat(NpyFile.read(output.resolve("y.npy")).toFloats())
          .containsExactly(255, 256, 256, 260, 1280, 256);
    }
  }

  private void array(String name, String type, ByteBuffer values) throws IOException {
    String header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (1, 6), }\n";
    ByteBuffer file = ByteBuffer.allocate(10 + header.length() + values.capacity());
    file.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) header.length(), 0});
    file.put(header.getBytes(StandardCharsets.ISO_8859_1)).put(values.rewind());
    Files.write(dir.resolve(name), file.array());
  }

  @Test
  void severalThreadsMayFoldWhatACommandReads() throws IOException {
    Files.write(model, SampleModels.connected());
    for (CommandRun run :
        List.of(
            CommandRun.of("inspect", model.toString()),
            CommandRun.of("optimize", model.toString(), "--dry-run"))) {
      assertThat(run.err()).isEmpty();
      assertThat(run.code()).isZero();
    }
  }

  @Test
  void drawsWhatIsInMemory() throws Exception {
    Path svg = dir.resolve("memory.svg");
    CommandRun run = CommandRun.of("inspect", model.toString(), "--memory", svg.toString());
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("memory.svg");
    Document document =
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(svg.toFile());
    NodeList titles = document.getElementsByTagName("title");
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < titles.getLength(); i++) {
      texts.add(titles.item(i).getTextContent());
    }
    assertThat(texts).contains("x: 24 bytes, from before the run to after the run");

    Path png = dir.resolve("memory.png");
    assertThat(CommandRun.of("inspect", model.toString(), "--memory", png.toString()).code())
        .isZero();
    BufferedImage image = ImageIO.read(png.toFile());
    double scale = image.getWidth() / 1280.0;
    double area = scale * scale * areaOf(document, "#4f9d94"); // inputs and outputs
    int pixels = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        pixels += (image.getRGB(x, y) & 0xffffff) == 0x4f9d94 ? 1 : 0;
      }
    }
    assertThat(pixels / area).as("share that no text or line covers").isBetween(0.8, 1.01);

    CommandRun.of("inspect", model.toString(), "--memory", "memory.gif")
        .assertBadInput(".svg or .png");
  }

  private static double areaOf(Document svg, String fill) {
    NodeList rectangles = svg.getElementsByTagName("rect");
    double area = 0;
    for (int i = 0; i < rectangles.getLength(); i++) {
      if (rectangles.item(i) instanceof Element e && e.getAttribute("fill").equals(fill)) {
        area +=
            Double.parseDouble(e.getAttribute("width"))
                * Double.parseDouble(e.getAttribute("height"));
      }
    }
    return area;
  }

  @ParameterizedTest
  @CsvSource({
    "x.npy,        nothing given for the input bias",
    "x=x.npy,      nothing given for the input bias",
    "z=x.npy,      the model has no input 'z'",
    "x=wide.npy,   does not fit the input x",
    "x=longs.npy,  holds int64",
    "x=short.bin,  has 23 bytes",
    "x=missing.npy, no such file",
    "x=model.onnx, neither .npy nor .bin",
  })
  void refusesInputsThatDoNotFit(String input, String message) throws IOException {
    int equals = input.indexOf('=');
    CommandRun run =
        equals < 0
            ? run("x=" + at(input))
            : run(input.substring(0, equals + 1) + at(input.substring(equals + 1)));
    run.assertBadInput(message);
    assertThat(output).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "inspect", "explain", "optimize"})
  void refusesFilesThatAreNoModels(String verb) throws IOException {
    byte[] whole = Files.readAllBytes(model);
    Path file = dir.resolve("bad.onnx");
    CommandRun.of(verb, file.toString()).assertBadInput("no such file: " + file);
    Files.write(file, new byte[0]);
    CommandRun.of(verb, file.toString()).assertBadInput("the file is empty");
    Files.writeString(file, "<html>not a model</html>");
    CommandRun.of(verb, file.toString()).assertBadInput("not a usable model");
    Files.write(file, Arrays.copyOf(whole, whole.length - 9));
    CommandRun.of(verb, file.toString()).assertBadInput("not a usable model");
    CommandRun.of(verb, dir.toString()).assertBadInput("directory");
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect", "explain"})
  void readsExternalDataOnlyIfAsked(String verb) throws IOException {
    Files.write(model, SampleModels.externalWeights("weights.bin"));
    Files.write(dir.resolve("weights.bin"), new byte[24]);
    CommandRun refused = CommandRun.of(verb, model.toString());
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("--external-data");
    CommandRun run = CommandRun.of(verb, model.toString(), "--external-data");
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    Files.write(model, SampleModels.externalWeights("../weights.bin"));
    CommandRun.of(verb, model.toString(), "--external-data").assertBadInput("model's folder");
  }

  @Test
  void listsAllThatIsNotSupportedAtOnce() throws IOException {
    Files.write(model, SampleModels.unsupported());
    CommandRun run = run("x=" + at("x.npy"));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines()).hasSize(3);
    assertThat(run.err()).contains("\n  Frobnicate").contains("\n  Grizzle");
    assertThat(output).doesNotExist();

    CommandRun inspected = CommandRun.of("inspect", model.toString());
    assertThat(inspected.code()).isZero();
    assertThat(inspected.out()).contains("not supported:").contains("Grizzle").contains("Relu 1");
  }

  @Test
  void inspectsAModelWithOpenDimensions() throws IOException {
    Files.write(model, SampleModels.openConvolution());
    CommandRun text = CommandRun.of("inspect", model.toString());
    assertThat(text.out())
        .contains("image[2] (height), image[3] (width)")
        .contains("image=1x3x224x224")
        .contains("can run this model");
    CommandRun json = CommandRun.of("inspect", model.toString(), "--shape", "1x3x10x20", "--json");
    JsonObject facts = JsonParser.parseString(json.out()).getAsJsonObject();
    assertThat(facts.get("parameters").getAsLong()).isEqualTo(12);
    assertThat(facts.get("macs").getAsLong()).isEqualTo(12 * 10 * 20);
    assertThat(facts.get("assumed").isJsonNull()).isTrue();
    CommandRun.of("inspect", model.toString(), "--shape", "1x4x10x20")
        .assertBadInput("does not fit the input image");
    CommandRun.of("inspect", model.toString(), "--shape", "1x3xA")
        .assertBadInput("'1x3xA' is not a shape");
  }

  @Test
  void explainSaysThatLaterStagesDependOnData() throws IOException {
    Path staged = Files.write(dir.resolve("staged.onnx"), StagedModels.heads());
    CommandRun run = CommandRun.of("explain", staged.toString());
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("this is the first stage").contains("NonZero");
    assertThat(CommandRun.of("inspect", staged.toString()).out())
        .containsPattern("waiting +\\d+ nodes depend on data, from .*NonZero");
    CommandRun json = CommandRun.of("explain", staged.toString(), "--json");
    assertThat(JsonParser.parseString(json.out()).getAsJsonObject().get("waiting").getAsJsonArray())
        .isNotEmpty();
  }

  @Test
  void explainsEveryStep() throws IOException {
    Files.write(model, SampleModels.openConvolution());
    CommandRun run =
        CommandRun.of("explain", model.toString(), "--shape", "1x3x10x20", "--all", "--json");
    assertThat(run.err()).isEmpty();
    JsonObject plan = JsonParser.parseString(run.out()).getAsJsonObject();
    assertThat(plan.get("macs").getAsLong()).isEqualTo(2400);
    assertThat(plan.getAsJsonArray("steps")).isNotEmpty();
    CommandRun again = CommandRun.of("explain", model.toString(), "--shape", "1x3x10x20");
    assertThat(again.out()).contains("digest of the choices " + plan.get("digest").getAsString());
  }

  @Test
  void optimizesAModel() throws IOException {
    Files.write(model, SampleModels.openNetwork());
    Path file = dir.resolve("optimized.onnx");
    String[] command = {"optimize", model.toString(), "--shape=1x3x8x8", "-o", file.toString()};
    CommandRun run = CommandRun.of(command);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("as imported").contains("FoldAffine").contains("were 10 in");
    CommandRun inspected = CommandRun.of("inspect", file.toString());
    assertThat(inspected.out()).contains("image:float32[1x3x8x8]").contains("can run this model");
    assertThat(inspected.out()).doesNotContain("BatchNormalization");

    CommandRun.of(command).assertBadInput("exists; --force replaces it");
    assertThat(CommandRun.of("optimize", file.toString(), "-o", file.toString(), "--force").code())
        .isZero();
    assertThat(CommandRun.of("inspect", file.toString()).code()).isZero();
    try (Stream<Path> files = Files.list(dir)) {
      assertThat(files.map(Path::toString)).noneMatch(name -> name.endsWith(".part"));
    }
  }

  @Test
  void showsWhatOptimizingWouldDo() throws IOException {
    Files.write(model, SampleModels.openNetwork());
    CommandRun run = CommandRun.of("optimize", model.toString(), "--dry-run", "--json");
    assertThat(run.err()).isEmpty();
    JsonObject report = JsonParser.parseString(run.out()).getAsJsonObject();
    assertThat(report.get("output").isJsonNull()).isTrue();
    assertThat(report.get("assumed").getAsString()).contains("image=1x3x224x224");
    assertThat(report.get("nodesAfter").getAsInt())
        .isLessThan(report.get("nodesBefore").getAsInt());
    assertThat(report.getAsJsonArray("stages").get(0).getAsJsonObject().get("macs").getAsLong())
        .isPositive();
  }

  @Test
  void showsTheFirstStageOfAModelThatCannotBeWritten() throws IOException {
    Files.write(model, StagedModels.heads());
    CommandRun run = CommandRun.of("optimize", model.toString(), "--shape=8", "--dry-run");
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("this is the first stage")
        .containsPattern("\\d+ nodes depend on what it computes, from .*NonZero.* no file")
        .doesNotContain("would write");
    run = CommandRun.of("optimize", model.toString(), "--shape=8", "-o", at("y.onnx").toString());
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("depends on data");
    assertThat(at("y.onnx")).doesNotExist();
  }

  @Test
  void refusesToOptimizeIntoNowhere() throws IOException {
    String file = model.toString();
    CommandRun.of("optimize", file).assertBadInput("name the file to write with -o");
    CommandRun.of("optimize", file, "-o", dir.toString()).assertBadInput("is a directory");
    CommandRun.of("optimize", file, "-o", at("none/x.onnx").toString())
        .assertBadInput("no such directory");
    Files.write(model, SampleModels.unsupported());
    CommandRun run = CommandRun.of("optimize", file, "-o", output.toString());
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("Frobnicate");
    assertThat(output).doesNotExist();
  }

  @Test
  void runsAModelOnAPicture() throws IOException {
    Files.write(model, SampleModels.openConvolution());
    BufferedImage image = new BufferedImage(64, 40, BufferedImage.TYPE_INT_RGB);
    image.createGraphics().fillRect(0, 0, 64, 40); // white
    Path picture = dir.resolve("white.png");
    ImageIO.write(image, "png", picture.toFile());
    CommandRun run =
        CommandRun.of(
            "run",
            model.toString(),
            "--image=" + picture,
            "--mean=0.5,0,0",
            "--std=1",
            "--bgr",
            "--output=" + output);
    assertThat(run.err()).isEmpty();
    Tensor y = NpyFile.read(output.resolve("y.npy"));
    assertThat(y.shape()).isEqualTo(Shape.of(1, 4, 32, 64));
    // Filter 0 is -3, -2, -1 on blue, green, red; red is 0.5 after its mean.
    assertThat(y.toFloats()[0]).isEqualTo(-5.5f);
    CommandRun.of("run", model.toString(), "--image=" + picture, "--mean=1,2")
        .assertBadInput("--mean takes one number or three");
    CommandRun.of("run", model.toString(), "--image=" + model).assertBadInput("is not a picture");
  }

  @ParameterizedTest
  @CsvSource({
    "--threads=0,     threads must be 1 to 256",
    "--threads=many,  many",
    "--backend=gpu,   no backend 'gpu'",
    "--colour,        Unknown option",
    "--top=0,         must be at least 1",
  })
  void refusesOptionsItDoesNotHave(String option, String message) {
    CommandRun.of("run", model.toString(), option).assertBadInput(message);
  }

  @Test
  void refusesVerbsItDoesNotHave() {
    CommandRun.of("jump").assertBadInput("jump");
    CommandRun.of("run").assertBadInput("tilewright run --help");
  }

  @Test
  void printsATraceOnlyWhenAsked() {
    CommandRun run = CommandRun.of("run", dir.resolve("none").toString(), "--stacktrace");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("NoSuchFileException").contains("\tat ");
  }

  @Test
  void helpNamesEveryVerbAndHasExamples() {
    String help = CommandRun.of("--help").out();
    assertThat(help).contains("run ", "inspect ", "explain ", "optimize ", "demo ");
    for (String verb : new String[] {"run", "inspect", "explain", "optimize", "demo"}) {
      CommandRun run = CommandRun.of(verb, "--help");
      assertThat(run.code()).isZero();
      assertThat(run.out()).contains("Examples:").contains("  tilewright " + verb);
    }
    assertThat(CommandRun.of("--version").out())
        .matches("tilewright \\d+\\.\\d+.*\\(Java .*\\)\\s+");
  }

  @Test
  void internalErrorsAreNotTheUsersFault() {
    StringWriter err = new StringWriter();
    int code =
        new Failures(new PrintWriter(err), false)
            .report(new IllegalStateException("a\nb\u001b[31m"));
    assertThat(code).isEqualTo(70);
    assertThat(err.toString()).contains("--stacktrace").contains("a b?[31m").hasLineCount(1);
  }

  private CommandRun run(String... inputs) {
    return CommandRun.of(
        Stream.concat(
                Stream.of("run", model.toString(), "--output", output.toString()),
                Stream.of(inputs).flatMap(input -> Stream.of("--input", input)))
            .toArray(String[]::new));
  }

  private Path at(String name) {
    return dir.resolve(name);
  }
}
