package dev.tilewright.onnx;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads an AttributeProto. Files of every age are met: the type field may be missing. */
final class AttributeReader {
  private AttributeReader() {}

  /** An attribute and its name. */
  record Named(String name, Attribute value) {}

  static Named read(ProtoReader in, ExternalData files) {
    String name = "";
    long type = 0;
    @Nullable Attribute single = null;
    List<Long> ints = new ArrayList<>();
    List<Float> floats = new ArrayList<>();
    List<String> strings = new ArrayList<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> name = in.string(Limits.NAME_BYTES);
        case 2 -> single = new Attribute.Real(in.float32());
        case 3 -> single = new Attribute.Int(in.integer());
        case 4 -> single = new Attribute.Text(in.string(Limits.NAME_BYTES));
        case 5 -> single = new Attribute.Values(TensorReader.read(in.message(), files).tensor());
        case 6 -> single = new Attribute.Body(GraphReader.read(in.message(), files).body());
        case 7 ->
            in.floats(v -> {
              in.budget().object(in);
              floats.add((float) v);
            });
        case 8 ->
            in.integers(v -> {
              in.budget().object(in);
              ints.add(v);
            });
        case 9 -> strings.add(in.string(Limits.NAME_BYTES));
        case 10, 11, 14, 15, 22, 23 -> {
          in.skip();
          single = new Attribute.Other("field " + in.field());
        }
        case 20 -> type = in.integer();
        case 21 -> {
          in.skip();
          single = new Attribute.Other("reference to an attribute of a function");
        }
        default -> in.skip();
      }
    }
    if (name.isEmpty()) {
      throw in.malformed("an attribute has no name");
    }
    return new Named(name, value(type, single, ints, floats, strings));
  }

  /** Zero and empty are not written to the file: the type says which of them is meant. */
  private static Attribute value(
      long type,
      @Nullable Attribute single,
      List<Long> ints,
      List<Float> floats,
      List<String> strings) {
    if (single != null) {
      return single;
    }
    if (type == 6 || !floats.isEmpty()) {
      return new Attribute.Reals(floats);
    }
    if (type == 8 || !strings.isEmpty()) {
      return new Attribute.Texts(strings);
    }
    if (type == 7 || !ints.isEmpty()) {
      return new Attribute.Ints(ints);
    }
    return switch ((int) type) {
      case 1 -> new Attribute.Real(0);
      case 2 -> new Attribute.Int(0);
      case 3 -> new Attribute.Text("");
      // No type and no value: a list of numbers that is empty.
      case 0 -> new Attribute.Ints(List.of());
      default -> new Attribute.Other("type " + type);
    };
  }
}
