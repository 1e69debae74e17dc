package dev.tilewright.onnx;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a ModelProto of onnx.proto3, as far as inference needs it. Field numbers as there. */
final class ModelReader {
  private final Map<String, Integer> opsets = new LinkedHashMap<>();
  private @Nullable GraphReader graph;

  private final ExternalData files;

  /** Whether the bytes looked like a model until something was wrong with them. */
  private boolean graphSeen;

  private ModelReader(ExternalData files) {
    this.files = files;
  }

  static OnnxModel read(MemorySegment file, ExternalData files) {
    if (file.byteSize() > Limits.FILE_BYTES) {
      throw new ModelFormatException("larger than 2 GiB: " + file.byteSize() + " bytes");
    }
    String guess = NotOnnx.guess(file);
    if (guess != null) {
      throw new ModelFormatException("not an ONNX model: " + guess);
    }
    return new ModelReader(files).model(new ProtoReader(file));
  }

  private OnnxModel model(ProtoReader in) {
    try {
      while (in.next()) {
        switch (in.field()) {
          case 7 -> {
            if (graphSeen) {
              throw in.malformed("two graphs");
            }
            graphSeen = true;
            graph = GraphReader.read(in.message(), files);
          }
          case 8 -> opset(in.message());
          default -> in.skip();
        }
      }
    } catch (ModelFormatException e) {
      if (graphSeen) {
        throw e;
      }
      throw new ModelFormatException("not an ONNX model, or a damaged one: " + e.getMessage());
    }
    if (graph == null) {
      throw new ModelFormatException("not an ONNX model: it has no graph");
    }
    return graph.model(opsets);
  }

  private void opset(ProtoReader in) {
    String domain = "";
    long version = 0;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> domain = domain(in);
        case 2 -> version = in.integer();
        default -> in.skip();
      }
    }
    if (version < 1 || version > 1000) {
      throw in.malformed("impossible opset version " + version);
    }
    Integer other = opsets.put(domain, (int) version);
    if (other != null && other != version) {
      throw in.malformed("two opset versions of domain '" + domain + "'");
    }
  }

  /** The standard domain has two spellings. */
  static String domain(ProtoReader in) {
    String domain = in.string(Limits.NAME_BYTES);
    return domain.equals("ai.onnx") ? "" : domain;
  }

  static void count(ProtoReader in, int count, int limit, String what) {
    if (count == limit) {
      throw in.malformed("more than " + limit + " " + what);
    }
  }
}
