package dev.tilewright.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.RandomGraphs;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written is what the reader reads. */
class ProtoWriterTest {
  private static ProtoReader read(ProtoWriter message) {
    assertThat(message.size()).isEqualTo(message.toBytes().length);
    ProtoReader in = new ProtoReader(MemorySegment.ofArray(message.toBytes()));
    assertThat(in.next()).isTrue();
    return in;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 127, 128, -1, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 35})
  void integers(long value) {
    ProtoReader in = read(new ProtoWriter().integer(20, value));
    assertThat(in.field()).isEqualTo(20);
    assertThat(in.integer()).isEqualTo(value);
    assertThat(in.next()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -1.5f, Float.MIN_VALUE, Float.POSITIVE_INFINITY})
  void floats(float value) {
    assertThat(read(new ProtoWriter().float32(2, value)).float32()).isEqualTo(value);
  }

  @Test
  void messagesInMessages() {
    ProtoWriter inner = new ProtoWriter().string(1, "größe").bytes(9, MemorySegment.NULL);
    ProtoWriter middle = new ProtoWriter().message(500, inner).integer(3, 7);
    ProtoReader in = read(new ProtoWriter().message(1, middle)).message();
    assertThat(in.next()).isTrue();
    assertThat(in.field()).isEqualTo(500);
    ProtoReader deepest = in.message();
    assertThat(deepest.next()).isTrue();
    assertThat(deepest.string(100)).isEqualTo("größe");
    assertThat(deepest.next()).isTrue();
    assertThat(deepest.bytes().byteSize()).isZero();
    assertThat(deepest.next()).isFalse();
    assertThat(in.next()).isTrue();
    assertThat(in.integer()).isEqualTo(7);
  }

  @Test
  void theSameGraphIsTheSameBytes() {
    byte[] once = OnnxExporter.write(RandomGraphs.of(11).graph());
    assertThat(OnnxExporter.write(RandomGraphs.of(11).graph())).isEqualTo(once);
  }
}
