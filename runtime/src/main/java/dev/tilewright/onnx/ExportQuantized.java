package dev.tilewright.onnx;

import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Operators on quantised values. The graph's filters have their zero point subtracted, in 32 bits;
 * the file's have 8 bits and one zero point. They are written unsigned, and so is what they meet:
 * products of unsigned bytes are exact on every processor, those of mixed signs saturate on some
 * (vpmaddubsw).
 */
final class ExportQuantized {
  private ExportQuantized() {}

  /** Bytes of a filter, and what is to be subtracted from them: names in the file. */
  private record Part(String bytes, String zero) {}

  static void quantize(ExportScope out, Node node, DType to) {
    Value x = node.input(0);
    boolean image = out.isImage(x);
    if (to.bytes() == 1 && !isScattered(node)) {
      scaled(out, node, "QuantizeLinear", image, true);
      return;
    }
    // As the operator's text has it. Whole numbers of 17 bits are exact in float32.
    int rank = image ? x.shape().rank() : 0;
    String quotient = out.emit("Div", Map.of(), out.name(x, rank), out.name(node.input(1), rank));
    String zero = cast(out, out.name(node.input(2), rank), DType.FLOAT32);
    boolean signed = to == DType.INT8 || to == DType.INT16;
    int values = 1 << (8 * to.bytes());
    float least = signed ? -values / 2f : 0;
    String sum = out.emit("Add", Map.of(), out.emit("Round", Map.of(), quotient), zero);
    String above = out.emit("Max", Map.of(), sum, out.number(least));
    String inside = out.emit("Min", Map.of(), above, out.number(least + values - 1));
    out.define(node.output(), image, cast(out, inside, to));
  }

  static void dequantize(ExportScope out, Node node) {
    Value x = node.input(0);
    boolean image = out.isImage(x);
    boolean bytes = x.type().dtype().bytes() == 1;
    if (!isScattered(node) && (bytes || isPlainSum(out, node))) {
      scaled(out, node, "DequantizeLinear", image, bytes);
      return;
    }
    int rank = image ? x.shape().rank() : 0;
    String wide = cast(out, out.name(x, rank), DType.INT64);
    String zero = cast(out, out.name(node.input(2), rank), DType.INT64);
    String difference = cast(out, out.emit("Sub", Map.of(), wide, zero), DType.FLOAT32);
    String scale = out.name(node.input(1), rank);
    out.define(node.output(), image, out.emit("Mul", Map.of(), difference, scale));
  }

  /** Of sums, runtimes take no zero point but 0. */
  private static boolean isPlainSum(ExportScope out, Node node) {
    Tensor zero = out.constantOf(node.input(2));
    return node.input(0).type().dtype() == DType.INT32
        && zero != null
        && Arrays.stream(zero.toLongs()).allMatch(z -> z == 0);
  }

  /** Whether scales and zero points differ along more than one dimension. */
  private static boolean isScattered(Node node) {
    return axes(node).size() > 1;
  }

  /** The dimensions of x along which scales or zero points differ. */
  private static List<Integer> axes(Node node) {
    int rank = node.input(0).shape().rank();
    List<Integer> axes = new ArrayList<>();
    for (int axis = 0; axis < rank; axis++) {
      for (Value each : node.inputs().subList(1, 3)) {
        int own = axis - rank + each.shape().rank();
        if (own >= 0 && each.shape().dim(own) != 1 && !axes.contains(axis)) {
          axes.add(axis);
        }
      }
    }
    return axes;
  }

  /** By one scale and zero point for all elements, or for each place along an axis. */
  private static void scaled(
      ExportScope out, Node node, String opType, boolean image, boolean withZero) {
    Value x = node.input(0);
    List<Integer> axes = axes(node);
    Map<String, Attribute> attributes = Map.of();
    Shape each = Shape.SCALAR;
    if (!axes.isEmpty()) {
      int axis = axes.getFirst();
      each = Shape.of(x.shape().dim(axis));
      long place = ExportScope.axis(axis, image, x.shape().rank());
      attributes = Map.of("axis", new Attribute.Int(place));
    }
    List<String> in = new ArrayList<>(List.of(out.name(x, image)));
    for (Value parameter : node.inputs().subList(1, withZero ? 3 : 2)) {
      boolean one = parameter.shape().elements() == 1;
      String name = out.name(parameter, one ? Shape.SCALAR : each);
      in.add(one && !axes.isEmpty() ? expand(out, name, each) : name);
    }
    out.define(node.output(), image, out.emit(opType, attributes, in.toArray(String[]::new)));
  }

  private static String expand(ExportScope out, String name, Shape shape) {
    return out.emit("Expand", Map.of(), name, out.longs(shape.dims()));
  }

  static void convolution(ExportScope out, Node node, Op.IntegerConv conv) {
    String x = unsigned(out, node.input(0), out.name(node.input(0), true));
    String zero = unsigned(out, node.input(1), out.name(node.input(1), Shape.SCALAR));
    Map<String, Attribute> attributes = ExportWindows.attributes(conv.window());
    attributes.put("group", new Attribute.Int(conv.groups()));
    String sum =
        added(
            out,
            filter(out, node, node.input(2)),
            part -> out.emit("ConvInteger", attributes, x, part.bytes, zero, part.zero));
    if (conv.bias()) {
      Value bias = node.input(3);
      String column = out.name(bias, Shape.of(bias.shape().dim(0), 1, 1));
      sum = out.emit("Add", Map.of(), sum, column);
    }
    out.define(node.output(), true, sum);
  }

