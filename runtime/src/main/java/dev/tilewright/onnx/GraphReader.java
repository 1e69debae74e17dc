package dev.tilewright.onnx;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a GraphProto with its nodes, which may have graphs inside. Field numbers as in the format.
 */
final class GraphReader {
  private final List<String> outputs = new ArrayList<>();
  private final List<OnnxNode> nodes = new ArrayList<>();
  private final Map<String, Tensor> initializers = new LinkedHashMap<>();

  /** The graph inputs as messages: which of them are initializers is known at the end only. */
  private final Map<String, ProtoReader> inputTypes = new LinkedHashMap<>();

  private final Map<String, ProtoReader> outputTypes = new LinkedHashMap<>();

  private final ExternalData files;

  private GraphReader(ExternalData files) {
    this.files = files;
  }

  static GraphReader read(ProtoReader in, ExternalData files) {
    GraphReader graph = new GraphReader(files);
    graph.fields(in);
    return graph;
  }

  /** What was read as the graph of a model, whose inputs must be typed. */
  OnnxModel model(Map<String, Integer> opsets) {
    inputTypes.keySet().removeAll(initializers.keySet());
    List<Signature> inputs = new ArrayList<>();
    inputTypes.forEach((name, type) -> inputs.add(signature(name, type)));
    return new OnnxModel(opsets, inputs, outputs, nodes, initializers);
  }

  /** What was read as a graph inside a node, whose inputs are given by that node. */
  OnnxBody body() {
    inputTypes.keySet().removeAll(initializers.keySet());
    Map<String, Signature> types = new LinkedHashMap<>();
    outputTypes.forEach((name, type) -> {
      Signature stated = hint(name, type);
      if (stated != null) {
        types.put(name, stated);
      }
    });
    return new OnnxBody(List.copyOf(inputTypes.keySet()), outputs, nodes, initializers, types);
  }

  /** The type of a body's output, which is rarely needed and often left out. */
  private static @Nullable Signature hint(String name, ProtoReader info) {
    try {
      return signature(name, info);
    } catch (UnsupportedModelException | ModelFormatException e) {
      return null;
    }
  }

