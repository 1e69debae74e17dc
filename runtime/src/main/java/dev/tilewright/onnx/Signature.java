package dev.tilewright.onnx;

import dev.tilewright.tensor.DType;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a model says of one of its inputs. */
public record Signature(String name, DType dtype, List<Dim> dims) {
  /**
   * One dimension.
   *
   * @param symbol the model's name for a size it leaves open, or null
   * @param size elements, or -1 if open
   */
  public record Dim(@Nullable String symbol, int size) {
    public boolean isOpen() {
      return size < 0;
    }

    @Override
    public String toString() {
      return !isOpen() ? String.valueOf(size) : symbol == null ? "?" : symbol;
    }
  }

  public Signature {
    dims = List.copyOf(dims);
  }

  @Override
  public String toString() {
    return name
        + ":"
        + dtype.name().toLowerCase(java.util.Locale.ROOT)
        + dims.stream().map(Dim::toString).collect(Collectors.joining("x", "[", "]"));
  }
}
