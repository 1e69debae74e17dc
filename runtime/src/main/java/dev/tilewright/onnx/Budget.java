package dev.tilewright.onnx;

import java.util.List;

/** What is left of the heap that one file may fill while it is read. For one thread. */
final class Budget {
  private int objects = Limits.OBJECTS;
  private long text = Limits.TEXT_BYTES;
  private long converted = Limits.constantBytes();

  /** Takes one name, number of a list or dimension. */
  void object(ProtoReader in) {
    if (--objects < 0) {
      throw in.malformed("more than " + Limits.OBJECTS + " names, numbers and dimensions");
    }
  }

  /** Takes a name or text of this many bytes. */
  void text(ProtoReader in, long bytes) {
    object(in);
    text -= bytes;
    if (text < 0) {
      throw in.malformed("names of more than " + Limits.TEXT_BYTES + " bytes together");
    }
  }

  /** Takes a tensor that is converted. */
  void converted(String tensor, long bytes) {
    converted -= bytes;
    if (converted < 0) {
      throw new UnsupportedModelException(
          List.of(
              "tensor '"
                  + tensor
                  + "' and those before it need more than "
                  + Limits.constantBytes()
                  + " bytes when converted; a larger heap (java -Xmx) allows more"));
    }
  }
}