  private void fields(ProtoReader in) {
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          ModelReader.count(in, nodes.size(), Limits.NODES, "nodes");
          nodes.add(node(in.message()));
        }
        case 5 -> {
          ModelReader.count(in, initializers.size(), Limits.TENSORS, "initializers");
          TensorReader.Named tensor = TensorReader.read(in.message(), files);
          if (initializers.put(tensor.name(), tensor.tensor()) != null) {
            throw in.malformed("two initializers are named '" + tensor.name() + "'");
          }
        }
        case 11 -> {
          ModelReader.count(in, inputTypes.size(), Limits.TENSORS, "inputs");
          input(in);
        }
        case 12 -> {
          ModelReader.count(in, outputs.size(), Limits.TENSORS, "outputs");
          ProtoReader info = in.message();
          String name = valueName(info);
          outputs.add(name);
          outputTypes.put(name, info.again());
        }
        case 15 -> throw new UnsupportedModelException(List.of("sparse initializers"));
        default -> in.skip();
      }
    }
  }

  private void input(ProtoReader in) {
    ProtoReader info = in.message();
    String name = valueName(info);
    if (inputTypes.put(name, info.again()) != null) {
      throw in.malformed("two inputs are named '" + name + "'");
    }
  }

  private static String valueName(ProtoReader in) {
    String name = "";
    while (in.next()) {
      if (in.field() == 1) {
        name = in.string(Limits.NAME_BYTES);
      } else {
        in.skip();
      }
    }
    if (name.isEmpty()) {
      throw in.malformed("an input or output of the graph has no name");
    }
    return name;
  }

  private static Signature signature(String name, ProtoReader info) {
    while (info.next()) {
      if (info.field() != 2) {
        info.skip();
        continue;
      }
      return typed(name, info.message(), false, false);
    }
    throw new UnsupportedModelException(List.of("input '" + name + "' has no type"));
  }

  /** A tensor, a sequence of tensors, or one of both that may be left out. */
  private static Signature typed(
      String name, ProtoReader type, boolean sequence, boolean optional) {
    while (type.next()) {
      if (type.field() == 1) {
        return tensor(name, type.message(), sequence, optional);
      }
      boolean isSequence = type.field() == 4 && !sequence;
      boolean isOptional = type.field() == 9 && !sequence && !optional;
      if (!isSequence && !isOptional) {
        type.skip();
        continue;
      }
      ProtoReader content = type.message();
      while (content.next()) {
        if (content.field() == 1) {
          return typed(name, content.message(), isSequence, optional || isOptional);
        }
        content.skip();
      }
    }
    throw new UnsupportedModelException(
        List.of("input '" + name + "' is neither a tensor nor a sequence of tensors"));
  }

  private static Signature tensor(String name, ProtoReader in, boolean sequence, boolean optional) {
    long code = 0;
    List<Signature.Dim> dims = new ArrayList<>();
    boolean shaped = false;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> code = in.integer();
        case 2 -> {
          shaped = true;
          ProtoReader shape = in.message();
          while (shape.next()) {
            if (shape.field() == 1) {
              ModelReader.count(shape, dims.size(), Limits.RANK, "dimensions");
              dims.add(dim(name, shape.message()));
            } else {
              shape.skip();
            }
          }
        }
        default -> in.skip();
      }
    }
    if (!shaped && !sequence) {
      throw new UnsupportedModelException(
          List.of("input '" + name + "' has no shape: the number of dimensions must be known"));
    }
    DType dtype = ElementType.of(code, "input '" + name + "'").dtype();
    return new Signature(name, dtype, dims, sequence, optional);
  }

  /** Exporters write an open dimension as a symbol, as nothing, as -1 or as 0. */
  private static Signature.Dim dim(String name, ProtoReader in) {
    long size = -1;
    String symbol = null;
    while (in.next()) {
      switch (in.field()) {
        case 1 -> size = in.integer();
        case 2 -> symbol = in.string(Limits.NAME_BYTES);
        default -> in.skip();
      }
    }
    if (size < -1 || size > Integer.MAX_VALUE) {
      throw in.malformed("input '" + name + "' has a dimension of " + size);
    }
    boolean open = size <= 0;
    // Some exporters name every open dimension "?": that is no name.
    boolean named = open && symbol != null && !symbol.isEmpty() && !symbol.equals("?");
    return new Signature.Dim(named ? symbol : null, open ? -1 : (int) size);
  }

  private OnnxNode node(ProtoReader in) {
    String name = "";
    String domain = "";
    String opType = "";
    List<String> from = new ArrayList<>();
    List<String> to = new ArrayList<>();
    Map<String, Attribute> attributes = new LinkedHashMap<>();
    while (in.next()) {
      switch (in.field()) {
        case 1 -> {
          ModelReader.count(in, from.size(), Limits.NODE_INPUTS, "inputs of a node");
          from.add(in.string(Limits.NAME_BYTES));
        }
        case 2 -> {
          ModelReader.count(in, to.size(), Limits.NODE_INPUTS, "outputs of a node");
          to.add(in.string(Limits.NAME_BYTES));
        }
        case 3 -> name = in.string(Limits.NAME_BYTES);
        case 4 -> opType = in.string(Limits.NAME_BYTES);
        case 5 -> {
          ModelReader.count(in, attributes.size(), Limits.NODE_ATTRIBUTES, "attributes of a node");
          AttributeReader.Named attribute = AttributeReader.read(in.message(), files);
          if (attributes.put(attribute.name(), attribute.value()) != null) {
            throw in.malformed("two attributes are named '" + attribute.name() + "'");
          }
        }
        case 7 -> domain = ModelReader.domain(in);
        default -> in.skip();
      }
    }
    if (opType.isEmpty()) {
      throw in.malformed("node '" + name + "' has no operator");
    }
    return new OnnxNode(name, domain, opType, from, to, attributes);
  }
}
