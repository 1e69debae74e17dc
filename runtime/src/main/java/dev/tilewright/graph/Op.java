package dev.tilewright.graph;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import java.util.List;

/**
 * An operator with its attributes. Sealed: adding one makes the compiler list every switch (shape
 * inference, kernels, passes) that must learn it.
 *
 * <p>The set is small on purpose: the importer turns the many operators of the model format into
 * these. Image tensors are [N, H, W, C]. Axes are never negative.
 */
public sealed interface Op {
  /** How windows slide over an image. */
  record Window(Size kernel, Size stride, Size dilation, Padding pad) {
    /** One pixel, every pixel. */
    public static final Window POINT =
        new Window(new Size(1, 1), new Size(1, 1), new Size(1, 1), new Padding(0, 0, 0, 0));

    /**
     * The geometry of a convolution of src [N, H, W, C] to K channels.
     *
     * @throws IllegalArgumentException if there is none
     */
    public ConvShape convolution(Shape src, int groups, int outChannels) {
      return new ConvShape(
          src.dim(0),
          groups,
          src.dim(3),
          outChannels,
          new Size(src.dim(1), src.dim(2)),
          kernel,
          stride,
          dilation,
          pad);
    }
  }

  /**
   * Inputs: src [N, H, W, C], filter [K, C/G, FH, FW], then bias [K] and residual [N, OH, OW, K]
   * where the epilogue says so.
   */
  record Conv(Window window, int groups, Epilogue epilogue) implements Op {
    /**
     * The geometry for inputs of these shapes.
     *
     * @throws IllegalArgumentException if there is none
     */
    public ConvShape shape(Shape src, Shape filter) {
      return window.convolution(src, groups, filter.dim(0));
    }
  }

  /**
   * Transposed convolution, the gradient of Conv. Inputs: src [N, H, W, C], filter [C, K/G, FH,
   * FW], bias [K] if said. OH = (H - 1) * stride - pads + (FH - 1) * dilation + 1 + extra.
   *
   * @param extra rows and columns added at the bottom and right
   */
  record ConvTranspose(Window window, int groups, Padding extra, boolean bias) implements Op {}

  /** What a pooling window computes. */
  enum PoolKind {
    MAX,
    AVERAGE
  }

  /**
   * Input: [N, H, W, C].
   *
   * @param out height and width of the result: a window may start inside the padding and hang over
   *     its end (the model format's ceil mode)
   * @param countPad whether an average divides by the whole window, padding included; cells past
   *     the padding never count
   */
  record Pool(PoolKind kind, Window window, Size out, boolean countPad) implements Op {}

  /** Inputs: a [..., M, K], b [..., K, N]; leading dimensions broadcast. */
  record MatMul() implements Op {}

  /**
   * A convolution of 8-bit values, exact in INT32; sums beyond it wrap. Inputs: src [N, H, W, C]
   * (UINT8 or INT8); its zero point, one value of the same type, which is also what the padding
   * holds; filter [K, FH, FW, C/G] (INT32, zero point subtracted); then bias [K] (INT32) if said.
   */
  record IntegerConv(Window window, int groups, boolean bias) implements Op {}

  /**
   * A matrix product of 8-bit values, exact in INT32; sums beyond it wrap. Inputs: a [..., M, K]
   * (UINT8 or INT8); its zero points, of the same type, which broadcast to [..., M, 1]; b [..., N,
   * K] (INT32, zero point subtracted), <em>transposed</em>. Leading dimensions broadcast. Result:
   * [..., M, N].
   */
  record IntegerMatMul() implements Op {}

  /**
   * The nearest integer to x / scale, half to even, plus the zero point, saturated to the range of
   * the type, which has 8 or 16 bits. Inputs: x and scale (FLOAT32), zero point (of the type); the
   * last two broadcast to x.
   */
  record Quantize(DType to) implements Op {}

  /**
   * (x - zero point) * scale. Inputs: x (an integer type), scale (FLOAT32), zero point (of the type
   * of x); the last two broadcast to x.
   */
  record Dequantize() implements Op {}

