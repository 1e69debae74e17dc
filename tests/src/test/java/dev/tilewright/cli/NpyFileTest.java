package dev.tilewright.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NpyFileTest {
  private static final String GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

  @TempDir private Path dir = Path.of("");

  @ParameterizedTest
  @EnumSource(DType.class)
  void readsBackWhatItWrote(DType dtype) throws IOException {
    Random random = new Random(7);
    for (Shape shape :
        new Shape[] {Shape.SCALAR, Shape.of(5), Shape.of(2, 3, 4, 5), Shape.of(0, 3)}) {
      TensorType type = new TensorType(dtype, shape);
      byte[] bytes = new byte[(int) type.bytes()];
      random.nextBytes(bytes);
      Path file = dir.resolve("x.npy");
      NpyFile.write(file, new Tensor(type, MemorySegment.ofArray(bytes)));
      Tensor read = NpyFile.read(file);
      assertThat(read.type()).isEqualTo(type);
      assertThat(read.data().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes);
      assertThat((Files.size(file) - bytes.length) % 64).as("values are aligned").isZero();
    }
  }

  @Test
  void writesTheHeaderOfTheFormat() throws IOException {
    Path file = dir.resolve("x.npy");
    NpyFile.write(file, Tensor.of(Shape.of(3), 1f, 2f, 3f));
    String text = new String(Files.readAllBytes(file), ISO_8859_1);
    assertThat(text).startsWith("\u0093NUMPY\u0001\0v\0{'descr': '<f4', ");
    assertThat(text).contains("'fortran_order': False, 'shape': (3,), }");
    assertThat(text.charAt(127)).isEqualTo('\n');
  }

  @Test
  void narrowsDoublesToFloats() throws IOException {
    ByteBuffer values = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    values.putDouble(0.1).putDouble(-1e300);
    Path file =
        file(1, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", values.array());
    assertThat(NpyFile.read(file).toFloats()).containsExactly(0.1f, Float.NEGATIVE_INFINITY);
  }

  @Test
  void widensHalvesToFloats() throws IOException {
    byte[] values = {0x00, 0x3e, 0x01, 0x00, 0x00, (byte) 0xfc};
    Path file = file(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }", values);
    assertThat(NpyFile.read(file).toFloats())
        .containsExactly(1.5f, 0x1p-24f, Float.NEGATIVE_INFINITY);
  }

  @Test
  void readsVersionTwo() throws IOException {
    assertThat(NpyFile.read(file(2, GOOD, new byte[24])).shape()).isEqualTo(Shape.of(2, 3));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }|needs 32 bytes",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }|needs 16 bytes",
        "{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }|ascontiguousarray",
        "{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }|element type >f4",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (3,), }|element type <c8",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -3), }|impossible shape",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }|impossible shape",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (65536, 65536), }|2 GiB",
        "{'descr': '<f4', 'fortran_order': False}|malformed",
        "{}|malformed",
      })
  void refusesWhatItCannotHold(String header, String message) throws IOException {
    Path file = file(1, header, new byte[24]);
    assertThatThrownBy(() -> NpyFile.read(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message);
  }

  @Test
  void refusesEveryTruncation() throws IOException {
    byte[] whole = Files.readAllBytes(file(1, GOOD, new byte[24]));
    for (int length = 0; length < whole.length; length++) {
      Path file = Files.write(dir.resolve("cut.npy"), Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> NpyFile.read(file))
          .as("%d bytes", length)
          .isInstanceOf(BadInputException.class);
    }
  }

  @Test
  void survivesAnyHeaderByte() throws IOException {
    byte[] whole = Files.readAllBytes(file(1, GOOD, new byte[24]));
    Random random = new Random(11);
    for (int i = 0; i < 2000; i++) {
      byte[] bytes = whole.clone();
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      Path file = Files.write(dir.resolve("mutant.npy"), bytes);
      try {
        assertThat(NpyFile.read(file).shape().rank()).isLessThan(33);
      } catch (BadInputException e) {
        assertThat(e).hasMessageContaining("mutant.npy");
      }
    }
  }

  private Path file(int version, String header, byte[] values) throws IOException {
    int lengthBytes = version == 1 ? 2 : 4;
    ByteBuffer file =
        ByteBuffer.allocate(8 + lengthBytes + header.length() + values.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    file.put("\u0093NUMPY".getBytes(ISO_8859_1)).put((byte) version).put((byte) 0);
    if (version == 1) {
      file.putShort((short) header.length());
    } else {
      file.putInt(header.length());
    }
    file.put(header.getBytes(ISO_8859_1)).put(values);
    return Files.write(dir.resolve("made.npy"), file.array());
  }
}
