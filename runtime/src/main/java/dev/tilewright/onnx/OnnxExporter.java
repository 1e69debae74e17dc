package dev.tilewright.onnx;

import dev.tilewright.conv.Activation;
import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Writes a graph as a model file that any runtime can read: standard operators of opset {@value
 * #OPSET}, or of a later one if a node needs that; images channels first, sizes fixed to those of
 * the graph. What is fused here is written as separate nodes, which other runtimes fuse in their
 * own ways.
 *
 * <p>To make a new operator known: a line in {@link #write(Node)}. {@code same} writes one whose
 * tensors the file has as the graph does; {@code elementwise} one that does not care about layout.
 */
public final class OnnxExporter {
  /** The first with LayerNormalization; runtimes since 2022 read it. */
  static final int OPSET = 17;

  private final ExportScope out;

  private OnnxExporter(Graph graph) {
    int opset = graph.nodes().stream().mapToInt(OnnxExporter::opset).max().orElse(OPSET);
    out = new ExportScope(graph, opset);
  }

  /**
   * The graph as the bytes of an ONNX file.
   *
   * @throws UnsupportedModelException if the format has no words for an operator, which is named
   */
  public static byte[] write(Graph graph) {
    OnnxExporter exporter = new OnnxExporter(graph);
    for (Node node : graph.nodes()) {
      exporter.out.begin(node);
      exporter.write(node);
    }
    return exporter.out.finish();
  }

  /** The first opset that has words for a node, if it is one of those written here. */
  private static int opset(Node node) {
    return switch (node.op()) {
      case Op.Pool p when p.kind() == Op.PoolKind.AVERAGE && ExportWindows.isDilated(p.window()) ->
          19;
      case Op.Pad p when p.mode() == Op.PadMode.WRAP -> 19;
      case Op.Resize r when r.transform() == Op.CoordinateTransform.HALF_PIXEL_SYMMETRIC -> 19;
      case Op.Binary(BinaryFunction f) when isBitwise(node, f) -> 18;
      case Op.Scatter(Op.ScatterReduction r) when isExtremum(r) -> 18;
      case Op.ScatterElements(int axis, Op.ScatterReduction r) when isExtremum(r) -> 18;
      default -> OPSET;
    };
  }

  private static boolean isBitwise(Node node, BinaryFunction f) {
    boolean logic = f == BinaryFunction.AND || f == BinaryFunction.OR;
    return logic && node.input(0).type().dtype() != DType.BOOL;
  }

  private static boolean isExtremum(Op.ScatterReduction reduction) {
    return reduction == Op.ScatterReduction.MIN || reduction == Op.ScatterReduction.MAX;
  }

  private void write(Node node) {
    switch (node.op()) {
      case Op.Conv conv -> ExportWindows.conv(out, node, conv);
      case Op.ConvTranspose conv -> ExportWindows.convTranspose(out, node, conv);
      case Op.Pool pool -> ExportWindows.pool(out, node, pool);
      case Op.Resize resize -> ExportWindows.resize(out, node, resize);
      case Op.MatMul m -> same(node, "MatMul", Map.of());
      case Op.Quantize(DType to) -> ExportQuantized.quantize(out, node, to);
      case Op.Dequantize d -> ExportQuantized.dequantize(out, node);
      case Op.IntegerConv conv -> ExportQuantized.convolution(out, node, conv);
      case Op.IntegerMatMul m -> ExportQuantized.product(out, node);
      case Op.Activate(Activation activation) -> {
        boolean image = anyImage(node);
        String x = out.name(node.input(0), image);
        out.define(node.output(), image, ExportActivations.write(out, activation, x));
      }
      case Op.Unary(Op.UnaryFunction f)
          when f == Op.UnaryFunction.HALF || f == Op.UnaryFunction.BFLOAT16 -> {
        boolean image = anyImage(node);
        String x = out.name(node.input(0), image);
        int narrow = f == Op.UnaryFunction.HALF ? 10 : 16; // element types of the format
        String rounded = out.emit("Cast", Map.of("to", new Attribute.Int(narrow)), x);
        String wide = out.emit("Cast", Map.of("to", new Attribute.Int(1)), rounded);
        out.define(node.output(), image, wide);
      }
      case Op.Unary(Op.UnaryFunction f) -> elementwise(node, word(f));
      case Op.Binary(BinaryFunction f) -> binary(node, f);
      case Op.Where w -> elementwise(node, "Where");
      case Op.Elementwise e -> throw refused(node, "operators that a plan has joined");
      case Op.Runs runs -> ExportMoves.runs(out, node, runs);
      case Op.Reductions r -> throw refused(node, "operators that a plan has joined");
      case Op.Attention attention -> ExportAttention.write(out, node, attention);
      case Op.Cast(DType to) ->
          elementwise(node, "Cast", Map.of("to", new Attribute.Int(ElementType.code(to))));
      case Op.Reduce reduce -> reduce(node, reduce);
      case Op.Softmax(int axis) -> alongAxis(node, "Softmax", axis, anyImage(node));
      case Op.LayerNorm(float epsilon) ->
          same(node, "LayerNormalization", Map.of("epsilon", new Attribute.Real(epsilon)));
      case Op.Concat(int axis) -> alongAxis(node, "Concat", axis, anyImage(node));
      case Op.Slice slice -> ExportMoves.slice(out, node, slice);
      case Op.Pad pad -> ExportMoves.pad(out, node, pad);
      case Op.Transpose(List<Integer> perm) -> ExportMoves.transpose(out, node, perm);
      case Op.Reshape(Shape to) -> ExportMoves.reshape(out, node, to);
      case Op.Expand(Shape to) -> {
        boolean image = anyImage(node);
        String shape = out.longs(ExportScope.order(to.dims(), image));
        String x = out.name(node.input(0), image ? to.rank() : 0);
        out.define(node.output(), image, out.emit("Expand", Map.of(), x, shape));
      }
      case Op.Gather(int axis) when node.input(1).shape().rank() == 1 -> {
        boolean image = out.isImage(node.input(0));
        Attribute where = new Attribute.Int(ExportScope.axis(axis, image, rank(node)));
        String x = out.name(node.input(0), image);
        String indices = out.name(node.input(1), false);
        out.define(node.output(), image, out.emit("Gather", Map.of("axis", where), x, indices));
      }
      case Op.Gather(int axis) -> same(node, "Gather", Map.of("axis", new Attribute.Int(axis)));
      case Op.GatherElements(int axis) ->
          same(node, "GatherElements", Map.of("axis", new Attribute.Int(axis)));
      case Op.GatherParts(int batch) ->
          same(node, "GatherND", Map.of("batch_dims", new Attribute.Int(batch)));
      case Op.Scatter(Op.ScatterReduction reduction) ->
          same(node, "ScatterND", Map.of("reduction", text(reduction)));
      case Op.ScatterElements(int axis, Op.ScatterReduction reduction) ->
          same(
              node,
              "ScatterElements",
              Map.of("axis", new Attribute.Int(axis), "reduction", text(reduction)));
      case Op.Top top -> top(node, top);
      case Op.CumulativeSum sum -> {
        boolean image = anyImage(node);
        long axis = ExportScope.axis(sum.axis(), image, rank(node));
        Map<String, Attribute> attributes =
            Map.of("exclusive", flag(sum.exclusive()), "reverse", flag(sum.reverse()));
        String along = out.constant("axis", Tensor.of(Shape.SCALAR, axis));
        String x = out.name(node.input(0), image);
        out.define(node.output(), image, out.emit("CumSum", attributes, x, along));
      }
      case Op.GridSample sample -> ExportWindows.gridSample(out, node, sample);
      case Op.RoiAlign align -> ExportWindows.roiAlign(out, node, align);
      case Op.MaxPositions positions -> ExportWindows.maxPositions(out, node, positions);
      case Op.LocalNorm norm -> ExportWindows.localNorm(out, node, norm);
    }
  }

  /** An operator whose tensors have the dimensions in the graph's order. */
  private void same(Node node, String opType, Map<String, Attribute> attributes) {
    write(node, opType, attributes, false);
  }

  /** An operator that treats all elements alike: written in the layout that its inputs have. */
  private void elementwise(Node node, String opType, Map<String, Attribute> attributes) {
    write(node, opType, attributes, anyImage(node));
  }

  private void elementwise(Node node, String opType) {
    elementwise(node, opType, Map.of());
  }

  private void alongAxis(Node node, String opType, int axis, boolean image) {
    Attribute where = new Attribute.Int(ExportScope.axis(axis, image, rank(node)));
    write(node, opType, Map.of("axis", where), image);
  }

  private void write(Node node, String opType, Map<String, Attribute> attributes, boolean image) {
    out.define(node.output(), image, out.emit(opType, attributes, names(node, image)));
  }

  private String[] names(Node node, boolean image) {
    int rank = image ? node.output().shape().rank() : 0;
    return node.inputs().stream().map(v -> out.name(v, rank)).toArray(String[]::new);
  }

  /** Whether an input is in the file as an image only, and the result has as many dimensions. */
  private boolean anyImage(Node node) {
    int rank = node.output().shape().rank();
    return node.inputs().stream().anyMatch(v -> v.shape().rank() == rank && out.isImage(v));
  }

  /** Dimensions of the node's first input. */
  private static int rank(Node node) {
    return node.input(0).shape().rank();
  }

  private static List<Integer> dimensions(Node node) {
    return IntStream.range(0, rank(node)).boxed().toList();
  }

  private void binary(Node node, BinaryFunction f) {
    if (isBitwise(node, f)) {
      elementwise(node, "Bitwise" + word(f));
      return;
    }
    if (f == BinaryFunction.POW && node.input(0).type().dtype() == DType.UINT64) {
      throw refused(node, "powers of UINT64");
    }
    if (f != BinaryFunction.MOD || node.input(0).type().dtype() != DType.FLOAT32) {
      Map<String, Attribute> attributes =
          f == BinaryFunction.REMAINDER ? Map.of("fmod", new Attribute.Int(1)) : Map.of();
      elementwise(node, word(f), attributes);
      return;
    }
    // The format has this one for integers only: x - floor(x / y) * y.
    boolean image = anyImage(node);
    String[] in = names(node, image);
    String floor = out.emit("Floor", Map.of(), out.emit("Div", Map.of(), in));
    String whole = out.emit("Mul", Map.of(), floor, in[1]);
    out.define(node.output(), image, out.emit("Sub", Map.of(), in[0], whole));
  }

  private void reduce(Node node, Op.Reduce reduce) {
    Value x = node.input(0);
    List<Integer> kept = new ArrayList<>(ExportScope.order(dimensions(node), out.isImage(x)));
    kept.removeAll(reduce.axes());
    boolean image =
        out.isImage(x) && (reduce.keepDims() || kept.equals(kept.stream().sorted().toList()));
    String name = out.name(x, image);
    if (reduce.axes().isEmpty()) {
      out.define(node.output(), image, name); // to the format, no axes are all of them
      return;
    }
    List<Integer> axes =
        reduce.axes().stream().map(a -> ExportScope.axis(a, image, rank(node))).toList();
    Attribute keep = flag(reduce.keepDims());
    String result;
    if (image
        && rank(node) == 4
        && reduce.keepDims()
        && axes.equals(List.of(2, 3))
        && hasGlobal(reduce.kind())) {
      String kind = reduce.kind() == ReduceKind.MEAN ? "Average" : "Max";
      result = out.emit("Global" + kind + "Pool", Map.of(), name);
    } else if (reduce.kind() == ReduceKind.SUM || out.opset() >= 18) {
      // Of sums, axes are an input since opset 13, of the others since 18.
      result = out.emit(word(reduce.kind()), Map.of("keepdims", keep), name, out.longs(axes));
    } else {
      Map<String, Attribute> attributes = Map.of("keepdims", keep, "axes", ExportScope.ints(axes));
      result = out.emit(word(reduce.kind()), attributes, name);
    }
    out.define(node.output(), image && reduce.keepDims(), result);
  }

  private static boolean hasGlobal(ReduceKind kind) {
    return kind == ReduceKind.MEAN || kind == ReduceKind.MAX;
  }

  private void top(Node node, Op.Top top) {
    boolean image = anyImage(node);
    Attribute axis = new Attribute.Int(ExportScope.axis(top.axis(), image, rank(node)));
    String x = out.name(node.input(0), image);
    String result;
    if (!top.lastOfEqual()) {
      String k = out.constant("k", Tensor.of(Shape.of(1), (long) top.k()));
      result = out.emitSecond("TopK", Map.of("axis", axis, "largest", flag(top.largest())), x, k);
    } else if (top.k() == 1) {
      Map<String, Attribute> attributes = Map.of("axis", axis, "select_last_index", flag(true));
      result = out.emit(top.largest() ? "ArgMax" : "ArgMin", attributes, x);
    } else {
      throw refused(node, "several best of which the last of equal ones comes first");
    }
    out.define(node.output(), image, result);
  }

  private static Attribute flag(boolean set) {
    return new Attribute.Int(set ? 1 : 0);
  }

  private static Attribute text(Op.ScatterReduction reduction) {
    return new Attribute.Text(
        switch (reduction) {
          case REPLACE -> "none";
          case ADD -> "add";
          case MUL -> "mul";
          case MIN -> "min";
          case MAX -> "max";
        });
  }

  /** For what the format, at this opset, cannot say. */
  static UnsupportedModelException refused(Node node, String what) {
    String op = node.op().getClass().getSimpleName();
    return new UnsupportedModelException(
        List.of("writing node '" + node.name() + "' (" + op + "): " + what));
  }

  private static String word(Op.UnaryFunction f) {
    return switch (f) {
      case SIGN -> "Sign";
      case SIN -> "Sin";
      case COS -> "Cos";
      case TAN -> "Tan";
      case ASIN -> "Asin";
      case ACOS -> "Acos";
      case ATAN -> "Atan";
      case SINH -> "Sinh";
      case COSH -> "Cosh";
      case ASINH -> "Asinh";
      case ACOSH -> "Acosh";
      case ATANH -> "Atanh";
      case SQRT -> "Sqrt";
      case EXP -> "Exp";
      case LOG -> "Log";
      case ERF -> "Erf";
      case ABS -> "Abs";
      case NEG -> "Neg";
      case FLOOR -> "Floor";
      case CEIL -> "Ceil";
      case ROUND -> "Round";
      case RECIPROCAL -> "Reciprocal";
      case NOT -> "Not";
      case HALF, BFLOAT16 -> "Cast";
    };
  }

  private static String word(BinaryFunction f) {
    return switch (f) {
      case ADD -> "Add";
      case SUB -> "Sub";
      case MUL -> "Mul";
      case DIV -> "Div";
      case MOD, REMAINDER -> "Mod";
      case POW -> "Pow";
      case MIN -> "Min";
      case MAX -> "Max";
      case EQUAL -> "Equal";
      case LESS -> "Less";
      case GREATER -> "Greater";
      case AND -> "And";
      case OR -> "Or";
    };
  }

  private static String word(ReduceKind kind) {
    return switch (kind) {
      case MEAN -> "ReduceMean";
      case SUM -> "ReduceSum";
      case MAX -> "ReduceMax";
      case MIN -> "ReduceMin";
      case PROD -> "ReduceProd";
    };
  }
}
