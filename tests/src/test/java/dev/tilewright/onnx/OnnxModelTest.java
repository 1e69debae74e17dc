package dev.tilewright.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.Model;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OnnxModelTest {
  @Test
  void readsWhatItSays() {
    OnnxModel model =
        new ModelBytes(13)
            .openInput("x", 1, "N", 3, "?")
            .input("w", 2)
            .floats("w", 1, 2)
            .node("Add", "x w", "y")
            .output("y")
            .read();
    assertThat(model.opsets()).containsEntry("", 13);
    assertThat(model.inputs()).hasToString("[x:float32[Nx3x?]]");
    assertThat(model.outputs()).containsExactly("y");
    assertThat(model.nodes().getFirst().opType()).isEqualTo("Add");
    assertThat(model.initializers().get("w").toFloats()).containsExactly(1, 2);
  }

  @Test
  void rawDataIsASliceOfTheFile() {
    byte[] bytes = new ModelBytes(13).floats("w", 1, 2).output("w").toBytes();
    Tensor w = OnnxModel.read(MemorySegment.ofArray(bytes)).initializers().get("w");
    java.util.Arrays.fill(bytes, (byte) 0);
    assertThat(w.toFloats()).containsExactly(0, 0);
  }

  @Test
  void bothSpellingsOfTheStandardDomainAreOne() {
    assertThat(new ModelBytes(11).opset("ai.onnx", 11).floats("w", 1).output("w").read().opsets())
        .containsOnlyKeys("");
    assertThatThrownBy(() -> new ModelBytes(11).opset("ai.onnx", 12).floats("w", 1).read())
        .hasMessageContaining("two opset versions");
  }

  @Test
  void readsTypedDataOfEveryKind() {
    assertThat(tensor(tensor(1, 2).real(4, 1.5f).real(4, -2)).toFloats()).containsExactly(1.5f, -2);
    assertThat(tensor(tensor(7, 2).integer(7, -1).integer(7, 5)).toLongs()).containsExactly(-1, 5);
    assertThat(tensor(tensor(6, 1).integer(5, -1)).toLongs()).containsExactly(-1);
    assertThat(tensor(tensor(2, 1).integer(5, 200)).toLongs()).containsExactly(200);
    assertThat(tensor(tensor(3, 1).integer(5, -3)).toLongs()).containsExactly(-3);
    assertThat(tensor(tensor(4, 1).integer(5, 65535)).toLongs()).containsExactly(65535);
    assertThat(tensor(tensor(5, 1).integer(5, -300)).toLongs()).containsExactly(-300);
    assertThat(tensor(tensor(12, 1).integer(11, 4294967295L)).toLongs())
        .containsExactly(4294967295L);
    assertThat(tensor(tensor(5, 1).bytes(9, new byte[] {-2, -1})).toLongs()).containsExactly(-2);
    assertThat(tensor(tensor(9, 2).integer(5, 7).integer(5, 0)).toLongs()).containsExactly(1, 0);
  }

  @Test
  void otherFloatsBecomeFloat32() {
    short half = Float.floatToFloat16(0.375f);
    byte[] raw = {(byte) half, (byte) (half >> 8)};
    assertThat(tensor(tensor(10, 1).bytes(9, raw)).toFloats()).containsExactly(0.375f);
    assertThat(tensor(tensor(10, 1).integer(5, half)).toFloats()).containsExactly(0.375f);
    byte[] brain = {(byte) 0xc0, 0x3f};
    assertThat(tensor(tensor(16, 1).bytes(9, brain)).toFloats()).containsExactly(1.5f);
    byte[] twice = {0, 0, 0, 0, 0, 0, (byte) 0xf8, 0x3f};
    assertThat(tensor(tensor(11, 1).bytes(9, twice)).toFloats()).containsExactly(1.5f);
    assertThat(tensor(tensor(11, 1).raw(0x51).raw(0, 0, 0, 0, 0, 0, 0xf8, 0x3f)).dtype())
        .isEqualTo(DType.FLOAT32);
  }

  @Test
  void booleansAreZeroOrOne() {
    assertThat(tensor(tensor(9, 3).bytes(9, new byte[] {0, 1, 77})).toLongs())
        .containsExactly(0, 1, 1);
  }

  @Test
  void refusesTensorsThatDoNotAddUp() {
    refused("needs 8 bytes, has 4", tensor(1, 2).bytes(9, new byte[4]));
    refused("needs 2 values, has 1", tensor(1, 2).real(4, 1));
    refused("needs 2 values, has 0", tensor(1, 2));
    refused("both raw and typed", tensor(1, 1).real(4, 1).bytes(9, new byte[4]));
    refused("field of another type", tensor(1, 1).integer(7, 1));
    refused("no element type", tensor(0, 1));
    refused("dimension of -1", tensor(1, -1));
    refused("dimension of 4294967296", tensor(1, 1L << 32));
    refused("impossible shape", tensor(1, 1 << 30).integer(1, 1 << 30).integer(1, 1 << 30));
    OnnxBytes deep = tensor(1, 1);
    for (int i = 0; i < Limits.RANK; i++) {
      deep.integer(1, 1);
    }
    refused("dimensions", deep);
  }

  @Test
  void aSmallFileCannotClaimALargeTensor() {
    refused("needs 1073741824 values", tensor(1, 1 << 30));
    refused("bytes", tensor(1, 1 << 30).integer(1, 1 << 20).bytes(9, new byte[16]));
  }

  @Test
  void saysWhichElementTypesItLacks() {
    assertThatThrownBy(() -> tensor(tensor(14, 1).integer(11, 1)))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("COMPLEX64");
    assertThatThrownBy(() -> new ModelBytes(13).typedInput("s", 8, 1).read())
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("STRING of input 's'");
  }

  @Test
  void refusesFilesBeyondTheFormat(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("large.onnx");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(1L << 31);
    }
    assertThatThrownBy(() -> Model.load(file))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("larger than 2 GiB");
  }

  @Test
  void saysThatExternalDataIsNotRead() {
    OnnxBytes location = new OnnxBytes().text(1, "location").text(2, "../../secret");
    assertThatThrownBy(() -> tensor(tensor(1, 1).message(13, location).integer(14, 1)))
        .isInstanceOf(UnsupportedModelException.class)
        .hasMessageContaining("external data");
    assertThatThrownBy(() -> tensor(tensor(1, 1).integer(14, 1)))
        .isInstanceOf(UnsupportedModelException.class);
  }

  @Test
  void refusesNamesThatClashOrDangle() {
    refused("'y' is defined twice", model().node("Relu", "x", "y").node("Relu", "x", "y"));
    refused("'x' is defined twice", model().node("Relu", "x", "x"));
    refused("two initializers", model().floats("w", 1).floats("w", 1));
    refused("two inputs", model().input("x", 1));
    refused("nothing computes its input 'z'", model().node("Relu", "z", "y"));
    refused("nothing computes the output 'z'", model().output("z"));
    refused("two outputs", model().output("x", "x"));
    OnnxBytes axis = ModelBytes.integer("axis", 1);
    refused("two attributes", model().node("Softmax", "x", "y", axis, axis));
  }

  @Test
  void sortsNodesThatAreOutOfOrder() {
    OnnxModel model =
        model().node("Exp", "a", "b").node("Relu", "x", "a").node("Abs", "b", "c").read();
    assertThat(model.nodes()).extracting(OnnxNode::opType).containsExactly("Relu", "Exp", "Abs");
  }

  @Test
  void refusesACycle() {
    refused("cycle", model().node("Add", "x b", "a").node("Relu", "a", "b"));
    refused("cycle", model().node("Add", "x a", "a"));
  }

  @Test
  void saysWhatAFileIsInsteadOfAModel() {
    notOnnx("the file is empty", new byte[0]);
    notOnnx("an image", new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10});
    notOnnx("ZIP archive", new byte[] {'P', 'K', 3, 4, 0});
    notOnnx(
        "Git LFS", "version https://git-lfs.github.com/spec/v1".getBytes(StandardCharsets.UTF_8));
    notOnnx("text", "<!doctype html>".getBytes(StandardCharsets.UTF_8));
    notOnnx("it has no graph", new OnnxBytes().integer(1, 8).toBytes());
    notOnnx("or a damaged one", new byte[] {127, 127, 127, 127});
  }

  @Test
  void refusesNodesWithoutOperator() {
    OnnxBytes graph = new OnnxBytes().message(1, new OnnxBytes().text(3, "nameless"));
    assertThatThrownBy(() -> OnnxModel.read(new OnnxBytes().message(7, graph).segment()))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("node 'nameless' has no operator");
  }

  private static ModelBytes model() {
    return new ModelBytes(13).input("x", 4);
  }

  /** An int field of TensorProto.DataType and one dimension; the values are the caller's. */
  private static OnnxBytes tensor(int type, long dim) {
    return new OnnxBytes().integer(1, dim).integer(2, type).text(8, "t");
  }

  private static Tensor tensor(OnnxBytes tensor) {
    return new ModelBytes(13).initializer(tensor).read().initializers().get("t");
  }

  private static void refused(String message, OnnxBytes tensor) {
    refused(message, new ModelBytes(13).initializer(tensor));
  }

  private static void refused(String message, ModelBytes model) {
    assertThatThrownBy(model::read)
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(message);
  }

  private static void notOnnx(String message, byte[] bytes) {
    assertThatThrownBy(() -> OnnxModel.read(MemorySegment.ofArray(bytes)))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("not an ONNX model")
        .hasMessageContaining(message);
  }

  @Test
  void aScalarHasNoDimensions() {
    OnnxBytes scalar = new OnnxBytes().integer(2, 1).text(8, "t").real(4, 3);
    assertThat(tensor(scalar).shape()).isEqualTo(Shape.SCALAR);
  }
}
