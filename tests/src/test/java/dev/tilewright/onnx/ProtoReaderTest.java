package dev.tilewright.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ProtoReaderTest {
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 127, 128, 300, -1, Long.MAX_VALUE, Long.MIN_VALUE})
  void readsIntegersOfEverySize(long value) {
    ProtoReader in = new ProtoReader(new OnnxBytes().integer(3, value).segment());
    assertThat(in.next()).isTrue();
    assertThat(in.field()).isEqualTo(3);
    assertThat(in.integer()).isEqualTo(value);
    assertThat(in.next()).isFalse();
  }

  @Test
  void readsRepeatedNumbersPackedAndOneByOne() {
    byte[] packed = new OnnxBytes().number(5).number(600).toBytes();
    ProtoReader in =
        new ProtoReader(new OnnxBytes().bytes(1, packed).integer(1, -7).real(2, 2.5f).segment());
    List<Long> longs = new ArrayList<>();
    in.next();
    in.integers(longs::add);
    in.next();
    in.integers(longs::add);
    assertThat(longs).containsExactly(5L, 600L, -7L);
    List<Double> doubles = new ArrayList<>();
    in.next();
    in.floats(doubles::add);
    assertThat(doubles).containsExactly(2.5);
  }

  @Test
  void skipsWhatItDoesNotKnow() {
    ProtoReader in =
        new ProtoReader(
            new OnnxBytes()
                .integer(90, 5)
                .real(91, 1)
                .text(92, "text")
                .raw(0xe9, 0x05, 1, 2, 3, 4, 5, 6, 7, 8)
                .text(1, "found")
                .segment());
    for (int i = 0; i < 4; i++) {
      in.next();
      in.skip();
    }
    in.next();
    assertThat(in.string(10)).isEqualTo("found");
  }

  @Test
  void namesTheByteOfADefect() {
    ProtoReader in =
        new ProtoReader(new OnnxBytes().integer(1, 7).raw(0x12, 100, 1, 2, 3).segment());
    in.next();
    in.integer();
    in.next();
    assertThatThrownBy(in::bytes)
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("100 bytes")
        .hasMessageContaining("3 are left")
        .hasMessageContaining("byte 2");
  }

  @Test
  void refusesNumbersThatDoNotEnd() {
    refuses("past the end", 0x08, 0x80);
    refuses("past the end", 0x80);
    refuses("64 bits", 0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 2);
    refuses("10 bytes", 0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 129, 0);
    refuses("past the end", 0x0d, 1, 2, 3);
    refuses("past the end", 0x09, 1, 2, 3, 4, 5, 6, 7);
  }

  @Test
  void refusesLengthsBeyondTheMessage() {
    refuses("left", 0x0a, 255, 255, 255, 255, 255, 255, 255, 255, 127);
    refuses("left", 0x0a, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1);
    refuses("left", 0x0a, 2, 1);
  }

  @Test
  void refusesTagsThatCannotBe() {
    refuses("tag", 0x00, 1);
    refuses("tag", 0xf8, 255, 255, 255, 255, 1, 1);
    refuses("wire type 3", 0x0b);
    refuses("wire type 7", 0x0f, 1);
  }

  @Test
  void refusesAFieldOfAnotherWireType() {
    ProtoReader in = new ProtoReader(new OnnxBytes().integer(1, 7).segment());
    in.next();
    assertThatThrownBy(() -> in.string(10)).isInstanceOf(ModelFormatException.class);
    assertThatThrownBy(in::float32).isInstanceOf(ModelFormatException.class);
    assertThatThrownBy(in::message).isInstanceOf(ModelFormatException.class);
    assertThatThrownBy(() -> in.floats(v -> {})).isInstanceOf(ModelFormatException.class);
    assertThatThrownBy(() -> in.doubles(v -> {})).isInstanceOf(ModelFormatException.class);
  }

  @Test
  void refusesTextThatIsTooLongOrNotUtf8() {
    ProtoReader in = new ProtoReader(new OnnxBytes().text(1, "12345").raw(0x0a, 1, 0xff).segment());
    in.next();
    assertThatThrownBy(() -> in.string(4)).hasMessageContaining("at most 4");
    ProtoReader again = in.again();
    again.next();
    assertThat(again.string(5)).isEqualTo("12345");
    again.next();
    assertThatThrownBy(() -> again.string(4)).hasMessageContaining("UTF-8");
  }

  @Test
  void refusesDeepNesting() {
    OnnxBytes bytes = new OnnxBytes().integer(2, 1);
    for (int i = 0; i < ProtoReader.MAX_DEPTH; i++) {
      bytes = new OnnxBytes().message(1, bytes);
    }
    ProtoReader outermost = new ProtoReader(bytes.segment());
    assertThatThrownBy(() -> descend(outermost))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("nested");
  }

  @Test
  void anyBytesEndInAModelFormatException() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(40)];
      random.nextBytes(bytes);
      try {
        descend(new ProtoReader(java.lang.foreign.MemorySegment.ofArray(bytes)));
      } catch (ModelFormatException expected) {
        assertThat(expected).hasMessageContaining("byte");
      }
    }
  }

  private static void descend(ProtoReader in) {
    while (in.next()) {
      if (in.field() == 1) {
        descend(in.message());
      } else if (in.field() == 2) {
        in.integers(v -> {});
      } else {
        in.skip();
      }
    }
  }

  private static void refuses(String message, int... bytes) {
    ProtoReader in = new ProtoReader(new OnnxBytes().raw(bytes).segment());
    assertThatThrownBy(
            () -> {
              in.next();
              in.skip();
            })
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining(message);
  }
}
