package dev.tilewright.onnx;

import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Value;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The operators of the model format that can be imported: one line an operator and range of
 * versions. To add one, write its method in the file of its idea and a line here.
 */
final class ImportTable {
  /** The oldest opset, and the newest this table was checked against. */
  static final int FIRST = 1;

  static final int LAST = 21;

  /**
   * One line.
   *
   * @param op with its domain, if that is not the standard one
   * @param outputs results that there are at most
   * @param operands inputs whose values, not only types, must be known
   * @param refusal why a node cannot be imported whatever its shapes, or null; sees attributes only
   */
  record Row(
      String op,
      int first,
      int last,
      int outputs,
      Action action,
      List<Integer> operands,
      Function<OnnxNode, @Nullable String> refusal) {
    Row unless(Function<OnnxNode, @Nullable String> why) {
      return new Row(op, first, last, outputs, action, operands, why);
    }

    /** With operands: if they are computed, all of them are asked for at once. */
    Row knowing(Integer... inputs) {
      return new Row(op, first, last, outputs, action, List.of(inputs), refusal);
    }

    /** Whether the result depends on the types of the inputs only. */
    boolean isOfTypes() {
      return op.equals("Shape") || op.equals("Size");
    }
  }

  private static final Map<String, List<Row>> ROWS =
      Stream.of(
              // Convolutions and windows
              row("Conv", ImportConvolutions::conv).unless(Windows::refusal),
              row("ConvTranspose", ImportConvolutions::convTranspose).unless(Windows::refusal),
              row("AveragePool", ImportPools::average).unless(Windows::refusal),
              rows("MaxPool", FIRST, 2, ImportPools::max).unless(Windows::refusal),
              row("MaxUnpool", 9, LAST, ImportPools::unpool).knowing(2),
              row("LpPool", ImportPools::powers).unless(Windows::refusal),
              row("GlobalLpPool", ImportPools::globalPowers),
              row("AffineGrid", 20, LAST, ImportSampling::affineGrid),
              row("Col2Im", 18, LAST, ImportSampling::columnsToImage),
              row("GridSample", 16, LAST, ImportSampling::gridSample)
                  .unless(ImportSampling::gridRefusal),
              row("RoiAlign", 10, LAST, ImportSampling::roiAlign)
                  .unless(ImportSampling::roiRefusal),
              row("GlobalAveragePool", n -> ImportPools.global(n, ReduceKind.MEAN)),
              row("GlobalMaxPool", n -> ImportPools.global(n, ReduceKind.MAX)),
              row("BatchNormalization", FIRST, 13, ImportNormalizations::batch)
                  .unless(ImportNormalizations::batchRefusal),
              rows("BatchNormalization", 14, 3, ImportNormalizations::batchOrTraining),
              row("InstanceNormalization", ImportNormalizations::instance),
              rows("LayerNormalization", 17, 3, ImportNormalizations::layer),
              row("GroupNormalization", 18, LAST, ImportScaling::group),
              row("LRN", ImportScaling::neighbours),
              row("LpNormalization", ImportScaling::length),
              row("MeanVarianceNormalization", 9, LAST, ImportScaling::meanVariance),
              row("Resize", 10, 10, ImportResize::scaled).knowing(1).unless(ImportResize::refusal),
              row("Resize", 11, LAST, ImportResize::resize)
                  .knowing(1, 2, 3)
                  .unless(ImportResize::refusal),
              row("Upsample", 7, 9, ImportResize::scaled).knowing(1).unless(ImportResize::refusal),
              // Matrix products
              row("Gemm", ImportProducts::gemm),
              row("MatMul", ImportProducts::matMul),
              row("Einsum", 12, LAST, ImportEinsum::einsum),
              rows("GRU", FIRST, 2, ImportRecurrent::gru).unless(ImportRecurrent::refusal),
              rows("LSTM", FIRST, 3, ImportRecurrent::lstm).unless(ImportRecurrent::refusal),
              rows("RNN", FIRST, 2, ImportRecurrent::rnn).unless(ImportRecurrent::refusal),
              // Activations
              row("Clip", FIRST, 10, ImportActivations::clipAttributes),
              row("Clip", 11, LAST, ImportActivations::clip),
              row("Elu", ImportActivations::elu),
              row("Gelu", 20, LAST, ImportActivations::gelu).unless(ImportActivations::geluRefusal),
              row("HardSigmoid", ImportActivations::hardSigmoid),
              row("HardSwish", 14, LAST, ImportActivations::hardSwish),
              row("LeakyRelu", ImportActivations::leakyRelu),
              row("LogSoftmax", ImportActivations::logSoftmax),
              row("PRelu", ImportActivations::pRelu),
              row("Relu", ImportActivations::relu),
              row("Sigmoid", ImportActivations::sigmoid),
              row("Softmax", ImportActivations::softmax),
              row("Softplus", ImportActivations::softplus),
              row("Tanh", ImportActivations::tanh),
              row("Celu", 12, LAST, ImportActivations::celu),
              row("Hardmax", ImportActivations::hardmax),
              row("Mish", 18, LAST, ImportActivations::mish),
              row("Selu", ImportActivations::selu),
              row("Shrink", 9, LAST, ImportActivations::shrink),
              row("Softsign", ImportActivations::softsign),
              row("ThresholdedRelu", 10, LAST, ImportActivations::thresholdedRelu),
              // Elementwise arithmetic, comparison, logic
              row("Acos", n -> n.unary(UnaryFunction.ACOS, n.floats(0))),
              row("Acosh", 9, LAST, n -> n.unary(UnaryFunction.ACOSH, n.floats(0))),
              row("Asin", n -> n.unary(UnaryFunction.ASIN, n.floats(0))),
              row("Asinh", 9, LAST, n -> n.unary(UnaryFunction.ASINH, n.floats(0))),
              row("Atan", n -> n.unary(UnaryFunction.ATAN, n.floats(0))),
              row("Atanh", 9, LAST, n -> n.unary(UnaryFunction.ATANH, n.floats(0))),
              row("Cos", n -> n.unary(UnaryFunction.COS, n.floats(0))),
              row("Cosh", 9, LAST, n -> n.unary(UnaryFunction.COSH, n.floats(0))),
              row("Sin", n -> n.unary(UnaryFunction.SIN, n.floats(0))),
              row("Sinh", 9, LAST, n -> n.unary(UnaryFunction.SINH, n.floats(0))),
              row("Tan", n -> n.unary(UnaryFunction.TAN, n.floats(0))),
              row("Sign", 9, LAST, n -> n.unary(UnaryFunction.SIGN, n.in(0))),
              row("BitShift", 11, LAST, ImportMath::shift).unless(ImportMath::shiftRefusal),
              row("BitwiseAnd", 18, LAST, n -> ImportMath.bitwise(n, BinaryFunction.AND)),
              row("BitwiseNot", 18, LAST, ImportMath::bitwiseNot),
              row("BitwiseOr", 18, LAST, n -> ImportMath.bitwise(n, BinaryFunction.OR)),
              row("BitwiseXor", 18, LAST, ImportMath::bitwiseXor),
              row("GreaterOrEqual", 12, LAST, n -> ImportMath.orEqual(n, BinaryFunction.GREATER)),
              row("IsInf", 10, LAST, ImportMath::isInf),
              row("IsNaN", 9, LAST, ImportMath::isNan),
              row("LessOrEqual", 12, LAST, n -> ImportMath.orEqual(n, BinaryFunction.LESS)),
              row("Xor", ImportMath::xor),
              row("Abs", n -> n.unary(UnaryFunction.ABS, n.in(0))),
              row("Ceil", n -> n.unary(UnaryFunction.CEIL, n.floats(0))),
              row("Erf", 9, LAST, n -> n.unary(UnaryFunction.ERF, n.floats(0))),
              row("Exp", n -> n.unary(UnaryFunction.EXP, n.floats(0))),
              row("Floor", n -> n.unary(UnaryFunction.FLOOR, n.floats(0))),
              row("Log", n -> n.unary(UnaryFunction.LOG, n.floats(0))),
              row("Neg", n -> n.unary(UnaryFunction.NEG, n.in(0))),
              row("Not", n -> n.unary(UnaryFunction.NOT, n.in(0))),
              row("Reciprocal", n -> n.unary(UnaryFunction.RECIPROCAL, n.floats(0))),
              row("Round", 11, LAST, n -> n.unary(UnaryFunction.ROUND, n.floats(0))),
              row("Sqrt", n -> n.unary(UnaryFunction.SQRT, n.floats(0))),
              row("Add", n -> n.binary(BinaryFunction.ADD, n.in(0), n.in(1))),
              row("And", n -> n.binary(BinaryFunction.AND, n.in(0), n.in(1))),
              row("Div", n -> n.binary(BinaryFunction.DIV, n.in(0), n.in(1))),
              row("Equal", n -> n.binary(BinaryFunction.EQUAL, n.in(0), n.in(1))),
              row("Greater", n -> n.binary(BinaryFunction.GREATER, n.in(0), n.in(1))),
              row("Less", n -> n.binary(BinaryFunction.LESS, n.in(0), n.in(1))),
              row("Mod", 10, LAST, ImportMath::mod),
              row("Mul", n -> n.binary(BinaryFunction.MUL, n.in(0), n.in(1))),
              row("Or", n -> n.binary(BinaryFunction.OR, n.in(0), n.in(1))),
              row("Pow", ImportMath::pow),
              row("Sub", n -> n.binary(BinaryFunction.SUB, n.in(0), n.in(1))),
              row("Max", n -> ImportMath.chain(n, BinaryFunction.MAX)),
              row("Mean", ImportMath::mean),
              row("Min", n -> ImportMath.chain(n, BinaryFunction.MIN)),
              row("Sum", n -> ImportMath.chain(n, BinaryFunction.ADD)),
              row("Where", 9, LAST, ImportMath::where),
              row("Cast", 6, LAST, ImportMath::cast).unless(ImportMath::castRefusal),
              row("CastLike", 15, LAST, ImportMath::castLike),
              rows("Dropout", FIRST, 2, ImportMath::dropout),
              other("Identity", FIRST, (Action.Structure) Sequences::identity),
              // Reductions
              row("ArgMax", n -> ImportReductions.position(n, true)),
              row("ArgMin", n -> ImportReductions.position(n, false)),
              row("CumSum", 11, LAST, ImportReductions::cumulativeSum).knowing(1),
              row("ReduceL1", ImportReductions::l1),
              row("ReduceL2", ImportReductions::l2),
              row("ReduceLogSum", ImportReductions::logSum),
              row("ReduceLogSumExp", ImportReductions::logSumExp),
              row("ReduceMax", n -> ImportReductions.extremum(n, ReduceKind.MAX)),
              row("ReduceMean", n -> ImportReductions.reduce(n, ReduceKind.MEAN)),
              row("ReduceMin", n -> ImportReductions.extremum(n, ReduceKind.MIN)),
              row("ReduceProd", n -> ImportReductions.reduce(n, ReduceKind.PROD)),
              row("ReduceSum", n -> ImportReductions.reduce(n, ReduceKind.SUM)),
              row("ReduceSumSquare", ImportReductions::sumSquare),
              // Control flow and sequences
              other("If", FIRST, (Action.Structure) ControlFlow::branch).knowing(0),
              other("Loop", FIRST, (Action.Structure) ControlFlow::loop).knowing(0, 1),
              other("Optional", 15, (Action.Structure) Sequences::optional),
              other("OptionalGetElement", 15, (Action.Structure) Sequences::get),
              other("OptionalHasElement", 15, (Action.Structure) Sequences::isThere),
              other("ConcatFromSequence", 11, (Action.Structure) Sequences::concat),
              other("SequenceAt", 11, (Action.Structure) Sequences::at).knowing(1),
              other("SequenceConstruct", 11, (Action.Structure) Sequences::construct),
              other("SequenceEmpty", 11, (Action.Structure) Sequences::empty),
              other("SequenceErase", 11, (Action.Structure) Sequences::erase).knowing(1),
              other("SequenceInsert", 11, (Action.Structure) Sequences::insert).knowing(2),
              other("SequenceLength", 11, (Action.Structure) Sequences::length),
              other("SequenceMap", 17, (Action.Structure) Sequences::map),
              other("SplitToSequence", 11, (Action.Structure) Sequences::split).knowing(1),
              // Results whose size depends on values
              other("Compress", 9, (Action.DataDependent) Selections::compress),
              other("NonMaxSuppression", 10, (Action.DataDependent) NonMaxSuppression::apply),
              other("NonZero", 9, (Action.DataDependent) Selections::nonZero),
              other("Unique", 11, (Action.DataDependent) UniqueElements::apply),
              // Constants
              row("Constant", ImportConstants::constant).unless(ImportConstants::refusal),
              row("ConstantOfShape", 9, LAST, ImportConstants::constantOfShape).knowing(0),
              row("EyeLike", 9, LAST, ImportConstants::eyeLike),
              row("Range", 11, LAST, ImportConstants::range).knowing(0, 1, 2),
              row("Shape", ImportConstants::shape),
              row("Size", ImportConstants::size),
              // Shapes and moving values
              row("CenterCropPad", 18, LAST, ImportSlices::centre).knowing(1),
              row("Concat", ImportShapes::concat),
              row("DepthToSpace", ImportShapes::depthToSpace),
              row("Expand", 8, LAST, ImportShapes::expand).knowing(1),
              row("Flatten", ImportShapes::flatten),
              row("Gather", ImportSlices::gather),
              row("GatherElements", 11, LAST, ImportIndexing::gatherElements),
              row("GatherND", 11, LAST, ImportIndexing::gatherND),
              row("OneHot", 9, LAST, ImportIndexing::oneHot).knowing(1),
              row("Pad", 2, 10, ImportSlices::padAttributes).unless(ImportSlices::padRefusal),
              row("Pad", 11, LAST, ImportSlices::pad)
                  .knowing(1, 2, 3)
                  .unless(ImportSlices::padRefusal),
              row("Reshape", ImportShapes::reshape).knowing(1),
              row("ReverseSequence", 10, LAST, ImportIndexing::reverseSequence),
              row("Scatter", 9, 10, ImportIndexing::scatterElements),
              row("ScatterElements", 11, LAST, ImportIndexing::scatterElements)
                  .unless(ImportIndexing::scatterRefusal),
              row("ScatterND", 11, LAST, ImportIndexing::scatterND)
                  .unless(ImportIndexing::scatterRefusal),
              row("Slice", FIRST, 9, ImportSlices::sliceAttributes),
              row("Slice", 10, LAST, ImportSlices::slice).knowing(1, 2, 3, 4),
              row("SpaceToDepth", ImportShapes::spaceToDepth),
              rows("Split", FIRST, Integer.MAX_VALUE, ImportSlices::split).knowing(1),
              row("Squeeze", ImportShapes::squeeze).knowing(1),
              row("Tile", 6, LAST, ImportShapes::tile).knowing(1),
              rows("TopK", FIRST, 2, ImportIndexing::topK).knowing(1),
              row("Transpose", ImportShapes::transpose),
              row("Trilu", 14, LAST, ImportConstants::triangle).knowing(1),
              row("Unsqueeze", ImportShapes::unsqueeze).knowing(1),
              // Quantised
              row("QuantizeLinear", 10, LAST, ImportQuantization::quantize)
                  .unless(ImportQuantization::refusal),
              row("DequantizeLinear", 10, LAST, ImportQuantization::dequantize),
              rows("DynamicQuantizeLinear", 11, 3, ImportQuantization::dynamic),
              row("ConvInteger", 10, LAST, ImportQuantizedProducts::convInteger)
                  .unless(Windows::refusal),
              row("MatMulInteger", 10, LAST, ImportQuantizedProducts::matMulInteger),
              row("QLinearConv", 10, LAST, ImportQuantizedProducts::qLinearConv)
                  .unless(Windows::refusal),
              row("QLinearMatMul", 10, LAST, ImportQuantizedProducts::qLinearMatMul),
              microsoft("QuantizeLinear", ImportQuantization::quantize),
              microsoft("DequantizeLinear", ImportQuantization::dequantize),
              microsoft("QGemm", ImportQuantizedProducts::qGemm),
              microsoft("QLinearAdd", n -> ImportQuantizedMath.binary(n, BinaryFunction.ADD)),
              microsoft("QLinearMul", n -> ImportQuantizedMath.binary(n, BinaryFunction.MUL)),
              microsoft("QLinearAveragePool", ImportQuantizedMath::averagePool)
                  .unless(Windows::refusal),
              microsoft("QLinearGlobalAveragePool", ImportQuantizedMath::globalAveragePool),
              microsoft("QLinearConcat", ImportQuantizedMath::concat),
              microsoft("QLinearLeakyRelu", ImportQuantizedMath::leakyRelu),
              microsoft("QLinearSigmoid", ImportQuantizedMath::sigmoid),
              microsoft("QLinearSoftmax", ImportQuantizedMath::softmax))
          .collect(Collectors.groupingBy(Row::op));

