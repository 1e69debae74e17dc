package dev.tilewright.onnx;

import dev.tilewright.tensor.Tensor;
import java.util.List;

/** The value of a node's attribute. */
public sealed interface Attribute {
  record Int(long value) implements Attribute {}

  record Real(float value) implements Attribute {}

  record Text(String value) implements Attribute {}

  record Values(Tensor tensor) implements Attribute {}

  record Ints(List<Long> values) implements Attribute {
    public Ints {
      values = List.copyOf(values);
    }
  }

  record Reals(List<Float> values) implements Attribute {
    public Reals {
      values = List.copyOf(values);
    }
  }

  record Texts(List<String> values) implements Attribute {
    public Texts {
      values = List.copyOf(values);
    }
  }

  /** A branch of an If, the body of a Loop. */
  record Body(OnnxBody body) implements Attribute {}

  /**
   * Something no supported operator has.
   *
   * @param kind the format's word, such as SPARSE_TENSOR
   */
  record Other(String kind) implements Attribute {}
}
