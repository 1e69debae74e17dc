package dev.tilewright.onnx;

import static dev.tilewright.onnx.ModelBytes.integer;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.ChildJvm;
import dev.tilewright.LoadOptions;
import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that ask for more than a heap of 256 MB, in files that need not be large. */
final class HostileModelsTest {
  @TempDir private Path folder = Path.of("");
  private final Map<Path, String> expected = new LinkedHashMap<>();

  /**
   * Loads each file and runs it in a session with ones as inputs; prints a line of what came of it.
   */
  static final class Child {
    public static void main(String[] files) throws IOException {
      for (String file : files) {
        System.out.println(Path.of(file).getFileName() + ": " + load(Path.of(file)));
      }
    }

    private static String load(Path file) throws IOException {
      long most = Long.getLong("most", LoadOptions.defaults().sessionBytes());
      try (Model model = Model.load(file, LoadOptions.defaults().sessionBytes(most));
          Session session = model.session(new SessionOptions(1, "native"))) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        for (Signature input : model.inputs()) {
          shapes.put(
              input.name(), new Shape(input.dims().stream().map(Signature.Dim::size).toList()));
        }
        Map<String, Tensor> ones = new LinkedHashMap<>();
        for (Signature input : model.inputs()) {
          float[] values = new float[(int) shapes.get(input.name()).elements()];
          Arrays.fill(values, 1);
          ones.put(input.name(), Tensor.of(shapes.get(input.name()), values));
        }
        session.run(ones);
        return "ran";
      } catch (ModelFormatException | UnsupportedModelException e) {
        String message = e.getClass().getSimpleName() + ": " + e.getMessage();
        return message.substring(0, Math.min(400, message.length())).replace('\n', ' ');
      }
    }
  }

  @Test
  void areRefusedWithATypedErrorInASmallHeap() throws Exception {
    what("numbers", "names, numbers and dimensions", constant(packed(3 << 20)));
    what("nodes", "more than " + Limits.NODES + " nodes", nodes(Limits.NODES + 1, ""));
    what("mostNodes", "ran", nodes(Limits.NODES, ""));
    what("names", "names of more than", nodes(5000, "n".repeat(Limits.NAME_BYTES - 8)));
    what("longName", "at most " + Limits.NAME_BYTES, nodes(1, "n".repeat(Limits.NAME_BYTES)));
    OnnxBytes typed = new OnnxBytes().integer(1, 12 << 20).integer(2, 7).text(8, "t");
    what("typed", "when converted", model().initializer(typed.bytes(7, new byte[12 << 20])));
    what("zeros", "computed constants", zeros(8));
    what("products", "operations", products());
    what("expand", "a session with these inputs takes at least", expand(1 << 15, 1 << 15));
    what("tooLarge", "result too large", expand(1 << 16, 1 << 16));
    what("tile", "a session with these inputs takes at least", repeated("Tile", 1L << 27));
    what("padded", "a session with these inputs takes at least", padded(1L << 27));
    what("resize", "a session with these inputs takes at least", resized(1 << 13));
    what("list", "sequences of more than", list(4000));
    what("slices", "a sequence of", slices());
    what("chain", "ran", chain(20_000));
    what("later", "a session with these inputs takes at least", later(1 << 30));
    what("filter", "a session with these inputs takes at least", filter(1 << 14));
    check(List.of());
  }

  /** The system's limit on the process, where the caller set none. */
  @Test
  void memoryThatThereIsNotIsATypedErrorToo() throws Exception {
    what("unlimited", "more native memory than there is", expand(1 << 15, 1 << 15));
    what("unlimitedLater", "more native memory than there is", later(1 << 30));
    check(List.of("sh", "-c", "ulimit -v 6291456 && exec \"$0\" \"$@\""), "-Dmost=99999999999");
  }

  private void check(List<String> prefix, String... flags) throws Exception {
    List<String> all = new ArrayList<>(List.of(flags));
    all.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "--add-modules", "jdk.incubator.vector"));
    List<String> files = expected.keySet().stream().map(Path::toString).toList();
    ChildJvm.Result result = ChildJvm.run(prefix, Map.of(), all, Child.class, files);
    assertThat(result.code()).as(result.output()).isZero();
    List<String> lines = result.output().lines().toList();
    expected.forEach((file, message) ->
        assertThat(lines)
            .filteredOn(line -> line.startsWith(file.getFileName() + ": "))
            .singleElement()
            .asString()
            .contains(message));
  }

  private void what(String name, String message, ModelBytes model) throws IOException {
    expected.put(Files.write(folder.resolve(name), model.toBytes()), message);
  }

  private static ModelBytes model() {
    return new ModelBytes(13).input("x", 1).node("Relu", "x", "y").output("y");
  }

  /** Numbers of two bytes each, which are objects once read. */
  private static byte[] packed(int count) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      out.write(0x80);
      out.write(0x7f);
    }
    return out.toByteArray();
  }

  private static ModelBytes constant(byte[] numbers) {
    OnnxBytes attribute = new OnnxBytes().text(1, "value_ints").bytes(8, numbers).integer(20, 7);
    return model().node("Constant", "", "c", attribute);
  }

  private static ModelBytes nodes(int count, String suffix) {
    ModelBytes model = new ModelBytes(13).input("x", 1).output("x");
    for (int i = 0; i < count; i++) {
      model.node("Abs", "x", i + suffix);
    }
    return model;
  }

  private static ModelBytes zeros(int count) {
    ModelBytes model = model().longs("s", 1 << 23);
    for (int i = 0; i < count; i++) {
      model.node("ConstantOfShape", "s", "z" + i);
    }
    return model;
  }

  private static ModelBytes products() {
    ModelBytes model = model().longs("s", 1 << 10, 1 << 10).node("ConstantOfShape", "s", "p0");
    for (int i = 0; i < 6; i++) {
      model.node("MatMul", "p" + i + " p" + i, "p" + (i + 1));
    }
    return model;
  }

  private static ModelBytes expand(long rows, long columns) {
    return new ModelBytes(13)
        .input("x", 1)
        .longs("to", rows, columns)
        .node("Expand", "x to", "e")
        .node("Relu", "e", "y")
        .output("y");
  }

  private static ModelBytes repeated(String op, long count) {
    return new ModelBytes(13).input("x", 1).longs("n", count).node(op, "x n", "y").output("y");
  }

  private static ModelBytes padded(long count) {
    return new ModelBytes(13)
        .input("x", 1)
        .longs("n", count, 0)
        .node("Pad", "x n", "y")
        .output("y");
  }

  private static ModelBytes resized(long side) {
    return new ModelBytes(13)
        .input("x", 1, 1, 2, 2)
        .longs("to", 1, 1, side, side)
        .node("Resize", "x - - to", "y")
        .output("y");
  }

  /** A list of every length up to this one. */
  private static ModelBytes list(int length) {
    ModelBytes model = model().node("SequenceEmpty", "", "s0");
    for (int i = 0; i < length; i++) {
      model.node("SequenceInsert", "s" + i + " x", "s" + (i + 1));
    }
    return model;
  }

  private static ModelBytes slices() {
    return model()
        .longs("to", 1 << 28)
        .node("Expand", "x to", "e")
        .node("SplitToSequence", "e", "s");
  }

  /** A shape that is computed in many steps from what only a run knows. */
  private static ModelBytes chain(int length) {
    ModelBytes model = new ModelBytes(13).input("x", 1).node("NonZero", "x", "n0");
    for (int i = 0; i < length; i++) {
      model.node("Abs", "n" + i, "n" + (i + 1));
    }
    return model
        .longs("one", 1)
        .node("Reshape", "n" + length + " one", "shape")
        .node("ConstantOfShape", "shape", "y")
        .output("y");
  }

  /** More and more, of which the first stage does not know. */
  private static ModelBytes later(float count) {
    return new ModelBytes(13)
        .input("x", 1)
        .floats("count", count)
        .node("Mul", "x count", "f")
        .node("Cast", "f", "to", integer("to", 7))
        .node("Expand", "x to", "e")
        .node("Relu", "e", "y")
        .output("y");
  }

  /** A convolution whose filter is computed, so that it is packed where the session runs. */
  private static ModelBytes filter(long channels) {
    return new ModelBytes(13)
        .input("x", 1)
        .longs("to", channels, channels, 1, 1)
        .longs("image", 1, channels, 1, 1)
        .node("Expand", "x to", "w")
        .node("Expand", "x image", "i")
        .node("Conv", "i w", "y", integer("group", 1))
        .output("y");
  }
}
