package dev.tilewright.cli;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * NumPy's array file (numpy.lib.format, versions 1.0 and 2.0): magic, version, header length, a
 * Python dictionary padded to 64 bytes, then the values.
 *
 * <p>Little endian and row major only; float16 and float64 are read as float32, which is what
 * models of these types take here.
 */
final class NpyFile {
  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int MAX_HEADER = 1 << 16;
  private static final long MAX_DATA = Integer.MAX_VALUE - 16;
  private static final int MAX_RANK = 32;
  private static final Pattern DESCR = Pattern.compile("['\"]descr['\"]\\s*:\\s*['\"]([^'\"]+)");
  private static final Pattern ORDER =
      Pattern.compile("['\"]fortran_order['\"]\\s*:\\s*(True|False)");
  private static final Pattern SHAPE = Pattern.compile("['\"]shape['\"]\\s*:\\s*\\(([^)]*)\\)");

  private NpyFile() {}

  /**
   * Reads a file.
   *
   * @throws BadInputException if it is malformed, or of a type that tensors do not have
   */
  static Tensor read(Path file) throws IOException {
    long size = Files.size(file);
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(8);
      if (start.length < 8 || !Arrays.equals(MAGIC, Arrays.copyOf(start, 6))) {
        throw bad(file, "not a NumPy file");
      }
      int version = start[6];
      if (version != 1 && version != 2) {
        throw bad(file, "version " + version + " of the NumPy format is not supported");
      }
      int lengthBytes = version == 1 ? 2 : 4;
      byte[] lengthField = in.readNBytes(lengthBytes);
      long length = 0;
      for (int i = lengthField.length - 1; i >= 0; i--) {
        length = length << 8 | (lengthField[i] & 0xff);
      }
      if (lengthField.length < lengthBytes || length > MAX_HEADER) {
        throw bad(file, "the header is cut off or too long");
      }
      byte[] headerBytes = in.readNBytes((int) length);
      if (headerBytes.length < length) {
        throw bad(file, "the header is cut off");
      }
      String header = new String(headerBytes, StandardCharsets.ISO_8859_1);
      if (field(ORDER, header, file).equals("True")) {
        throw bad(file, "column-major order; save numpy.ascontiguousarray(x) instead");
      }
      String descr = field(DESCR, header, file);
      Shape shape = shape(field(SHAPE, header, file), file);
      long expected = bytes(shape, descr, file);
      long present = size - 8 - lengthBytes - length;
      if (present != expected) {
        throw bad(file, shape + " of " + descr + " needs " + expected + " bytes, has " + present);
      }
      MemorySegment data = MemorySegment.ofArray(in.readNBytes((int) expected));
      if (data.byteSize() != expected) {
        throw bad(file, "the file changed while it was read");
      }
      return switch (descr) {
        case "<f2" ->
            floats(shape, i -> Float.float16ToFloat(data.getAtIndex(JAVA_SHORT_UNALIGNED, i)));
        case "<f8" -> floats(shape, i -> (float) data.getAtIndex(JAVA_DOUBLE_UNALIGNED, i));
        default -> new Tensor(new TensorType(dtype(descr, file), shape), data);
      };
    }
  }

  /** Writes a file of version 1.0, replacing what is there. */
  static void write(Path file, Tensor tensor) throws IOException {
    String dims = tensor.shape().dims().stream().map(d -> d + ",").collect(Collectors.joining(" "));
    String dictionary =
        "{'descr': '"
            + descr(tensor.dtype())
            + "', 'fortran_order': False, 'shape': ("
            + dims
            + "), }";
    // The values start at a multiple of 64; the header ends in a newline.
    int used = MAGIC.length + 2 + 2 + dictionary.length() + 1;
    String header = dictionary + " ".repeat((64 - used % 64) % 64) + "\n";
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(MAGIC);
      out.write(new byte[] {1, 0, (byte) header.length(), (byte) (header.length() >> 8)});
      out.write(header.getBytes(StandardCharsets.ISO_8859_1));
      out.write(tensor.data().toArray(ValueLayout.JAVA_BYTE));
    }
  }

  private static String field(Pattern pattern, String header, Path file) {
    Matcher matcher = pattern.matcher(header);
    if (!matcher.find()) {
      throw bad(file, "the header is malformed");
    }
    return matcher.group(1);
  }

  private static Shape shape(String text, Path file) {
    List<Integer> dims = new ArrayList<>();
    try {
      for (String dim : text.split(",", -1)) {
        if (!dim.isBlank()) {
          dims.add(Integer.parseInt(dim.strip()));
        }
      }
      if (dims.size() > MAX_RANK) {
        throw bad(file, "more than " + MAX_RANK + " dimensions");
      }
      return new Shape(dims);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(file + ": impossible shape (" + text + ")", e);
    }
  }

  private static long bytes(Shape shape, String descr, Path file) {
    int each =
        switch (descr) {
          case "<f2" -> 2;
          case "<f8" -> 8;
          default -> dtype(descr, file).bytes();
        };
    if (shape.elements() > MAX_DATA / each) {
      throw bad(file, "more than 2 GiB");
    }
    return shape.elements() * each;
  }

  private static Tensor floats(Shape shape, IntToFloat value) {
    float[] floats = new float[(int) shape.elements()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = value.apply(i);
    }
    return Tensor.of(shape, floats);
  }

  private interface IntToFloat {
    float apply(int i);
  }

  private static DType dtype(String descr, Path file) {
    return switch (descr) {
      case "<f4" -> DType.FLOAT32;
      case "<i8" -> DType.INT64;
      case "<i4" -> DType.INT32;
      case "|b1" -> DType.BOOL;
      case "|u1" -> DType.UINT8;
      case "|i1" -> DType.INT8;
      case "<u2" -> DType.UINT16;
      case "<i2" -> DType.INT16;
      case "<u4" -> DType.UINT32;
      case "<u8" -> DType.UINT64;
      default ->
          throw bad(
              file,
              "element type " + descr + " is not supported; save x.astype('float32') instead");
    };
  }

  private static String descr(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> "<f4";
      case INT64 -> "<i8";
      case INT32 -> "<i4";
      case BOOL -> "|b1";
      case UINT8 -> "|u1";
      case INT8 -> "|i1";
      case UINT16 -> "<u2";
      case INT16 -> "<i2";
      case UINT32 -> "<u4";
      case UINT64 -> "<u8";
    };
  }

  private static BadInputException bad(Path file, String what) {
    return new BadInputException(file + ": " + what);
  }
}
