package dev.tilewright.onnx;

import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Op.ReduceKind;
import dev.tilewright.graph.Op.UnaryFunction;
import dev.tilewright.graph.Value;
import java.util.List;
import java.util.function.Function;
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

  private ImportTable() {}

  /** The lines of an operator, oldest first; none is linked that no model has asked for. */
  static List<Row> lines(String op) {
    return switch (op) {
      // Convolutions and windows
      case "Conv" -> List.of(row(op, ImportConvolutions::conv).unless(Windows::refusal));
      case "ConvTranspose" ->
          List.of(row(op, ImportConvolutions::convTranspose).unless(Windows::refusal));
      case "AveragePool" -> List.of(row(op, ImportPools::average).unless(Windows::refusal));
      case "MaxPool" -> List.of(rows(op, FIRST, 2, ImportPools::max).unless(Windows::refusal));
      case "MaxUnpool" -> List.of(row(op, 9, LAST, ImportPools::unpool).knowing(2));
      case "LpPool" -> List.of(row(op, ImportPools::powers).unless(Windows::refusal));
      case "GlobalLpPool" -> List.of(row(op, ImportPools::globalPowers));
      case "AffineGrid" -> List.of(row(op, 20, LAST, ImportSampling::affineGrid));
      case "Col2Im" -> List.of(row(op, 18, LAST, ImportSampling::columnsToImage));
      case "GridSample" ->
          List.of(
              row(op, 16, LAST, ImportSampling::gridSample).unless(ImportSampling::gridRefusal));
      case "RoiAlign" ->
          List.of(row(op, 10, LAST, ImportSampling::roiAlign).unless(ImportSampling::roiRefusal));
      case "GlobalAveragePool" -> List.of(row(op, n -> ImportPools.global(n, ReduceKind.MEAN)));
      case "GlobalMaxPool" -> List.of(row(op, n -> ImportPools.global(n, ReduceKind.MAX)));
      case "BatchNormalization" ->
          List.of(
              row(op, FIRST, 13, ImportNormalizations::batch)
                  .unless(ImportNormalizations::batchRefusal),
              rows(op, 14, 3, ImportNormalizations::batchOrTraining));
      case "InstanceNormalization" -> List.of(row(op, ImportNormalizations::instance));
      case "LayerNormalization" -> List.of(rows(op, 17, 3, ImportNormalizations::layer));
      case "GroupNormalization" -> List.of(row(op, 18, LAST, ImportScaling::group));
      case "LRN" -> List.of(row(op, ImportScaling::neighbours));
      case "LpNormalization" -> List.of(row(op, ImportScaling::length));
      case "MeanVarianceNormalization" -> List.of(row(op, 9, LAST, ImportScaling::meanVariance));
      case "Resize" ->
          List.of(
              row(op, 10, 10, ImportResize::scaled).knowing(1).unless(ImportResize::refusal),
              row(op, 11, LAST, ImportResize::resize)
                  .knowing(1, 2, 3)
                  .unless(ImportResize::refusal));
      case "Upsample" ->
          List.of(row(op, 7, 9, ImportResize::scaled).knowing(1).unless(ImportResize::refusal));
      // Matrix products
      case "Gemm" -> List.of(row(op, ImportProducts::gemm));
      case "MatMul" -> List.of(row(op, ImportProducts::matMul));
      case "Einsum" -> List.of(row(op, 12, LAST, ImportEinsum::einsum));
      case "GRU" ->
          List.of(rows(op, FIRST, 2, ImportRecurrent::gru).unless(ImportRecurrent::refusal));
      case "LSTM" ->
          List.of(rows(op, FIRST, 3, ImportRecurrent::lstm).unless(ImportRecurrent::refusal));
      case "RNN" ->
          List.of(rows(op, FIRST, 2, ImportRecurrent::rnn).unless(ImportRecurrent::refusal));
      // Activations
      case "Clip" ->
          List.of(
              row(op, FIRST, 10, ImportActivations::clipAttributes),
              row(op, 11, LAST, ImportActivations::clip));
      case "Elu" -> List.of(row(op, ImportActivations::elu));
      case "Gelu" ->
          List.of(
              row(op, 20, LAST, ImportActivations::gelu).unless(ImportActivations::geluRefusal));
      case "HardSigmoid" -> List.of(row(op, ImportActivations::hardSigmoid));
      case "HardSwish" -> List.of(row(op, 14, LAST, ImportActivations::hardSwish));
      case "LeakyRelu" -> List.of(row(op, ImportActivations::leakyRelu));
      case "LogSoftmax" -> List.of(row(op, ImportActivations::logSoftmax));
      case "PRelu" -> List.of(row(op, ImportActivations::pRelu));
      case "Relu" -> List.of(row(op, ImportActivations::relu));
      case "Sigmoid" -> List.of(row(op, ImportActivations::sigmoid));
      case "Softmax" -> List.of(row(op, ImportActivations::softmax));
      case "Softplus" -> List.of(row(op, ImportActivations::softplus));
      case "Tanh" -> List.of(row(op, ImportActivations::tanh));
      case "Celu" -> List.of(row(op, 12, LAST, ImportActivations::celu));
      case "Hardmax" -> List.of(row(op, ImportActivations::hardmax));
      case "Mish" -> List.of(row(op, 18, LAST, ImportActivations::mish));
      case "Selu" -> List.of(row(op, ImportActivations::selu));
      case "Shrink" -> List.of(row(op, 9, LAST, ImportActivations::shrink));
      case "Softsign" -> List.of(row(op, ImportActivations::softsign));
      case "ThresholdedRelu" -> List.of(row(op, 10, LAST, ImportActivations::thresholdedRelu));
      // Elementwise arithmetic, comparison, logic
      case "Acos" -> List.of(row(op, n -> n.unary(UnaryFunction.ACOS, n.floats(0))));
      case "Acosh" -> List.of(row(op, 9, LAST, n -> n.unary(UnaryFunction.ACOSH, n.floats(0))));
      case "Asin" -> List.of(row(op, n -> n.unary(UnaryFunction.ASIN, n.floats(0))));
      case "Asinh" -> List.of(row(op, 9, LAST, n -> n.unary(UnaryFunction.ASINH, n.floats(0))));
      case "Atan" -> List.of(row(op, n -> n.unary(UnaryFunction.ATAN, n.floats(0))));
      case "Atanh" -> List.of(row(op, 9, LAST, n -> n.unary(UnaryFunction.ATANH, n.floats(0))));
      case "Cos" -> List.of(row(op, n -> n.unary(UnaryFunction.COS, n.floats(0))));
      case "Cosh" -> List.of(row(op, 9, LAST, n -> n.unary(UnaryFunction.COSH, n.floats(0))));
      case "Sin" -> List.of(row(op, n -> n.unary(UnaryFunction.SIN, n.floats(0))));
      case "Sinh" -> List.of(row(op, 9, LAST, n -> n.unary(UnaryFunction.SINH, n.floats(0))));
      case "Tan" -> List.of(row(op, n -> n.unary(UnaryFunction.TAN, n.floats(0))));
      case "Sign" -> List.of(row(op, 9, LAST, n -> n.unary(UnaryFunction.SIGN, n.in(0))));
      case "BitShift" ->
          List.of(row(op, 11, LAST, ImportMath::shift).unless(ImportMath::shiftRefusal));
      case "BitwiseAnd" ->
          List.of(row(op, 18, LAST, n -> ImportMath.bitwise(n, BinaryFunction.AND)));
      case "BitwiseNot" -> List.of(row(op, 18, LAST, ImportMath::bitwiseNot));
      case "BitwiseOr" -> List.of(row(op, 18, LAST, n -> ImportMath.bitwise(n, BinaryFunction.OR)));
      case "BitwiseXor" -> List.of(row(op, 18, LAST, ImportMath::bitwiseXor));
      case "GreaterOrEqual" ->
          List.of(row(op, 12, LAST, n -> ImportMath.orEqual(n, BinaryFunction.GREATER)));
      case "IsInf" -> List.of(row(op, 10, LAST, ImportMath::isInf));
      case "IsNaN" -> List.of(row(op, 9, LAST, ImportMath::isNan));
      case "LessOrEqual" ->
          List.of(row(op, 12, LAST, n -> ImportMath.orEqual(n, BinaryFunction.LESS)));
      case "Xor" -> List.of(row(op, ImportMath::xor));
      case "Abs" -> List.of(row(op, n -> n.unary(UnaryFunction.ABS, n.in(0))));
      case "Ceil" -> List.of(row(op, n -> n.unary(UnaryFunction.CEIL, n.floats(0))));
      case "Erf" -> List.of(row(op, 9, LAST, n -> n.unary(UnaryFunction.ERF, n.floats(0))));
      case "Exp" -> List.of(row(op, n -> n.unary(UnaryFunction.EXP, n.floats(0))));
      case "Floor" -> List.of(row(op, n -> n.unary(UnaryFunction.FLOOR, n.floats(0))));
      case "Log" -> List.of(row(op, n -> n.unary(UnaryFunction.LOG, n.floats(0))));
      case "Neg" -> List.of(row(op, n -> n.unary(UnaryFunction.NEG, n.in(0))));
      case "Not" -> List.of(row(op, n -> n.unary(UnaryFunction.NOT, n.in(0))));
      case "Reciprocal" -> List.of(row(op, n -> n.unary(UnaryFunction.RECIPROCAL, n.floats(0))));
      case "Round" -> List.of(row(op, 11, LAST, n -> n.unary(UnaryFunction.ROUND, n.floats(0))));
      case "Sqrt" -> List.of(row(op, n -> n.unary(UnaryFunction.SQRT, n.floats(0))));
      case "Add" -> List.of(row(op, n -> n.binary(BinaryFunction.ADD, n.in(0), n.in(1))));
      case "And" -> List.of(row(op, n -> n.binary(BinaryFunction.AND, n.in(0), n.in(1))));
      case "Div" -> List.of(row(op, n -> n.binary(BinaryFunction.DIV, n.in(0), n.in(1))));
      case "Equal" -> List.of(row(op, n -> n.binary(BinaryFunction.EQUAL, n.in(0), n.in(1))));
      case "Greater" -> List.of(row(op, n -> n.binary(BinaryFunction.GREATER, n.in(0), n.in(1))));
      case "Less" -> List.of(row(op, n -> n.binary(BinaryFunction.LESS, n.in(0), n.in(1))));
      case "Mod" -> List.of(row(op, 10, LAST, ImportMath::mod));
      case "Mul" -> List.of(row(op, n -> n.binary(BinaryFunction.MUL, n.in(0), n.in(1))));
      case "Or" -> List.of(row(op, n -> n.binary(BinaryFunction.OR, n.in(0), n.in(1))));
      case "Pow" -> List.of(row(op, ImportMath::pow));
      case "Sub" -> List.of(row(op, n -> n.binary(BinaryFunction.SUB, n.in(0), n.in(1))));
      case "Max" -> List.of(row(op, n -> ImportMath.chain(n, BinaryFunction.MAX)));
      case "Mean" -> List.of(row(op, ImportMath::mean));
      case "Min" -> List.of(row(op, n -> ImportMath.chain(n, BinaryFunction.MIN)));
      case "Sum" -> List.of(row(op, n -> ImportMath.chain(n, BinaryFunction.ADD)));
      case "Where" -> List.of(row(op, 9, LAST, ImportMath::where));
      case "Cast" -> List.of(row(op, 6, LAST, ImportMath::cast).unless(ImportMath::castRefusal));
      case "CastLike" -> List.of(row(op, 15, LAST, ImportMath::castLike));
      case "Dropout" -> List.of(rows(op, FIRST, 2, ImportMath::dropout));
      case "Identity" -> List.of(other(op, FIRST, (Action.Structure) Sequences::identity));
      // Reductions
      case "ArgMax" -> List.of(row(op, n -> ImportReductions.position(n, true)));
      case "ArgMin" -> List.of(row(op, n -> ImportReductions.position(n, false)));
      case "CumSum" -> List.of(row(op, 11, LAST, ImportReductions::cumulativeSum).knowing(1));
      case "ReduceL1" -> List.of(row(op, ImportReductions::l1));
      case "ReduceL2" -> List.of(row(op, ImportReductions::l2));
      case "ReduceLogSum" -> List.of(row(op, ImportReductions::logSum));
      case "ReduceLogSumExp" -> List.of(row(op, ImportReductions::logSumExp));
      case "ReduceMax" -> List.of(row(op, n -> ImportReductions.extremum(n, ReduceKind.MAX)));
      case "ReduceMean" -> List.of(row(op, n -> ImportReductions.reduce(n, ReduceKind.MEAN)));
      case "ReduceMin" -> List.of(row(op, n -> ImportReductions.extremum(n, ReduceKind.MIN)));
      case "ReduceProd" -> List.of(row(op, n -> ImportReductions.reduce(n, ReduceKind.PROD)));
      case "ReduceSum" -> List.of(row(op, n -> ImportReductions.reduce(n, ReduceKind.SUM)));
      case "ReduceSumSquare" -> List.of(row(op, ImportReductions::sumSquare));
      // Control flow and sequences
      case "If" -> List.of(other(op, FIRST, (Action.Structure) ControlFlow::branch).knowing(0));
      case "Loop" -> List.of(other(op, FIRST, (Action.Structure) ControlFlow::loop).knowing(0, 1));
      case "Optional" -> List.of(other(op, 15, (Action.Structure) Sequences::optional));
      case "OptionalGetElement" -> List.of(other(op, 15, (Action.Structure) Sequences::get));
      case "OptionalHasElement" -> List.of(other(op, 15, (Action.Structure) Sequences::isThere));
      case "ConcatFromSequence" -> List.of(other(op, 11, (Action.Structure) Sequences::concat));
      case "SequenceAt" -> List.of(other(op, 11, (Action.Structure) Sequences::at).knowing(1));
      case "SequenceConstruct" -> List.of(other(op, 11, (Action.Structure) Sequences::construct));
      case "SequenceEmpty" -> List.of(other(op, 11, (Action.Structure) Sequences::empty));
      case "SequenceErase" ->
          List.of(other(op, 11, (Action.Structure) Sequences::erase).knowing(1));
      case "SequenceInsert" ->
          List.of(other(op, 11, (Action.Structure) Sequences::insert).knowing(2));
      case "SequenceLength" -> List.of(other(op, 11, (Action.Structure) Sequences::length));
      case "SequenceMap" -> List.of(other(op, 17, (Action.Structure) Sequences::map));
      case "SplitToSequence" ->
          List.of(other(op, 11, (Action.Structure) Sequences::split).knowing(1));
      // Results whose size depends on values
      case "Compress" -> List.of(other(op, 9, (Action.DataDependent) Selections::compress));
      case "NonMaxSuppression" ->
          List.of(other(op, 10, (Action.DataDependent) NonMaxSuppression::apply));
      case "NonZero" -> List.of(other(op, 9, (Action.DataDependent) Selections::nonZero));
      case "Unique" -> List.of(other(op, 11, (Action.DataDependent) UniqueElements::apply));
      // Constants
      case "Constant" ->
          List.of(row(op, ImportConstants::constant).unless(ImportConstants::refusal));
      case "ConstantOfShape" ->
          List.of(row(op, 9, LAST, ImportConstants::constantOfShape).knowing(0));
      case "EyeLike" -> List.of(row(op, 9, LAST, ImportConstants::eyeLike));
      case "Range" -> List.of(row(op, 11, LAST, ImportConstants::range).knowing(0, 1, 2));
      case "Shape" -> List.of(row(op, ImportConstants::shape));
      case "Size" -> List.of(row(op, ImportConstants::size));
      // Shapes and moving values
      case "CenterCropPad" -> List.of(row(op, 18, LAST, ImportSlices::centre).knowing(1));
      case "Concat" -> List.of(row(op, ImportShapes::concat));
      case "DepthToSpace" -> List.of(row(op, ImportShapes::depthToSpace));
      case "Expand" -> List.of(row(op, 8, LAST, ImportShapes::expand).knowing(1));
      case "Flatten" -> List.of(row(op, ImportShapes::flatten));
      case "Gather" -> List.of(row(op, ImportSlices::gather));
      case "GatherElements" -> List.of(row(op, 11, LAST, ImportIndexing::gatherElements));
      case "GatherND" -> List.of(row(op, 11, LAST, ImportIndexing::gatherND));
      case "OneHot" -> List.of(row(op, 9, LAST, ImportIndexing::oneHot).knowing(1));
      case "Pad" ->
          List.of(
              row(op, 2, 10, ImportSlices::padAttributes).unless(ImportSlices::padRefusal),
              row(op, 11, LAST, ImportSlices::pad)
                  .knowing(1, 2, 3)
                  .unless(ImportSlices::padRefusal));
      case "Reshape" -> List.of(row(op, ImportShapes::reshape).knowing(1));
      case "ReverseSequence" -> List.of(row(op, 10, LAST, ImportIndexing::reverseSequence));
      case "Scatter" -> List.of(row(op, 9, 10, ImportIndexing::scatterElements));
      case "ScatterElements" ->
          List.of(
              row(op, 11, LAST, ImportIndexing::scatterElements)
                  .unless(ImportIndexing::scatterRefusal));
      case "ScatterND" ->
          List.of(
              row(op, 11, LAST, ImportIndexing::scatterND).unless(ImportIndexing::scatterRefusal));
      case "Slice" ->
          List.of(
              row(op, FIRST, 9, ImportSlices::sliceAttributes),
              row(op, 10, LAST, ImportSlices::slice).knowing(1, 2, 3, 4));
      case "SpaceToDepth" -> List.of(row(op, ImportShapes::spaceToDepth));
      case "Split" -> List.of(rows(op, FIRST, Integer.MAX_VALUE, ImportSlices::split).knowing(1));
      case "Squeeze" -> List.of(row(op, ImportShapes::squeeze).knowing(1));
      case "Tile" -> List.of(row(op, 6, LAST, ImportShapes::tile).knowing(1));
      case "TopK" -> List.of(rows(op, FIRST, 2, ImportIndexing::topK).knowing(1));
      case "Transpose" -> List.of(row(op, ImportShapes::transpose));
      case "Trilu" -> List.of(row(op, 14, LAST, ImportConstants::triangle).knowing(1));
      case "Unsqueeze" -> List.of(row(op, ImportShapes::unsqueeze).knowing(1));
      // Quantised
      case "QuantizeLinear" ->
          List.of(
              row(op, 10, LAST, ImportQuantization::quantize).unless(ImportQuantization::refusal));
      case "DequantizeLinear" -> List.of(row(op, 10, LAST, ImportQuantization::dequantize));
      case "DynamicQuantizeLinear" -> List.of(rows(op, 11, 3, ImportQuantization::dynamic));
      case "ConvInteger" ->
          List.of(row(op, 10, LAST, ImportQuantizedProducts::convInteger).unless(Windows::refusal));
      case "MatMulInteger" -> List.of(row(op, 10, LAST, ImportQuantizedProducts::matMulInteger));
      case "QLinearConv" ->
          List.of(row(op, 10, LAST, ImportQuantizedProducts::qLinearConv).unless(Windows::refusal));
      case "QLinearMatMul" -> List.of(row(op, 10, LAST, ImportQuantizedProducts::qLinearMatMul));
      case "com.microsoft.QuantizeLinear" -> List.of(microsoft(op, ImportQuantization::quantize));
      case "com.microsoft.DequantizeLinear" ->
          List.of(microsoft(op, ImportQuantization::dequantize));
      case "com.microsoft.QGemm" -> List.of(microsoft(op, ImportQuantizedProducts::qGemm));
      case "com.microsoft.QLinearAdd" ->
          List.of(microsoft(op, n -> ImportQuantizedMath.binary(n, BinaryFunction.ADD)));
      case "com.microsoft.QLinearMul" ->
          List.of(microsoft(op, n -> ImportQuantizedMath.binary(n, BinaryFunction.MUL)));
      case "com.microsoft.QLinearAveragePool" ->
          List.of(microsoft(op, ImportQuantizedMath::averagePool).unless(Windows::refusal));
      case "com.microsoft.QLinearGlobalAveragePool" ->
          List.of(microsoft(op, ImportQuantizedMath::globalAveragePool));
      case "com.microsoft.QLinearConcat" -> List.of(microsoft(op, ImportQuantizedMath::concat));
      case "com.microsoft.QLinearLeakyRelu" ->
          List.of(microsoft(op, ImportQuantizedMath::leakyRelu));
      case "com.microsoft.QLinearSigmoid" -> List.of(microsoft(op, ImportQuantizedMath::sigmoid));
      case "com.microsoft.QLinearSoftmax" -> List.of(microsoft(op, ImportQuantizedMath::softmax));
      default -> List.of();
    };
  }

  /** The line for an operator, or null if there is none for this version. */
  static @Nullable Row find(OnnxNode node, int opset) {
    for (Row row : lines(node.operator())) {
      if (row.first <= opset && opset <= row.last) {
        return row;
      }
    }
    return null;
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
    return row(op, 1, 1, run);
  }
}
