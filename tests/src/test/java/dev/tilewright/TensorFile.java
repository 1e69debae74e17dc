package dev.tilewright;

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
import java.util.ArrayList;
import java.util.List;

/**
 * A float32 tensor in the model format's own encoding (TensorProto), as the official test data
 * come. Written apart from the importer so that it does not share its mistakes.
 */
final class TensorFile {
  private TensorFile() {}

  static Tensor read(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<Integer> dims = new ArrayList<>();
    List<Float> floats = new ArrayList<>();
    byte[] raw = new byte[0];
    while (in.hasRemaining()) {
      int tag = (int) varint(in);
      int field = tag >>> 3;
      if ((tag & 7) == 0) {
        long value = varint(in);
        if (field == 1) {
          dims.add((int) value);
        }
      } else if ((tag & 7) == 5) {
        floats.add(in.getFloat());
      } else if ((tag & 7) == 2) {
        byte[] bytes = new byte[(int) varint(in)];
        in.get(bytes);
        ByteBuffer packed = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (field) {
          case 1 -> {
            while (packed.hasRemaining()) {
              dims.add((int) varint(packed));
            }
          }
          case 4 -> {
            while (packed.hasRemaining()) {
              floats.add(packed.getFloat());
            }
          }
          case 9 -> raw = bytes;
          default -> {} // names and comments
        }
      } else {
        throw new IOException("wire type " + (tag & 7) + " in " + file);
      }
    }
    MemorySegment data = MemorySegment.ofArray(raw);
    if (raw.length == 0) {
      data = MemorySegment.ofArray(new float[floats.size()]);
      for (int i = 0; i < floats.size(); i++) {
        data.setAtIndex(ValueLayout.JAVA_FLOAT, i, floats.get(i));
      }
    }
    return new Tensor(TensorType.floats(new Shape(dims)), data);
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte b = in.get();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) {
        return value;
      }
    }
  }
}