  /** A filter here is [K, FH, FW, C/G], in the file [K, C/G, FH, FW]. */
  private static List<Part> filter(ExportScope out, Node node, Value filter) {
    Tensor constant = out.constantOf(filter);
    if (constant != null) {
      return parts(out, node, filter, ExportScope.channelsFirst(constant));
    }
    return split(out, out.name(filter, true));
  }

  /** What 8 bits less 8 bits gives, as the sum of two that fit. */
  private static List<Part> split(ExportScope out, String all) {
    String above = out.emit("Max", Map.of(), all, whole(out, -128));
    String low = out.emit("Min", Map.of(), above, whole(out, 127));
    String rest = out.emit("Sub", Map.of(), all, low);
    return List.of(shifted(out, low, 128), shifted(out, rest, 127));
  }

  private static Part shifted(ExportScope out, String x, int zero) {
    String sum = out.emit("Add", Map.of(), x, whole(out, zero));
    return new Part(cast(out, sum, DType.UINT8), zero(out, zero));
  }

  private static List<Part> parts(ExportScope out, Node node, Value filter, Tensor tensor) {
    long[] values = tensor.toLongs();
    long least = Arrays.stream(values).min().orElse(0);
    long most = Arrays.stream(values).max().orElse(0);
    if (least < -255 || most > 255) {
      throw OnnxExporter.refused(node, "filter values from " + least + " to " + most);
    }
    if (least >= -128 && most <= 127) {
      return List.of(part(out, filter, tensor.shape(), values, 128));
    }
    if (most - least <= 255) {
      return List.of(part(out, filter, tensor.shape(), values, (int) Math.max(0, -least)));
    }
    long[] low = Arrays.stream(values).map(v -> Math.clamp(v, -128, 127)).toArray();
    long[] rest = new long[values.length];
    Arrays.setAll(rest, i -> values[i] - low[i]);
    return List.of(
        part(out, filter, tensor.shape(), low, 128), part(out, filter, tensor.shape(), rest, 127));
  }

  private static Part part(ExportScope out, Value filter, Shape shape, long[] values, int zero) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (values[i] + zero);
    }
    TensorType type = new TensorType(DType.UINT8, shape);
    Tensor tensor = new Tensor(type, MemorySegment.ofArray(bytes));
    return new Part(out.constant(filter.name(), tensor), zero(out, zero));
  }

  /** b is transposed here, and not in the file. */
  static void product(ExportScope out, Node node) {
    String a = out.name(node.input(0), false);
    Value b = node.input(2);
    List<Integer> turned = new ArrayList<>(dimensions(b));
    Collections.swap(turned, turned.size() - 2, turned.size() - 1);
    Map<String, Attribute> perm = Map.of("perm", ExportScope.ints(turned));
    Tensor constant = out.constantOf(b);
    List<Part> parts =
        constant == null
            ? split(out, out.emit("Transpose", perm, out.name(b, false)))
            : parts(out, node, b, ExportScope.transposed(constant, turned));
    Value zero = node.input(1);
    boolean byRows = zero.shape().elements() != 1;
    String left = unsigned(out, node.input(0), a);
    String each =
        unsigned(out, zero, byRows ? out.name(zero, false) : out.name(zero, Shape.SCALAR));
    String zeroPoint = byRows ? "" : each;
    String result =
        added(
            out,
            parts,
            part -> out.emit("MatMulInteger", Map.of(), left, part.bytes, zeroPoint, part.zero));
    if (byRows) {
      // Runtimes take one zero point for all of the left side: what it adds is subtracted.
      String right = out.emit("Transpose", perm, out.name(b, false));
      String columns = out.emit("ReduceSum", Map.of(), right, out.longs(List.of(-2)));
      String excess = out.emit("Mul", Map.of(), cast(out, each, DType.INT32), columns);
      result = out.emit("Sub", Map.of(), result, excess);
    }
    out.define(node.output(), false, result);
  }

  /** The sum over the parts of a factor. */
  private static String added(ExportScope out, List<Part> parts, Function<Part, String> product) {
    return parts.stream()
        .map(product)
        .reduce((sum, next) -> out.emit("Add", Map.of(), sum, next))
        .orElseThrow();
  }

  private static List<Integer> dimensions(Value value) {
    return IntStream.range(0, value.shape().rank()).boxed().toList();
  }

  /** Signed values and their zero point, both 128 more, mean the same. */
  private static String unsigned(ExportScope out, Value value, String name) {
    if (value.type().dtype() == DType.UINT8) {
      return name;
    }
    String sum = out.emit("Add", Map.of(), cast(out, name, DType.INT32), whole(out, 128));
    return cast(out, sum, DType.UINT8);
  }

  private static String cast(ExportScope out, String name, DType to) {
    return out.emit("Cast", Map.of("to", new Attribute.Int(ElementType.code(to))), name);
  }

  private static String whole(ExportScope out, int value) {
    TensorType type = new TensorType(DType.INT32, Shape.SCALAR);
    return out.constant("whole", new Tensor(type, MemorySegment.ofArray(new int[] {value})));
  }

  private static String zero(ExportScope out, int value) {
    TensorType type = new TensorType(DType.UINT8, Shape.SCALAR);
    byte[] one = {(byte) value};
    return out.constant("zero_point", new Tensor(type, MemorySegment.ofArray(one)));
  }
}
