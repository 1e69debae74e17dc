package dev.tilewright.onnx;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Recognises files that people load by mistake, by their first bytes. */
final class NotOnnx {
  private NotOnnx() {}

  /** What the file is, in words, or null if it may be a model. */
  static @Nullable String guess(MemorySegment file) {
    if (file.byteSize() == 0) {
      return "the file is empty";
    }
    String head =
        new String(file.asSlice(0, Math.min(64, file.byteSize())).toArray(JAVA_BYTE), ISO_8859_1);
    if (head.startsWith("version https://git-lfs")) {
      return "this is a Git LFS pointer; fetch the file itself with 'git lfs pull'";
    }
    if (head.startsWith("\u0089PNG") || head.startsWith("\u00ff\u00d8\u00ff")) {
      return "this is an image";
    }
    if (head.startsWith("PK\u0003\u0004")) {
      return "this is a ZIP archive (a PyTorch checkpoint is one too; export it to ONNX)";
    }
    if (head.startsWith("\u001f\u008b")) {
      return "this is gzip-compressed; unpack it first";
    }
    if (head.startsWith("TFL3", 4)) {
      return "this is a TensorFlow Lite model";
    }
    if (head.startsWith("ORTM", 4)) {
      return "this is an ORT-format model; use the .onnx file it was made from";
    }
    if (head.startsWith("\u0089HDF")) {
      return "this is an HDF5 file";
    }
    if (head.stripLeading().startsWith("<") || head.stripLeading().startsWith("{")) {
      return "this is text (a web page or JSON)";
    }
    return null;
  }
}