  private ImportTable() {}

  /** The line for an operator, or null if there is none for this version. */
  static @Nullable Row find(OnnxNode node, int opset) {
    for (Row row : ROWS.getOrDefault(node.operator(), List.of())) {
      if (row.first <= opset && opset <= row.last) {
        return row;
      }
    }
    return null;
  }

  /** All lines, by operator and first version. */
  static List<Row> rows() {
    return ROWS.values().stream()
        .flatMap(List::stream)
        .sorted(Comparator.comparing(Row::op).thenComparingInt(Row::first))
        .toList();
  }

  /** The line of a node that was checked. */
  static Row require(OnnxModel model, OnnxNode node) {
    Row row = find(node, model.opset(node));
    if (row == null) {
      throw new IllegalStateException("check() let " + node.operator() + " pass");
    }
    return row;
  }

  private static Row row(String op, Function<NodeScope, Value> run) {
    return row(op, FIRST, LAST, run);
  }

  private static Row row(String op, int first, int last, Function<NodeScope, Value> run) {
    Action.Import action = n -> List.of(run.apply(n));
    return new Row(op, first, last, 1, action, List.of(), n -> null);
  }

  private static Row rows(String op, int first, int outputs, Action.Import action) {
    return new Row(op, first, LAST, outputs, action, List.of(), n -> null);
  }

  /** With any number of outputs. */
  private static Row other(String op, int first, Action action) {
    return new Row(op, first, LAST, Integer.MAX_VALUE, action, List.of(), n -> null);
  }

  /** An operator of ONNX Runtime's domain, which has one version. */
  private static Row microsoft(String op, Function<NodeScope, Value> run) {
    return row("com.microsoft." + op, 1, 1, run);
  }
}
