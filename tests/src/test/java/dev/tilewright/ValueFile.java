package dev.tilewright;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A value in the model format's own encoding, as the official test data come: a tensor
 * (TensorProto), a sequence of them (SequenceProto), or one of both that may not be there
 * (OptionalProto).
 *
 * @param tensors by the names that the runtime has for them
 */
record ValueFile(Map<String, WireMessage> tensors) {
  /**
   * Reads one.
   *
   * @param declared the input or output that it belongs to (ValueInfoProto)
   */
  static ValueFile read(Path file, WireMessage declared) throws IOException {
    String name = declared.one(1).text();
    WireMessage type = declared.one(2).message();
    WireMessage value = WireMessage.parse(Files.readAllBytes(file));
    Map<String, WireMessage> tensors = new LinkedHashMap<>();
    if (type.all(9).findAny().isPresent()) {
      boolean sequence = type.one(9).message().one(1).message().all(4).findAny().isPresent();
      value.all(sequence ? 5 : 3).forEach(v -> put(name, sequence, v.message(), tensors));
    } else {
      put(name, type.all(4).findAny().isPresent(), value, tensors);
    }
    return new ValueFile(tensors);
  }

  private static void put(
      String name, boolean sequence, WireMessage value, Map<String, WireMessage> tensors) {
    if (!sequence) {
      tensors.put(name, value);
      return;
    }
    List<WireMessage> elements = value.all(3).map(WireMessage.Field::message).toList();
    for (int i = 0; i < elements.size(); i++) {
      tensors.put(name + "[" + i + "]", elements.get(i));
    }
  }
}