  /** Input: x, float32. */
  record Activate(Activation activation) implements Op {}

  /** Functions of one value that no convolution fuses. */
  enum UnaryFunction {
    SQRT,
    EXP,
    LOG,
    ERF,
    ABS,
    NEG,
    FLOOR,
    CEIL,
    ROUND,
    RECIPROCAL,
    SIGN,
    SIN,
    COS,
    TAN,
    ASIN,
    ACOS,
    ATAN,
    SINH,
    COSH,
    ASINH,
    ACOSH,
    ATANH,
    /** The nearest value that IEEE 754's binary16 holds, half to even. */
    HALF,
    /** The nearest value that bfloat16 holds, half to even. */
    BFLOAT16,
    NOT
  }

  /** Input: x. */
  record Unary(UnaryFunction function) implements Op {}

  /** Functions of two values; comparisons and logic give BOOL. */
  enum BinaryFunction {
    ADD,
    SUB,
    MUL,
    DIV,
    /** What is left of a division, with the sign of the divisor; floats too. */
    MOD,
    /** The same with the sign of the dividend, as C's fmod. */
    REMAINDER,
    POW,
    MIN,
    MAX,
    EQUAL,
    LESS,
    GREATER,
    AND,
    OR
  }

  /**
   * Inputs: a, b of one element type; shapes broadcast as in numpy. Integer DIV truncates; AND and
   * OR of integers work bit by bit.
   */
  record Binary(BinaryFunction function) implements Op {}

  /** Inputs: condition (BOOL), a, b; shapes broadcast. */
  record Where() implements Op {}

  /**
   * Elementwise operators as one, none of whose intermediates is stored. Inputs: any tensors; they
   * broadcast. The planner makes these where a backend computes them; passes never meet them.
   *
   * @param inputs how many
   * @param steps in order; the last one is the result
   */
  record Elementwise(int inputs, List<Step> steps) implements Op {
    /**
     * One operator.
     *
     * @param operands what it reads: an input below {@code inputs}, else the result of the step of
     *     that number less {@code inputs}
     */
    public record Step(Op op, List<Integer> operands) {
      public Step {
        operands = List.copyOf(operands);
      }
    }

    public Elementwise {
      steps = List.copyOf(steps);
      if (inputs < 1 || steps.isEmpty()) {
        throw new IllegalArgumentException(steps.size() + " steps of " + inputs + " inputs");
      }
      for (int i = 0; i < steps.size(); i++) {
        int known = inputs + i;
        if (steps.get(i).operands().stream().anyMatch(o -> o < 0 || o >= known)) {
          throw new IllegalArgumentException("step " + i + " reads what is not there yet");
        }
      }
    }
  }

  /** What a reduction computes. */
  enum ReduceKind {
    MEAN,
    SUM,
    MAX,
    MIN,
    PROD
  }

  /**
   * Input: x.
   *
   * @param keepDims whether reduced dimensions stay, as 1
   */
  record Reduce(ReduceKind kind, List<Integer> axes, boolean keepDims) implements Op {}

  /**
   * Several reductions of one tensor over the same axes, of which each is an output. Input: x. The
   * planner makes these where a backend computes them in one read; passes never meet them.
   */
  record Reductions(List<ReduceKind> kinds, List<Integer> axes, boolean keepDims) implements Op {
    public Reductions {
      kinds = List.copyOf(kinds);
      axes = List.copyOf(axes);
    }

    /** Each by itself. */
    public List<Reduce> each() {
      return kinds.stream().map(kind -> new Reduce(kind, axes, keepDims)).toList();
    }
  }

  /** exp(x - max) / sum over one axis. */
  record Softmax(int axis) implements Op {}

  /**
   * (x - mean) / sqrt(variance + epsilon) * scale + shift, over each row of the last dimension.
   * Inputs: x [..., C], scale [C], shift [C].
   */
  record LayerNorm(float epsilon) implements Op {}

