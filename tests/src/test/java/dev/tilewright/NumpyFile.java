package dev.tilewright;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** NumPy's file format 1.0, C order, little endian. */
public final class NumpyFile {
  private static final Pattern HEADER =
      Pattern.compile("'descr': '([^']*)', 'fortran_order': False, 'shape': \\(([^)]*)\\)");

  private NumpyFile() {}

  public static Tensor read(Path file) throws IOException {
    return read(Files.readAllBytes(file), file);
  }

  /** The arrays of a .npz file, by name. */
  public static Map<String, Tensor> readAll(Path file) throws IOException {
    Map<String, Tensor> arrays = new LinkedHashMap<>();
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        String name = entry.getName().replaceAll("\\.npy$", "");
        arrays.put(name, read(zip.readAllBytes(), file));
      }
    }
    return arrays;
  }

  private static Tensor read(byte[] bytes, Path file) throws IOException {
    int header = 10 + (bytes[8] & 0xff) + ((bytes[9] & 0xff) << 8);
    Matcher matcher = HEADER.matcher(new String(bytes, 10, header - 10, StandardCharsets.US_ASCII));
    if (!matcher.find()) {
      throw new IOException("unknown header in " + file);
    }
    Shape shape =
        new Shape(
            Arrays.stream(matcher.group(2).split(",", -1))
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .map(Integer::valueOf)
                .toList());
    TensorType type = new TensorType(dtype(matcher.group(1)), shape);
    return new Tensor(type, MemorySegment.ofArray(Arrays.copyOfRange(bytes, header, bytes.length)));
  }

  private static DType dtype(String description) throws IOException {
    return switch (description) {
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
      default -> throw new IOException("element type " + description);
    };
  }
}
