package dev.tilewright.onnx;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a model says of one of its inputs. Most are a tensor. Of a sequence {@code s} the elements
 * are tensors named {@code s[0]}, {@code s[1]} and so on, and there may be none; an optional input
 * may be left out. An optional sequence without elements is left out.
 *
 * @param dims of the tensor; of a sequence those of its elements, which are not held to them, and
 *     empty if the model does not say
 */
public record Signature(
    String name, DType dtype, List<Dim> dims, boolean sequence, boolean optional) {
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

  /** One tensor, which must be given. */
  public Signature(String name, DType dtype, List<Dim> dims) {
    this(name, dtype, dims, false, false);
  }

  /** A tensor of one size. */
  public static Signature of(String name, TensorType type) {
    List<Dim> dims = type.shape().dims().stream().map(size -> new Dim(null, size)).toList();
    return new Signature(name, type.dtype(), dims);
  }

  /** The name of an element of a sequence, of inputs as of outputs. */
  public static String element(String sequence, int i) {
    return sequence + "[" + i + "]";
  }

  /**
   * The names of its tensors.
   *
   * @param given of tensors for all inputs
   * @return of a sequence its elements from 0 on, without a gap; else the name, unless it is
   *     optional and not given
   */
  public List<String> tensors(Collection<String> given) {
    if (!sequence) {
      return optional && !given.contains(name) ? List.of() : List.of(name);
    }
    List<String> elements = new ArrayList<>();
    while (given.contains(element(name, elements.size()))) {
      elements.add(element(name, elements.size()));
    }
    return elements;
  }

  @Override
  public String toString() {
    String kind = (optional ? "optional " : "") + (sequence ? "sequence of " : "");
    String shape =
        sequence && dims.isEmpty()
            ? ""
            : dims.stream().map(Dim::toString).collect(Collectors.joining("x", "[", "]"));
    return name + ":" + kind + dtype.name().toLowerCase(Locale.ROOT) + shape;
  }
}
