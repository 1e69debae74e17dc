package dev.tilewright.fuzz;

import dev.tilewright.onnx.ModelFormatException;
import dev.tilewright.onnx.OnnxModel;
import dev.tilewright.onnx.UnsupportedModelException;
import java.lang.foreign.MemorySegment;

/** Any bytes are a model, or what {@link OnnxModel#read} documents. */
public final class ReaderFuzz {
  private ReaderFuzz() {}

  /** The entry that Jazzer calls. */
  public static void fuzzerTestOneInput(byte[] data) {
    try {
      OnnxModel.read(MemorySegment.ofArray(Inputs.model(data)));
    } catch (ModelFormatException | UnsupportedModelException documented) {
      // as promised
    }
  }
}