  /**
   * Softmax(q k^T * scale + bias) v in each head, which is a part of the columns. Inputs: q [N, T,
   * heads * D], k [N, S, heads * D], v [N, S, heads * E] and, if said, bias [B, heads or 1, S, T or
   * 1], <em>transposed</em>: of key s and query t of image n it is bias[n % B][head][s][t]; last,
   * if said, rows.
   *
   * @param rows whether tokens lie in another order: token t of image n is row rows[n][t] of q, k,
   *     v and the result, each seen as [N * T, columns]. Rows (INT64 [N, T]) name each row once,
   *     and S is T
   */
  record Attention(int heads, float scale, boolean bias, boolean rows) implements Op {
    /** Of tokens that lie as they are counted. */
    public Attention(int heads, float scale, boolean bias) {
      this(heads, scale, bias, false);
    }
  }

  /** Inputs: one or more tensors that differ only in this axis. */
  record Concat(int axis) implements Op {}

  /**
   * out[i] = x[starts + i * steps] in every axis.
   *
   * @param steps not 0; negative walks backwards
   */
  record Slice(List<Integer> starts, List<Integer> steps, Shape sizes) implements Op {}

  /** What lies outside the tensor. */
  enum PadMode {
    CONSTANT,
    REFLECT,
    EDGE,
    /** The tensor again and again. */
    WRAP
  }

  /** Negative amounts crop. */
  record Pad(PadMode mode, List<Integer> before, List<Integer> after, double value) implements Op {}

  /** out[i] has the dimension perm[i] of x. */
  record Transpose(List<Integer> perm) implements Op {}

  /**
   * Runs of elements put elsewhere, or left out, or zeros in their place: what several moves with
   * known indices come to. Inputs: x; for each run of the result, in its order in memory, the
   * number of the run of x that it is, or -1 for zeros (INT64).
   *
   * @param length elements of a run
   */
  record Runs(int length, Shape shape) implements Op {}

  /** The same values in the same order under another shape. */
  record Reshape(Shape shape) implements Op {}

  /** Repeats dimensions of 1 (numpy broadcast_to). */
  record Expand(Shape shape) implements Op {}

  /** Inputs: data, indices (INT64 or INT32; negative count from the end). */
  record Gather(int axis) implements Op {}

  /**
   * out[i][j][k] = data[i][indices[i][j][k]][k], and so for every rank and axis. Inputs: data,
   * indices (INT64 or INT32; negative count from the end), of one rank; apart from the axis,
   * indices are no larger than data.
   */
  record GatherElements(int axis) implements Op {}

  /**
   * Parts of data picked by their first D coordinates after {@code batch} dimensions that data and
   * indices share. Inputs: data; indices INT64 [batch..., parts..., D], negative ones count from
   * the end.
   */
  record GatherParts(int batch) implements Op {}

  /** What becomes of a value that meets one that was there. */
  enum ScatterReduction {
    REPLACE,
    ADD,
    MUL,
    MIN,
    MAX
  }

  /**
   * Data with some of its parts replaced. Inputs: data; indices INT64 [..., D], of which each row
   * names a part by its first D coordinates (negative ones count from the end); updates, a part for
   * each row. Of parts named twice the last stays.
   */
  record Scatter(ScatterReduction reduction) implements Op {}

  /**
   * Data with some of its elements replaced: the inverse of {@link GatherElements}. Inputs: data,
   * indices (INT64 or INT32), updates of the shape of indices. Of elements named twice the last
   * stays.
   */
  record ScatterElements(int axis, ScatterReduction reduction) implements Op {}

  /**
   * Positions (INT64) of the k largest or smallest along an axis, the best first; NaN counts as
   * larger than all else. Input: x.
   *
   * @param lastOfEqual of equal elements the last comes first, else the first does
   */
  record Top(int axis, int k, boolean largest, boolean lastOfEqual) implements Op {}

  /**
   * Running sums along an axis. Input: x.
   *
   * @param exclusive element i is not in the sum at i
   * @param reverse sums run from the end
   */
  record CumulativeSum(int axis, boolean exclusive, boolean reverse) implements Op {}

  /** Float to integer truncates; to BOOL is x != 0. */
  record Cast(DType to) implements Op {}

  /** How Resize reads between samples. */
  enum Interpolation {
    NEAREST,
    LINEAR,
    CUBIC
  }

  /** How Resize maps an output coordinate to an input coordinate; names of the model format. */
  enum CoordinateTransform {
    HALF_PIXEL,
    /** Centred in the output where its size was rounded. */
    HALF_PIXEL_SYMMETRIC,
    PYTORCH_HALF_PIXEL,
    TF_HALF_PIXEL_FOR_NN,
    ALIGN_CORNERS,
    ASYMMETRIC;

    /**
     * The coordinate in an axis of {@code in} samples of output i.
     *
     * @param scale output over input
     */
    public double source(int i, int in, int out, double scale) {
      if (in == out && scale == 1) {
        return i; // what is not resized does not move
      }
      return switch (this) {
        case HALF_PIXEL -> (i + 0.5) / scale - 0.5;
        case HALF_PIXEL_SYMMETRIC -> in / 2.0 * (1 - out / (scale * in)) + (i + 0.5) / scale - 0.5;
        case PYTORCH_HALF_PIXEL -> out > 1 ? (i + 0.5) / scale - 0.5 : 0;
        case TF_HALF_PIXEL_FOR_NN -> (i + 0.5) / scale;
        case ALIGN_CORNERS -> out > 1 ? i * (in - 1.0) / (out - 1) : 0;
        case ASYMMETRIC -> i / scale;
      };
    }
  }

  /** Which neighbour NEAREST takes; names of the model format. */
  enum NearestMode {
    ROUND_PREFER_FLOOR,
    ROUND_PREFER_CEIL,
    FLOOR,
    CEIL;

    /** The whole number for a coordinate. */
    public double nearest(double x) {
      return switch (this) {
        case ROUND_PREFER_FLOOR -> Math.ceil(x - 0.5);
        case ROUND_PREFER_CEIL -> Math.floor(x + 0.5);
        case FLOOR -> Math.floor(x);
        case CEIL -> Math.ceil(x);
      };
    }
  }

  /**
   * Input: x, float32, any rank.
   *
   * @param scales output over input per axis, as used by the coordinate transform
   * @param cubicA coefficient of the cubic kernel (Keys 1981), -0.75 by default
   */
  record Resize(
      Interpolation interpolation,
      CoordinateTransform transform,
      NearestMode nearest,
      double cubicA,
      List<Double> scales,
      Shape sizes)
      implements Op {}

  /** What GridSample reads outside the image. */
  enum Outside {
    ZEROS,
    BORDER,
    REFLECTION
  }

  /**
   * Reads an image at the points of a grid. Inputs: src [N, H, W, C]; grid [N, OH, OW, 2] of points
   * (x, y), which are from -1 to 1 inside the image.
   *
   * @param alignCorners whether -1 and 1 are the centres of the outermost pixels, not their edges
   */
  record GridSample(Interpolation interpolation, Outside outside, boolean alignCorners)
      implements Op {}

  /**
   * Regions of interest of an image, each resampled to the same size. Inputs: src [N, H, W, C];
   * regions [R, 4] as (x1, y1, x2, y2); the image of each [R], INT64. Result: [R, height, width,
   * C].
   *
   * @param max whether a bin is the largest of its weighted samples, not their mean
   * @param samplingRatio samples along each side of a bin; 0 is one a pixel
   * @param scale of the image to the space of the regions
   * @param halfPixel whether pixels have their centres at halves
   */
  record RoiAlign(
      boolean max, int height, int width, int samplingRatio, float scale, boolean halfPixel)
      implements Op {}

  /**
   * x / (bias + alpha / size * sum of squares)^beta, the sum being over {@code size} neighbours in
   * the last dimension (local response normalisation, Krizhevsky et al. 2012). Input: x, float32.
   */
  record LocalNorm(int size, float alpha, float beta, float bias) implements Op {}

  /**
   * Where the largest element under each window is: its place in the image laid out as [N, C, H,
   * W], or as [N, C, W, H]. Input: [N, H, W, C], float32; the result is INT64.
   */
  record MaxPositions(Window window, Size out, boolean columnMajor) implements Op {}
}
