package dev.tilewright.onnx;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Models whose shapes or branches depend on data, each with inputs that lead to different ones. */
public final class StagedModels {
  private static final Shape SCALAR = Shape.SCALAR;

  private StagedModels() {}

  /**
   * A model and what it is given.
   *
   * @param runs inputs of one run after the other
   */
  public record Case(String name, byte[] model, List<Map<String, Tensor>> runs) {
    @Override
    public String toString() {
      return name;
    }
  }

  public static List<Case> all() {
    List<Case> cases = new ArrayList<>();
    cases.add(new Case("select", select(), lists(12, 1, 2, -1, 3)));
    cases.add(new Case("heads", heads(), lists(8, 1, 2, -1, 4)));
    cases.add(new Case("branch", branch(), lists(6, 1, -1)));
    cases.add(new Case("branch inside branch", nestedBranch(), lists(6, 1, 2, 3, -1)));
    cases.add(new Case("counted loop", countedLoop(), trips(4, 1, 0)));
    cases.add(new Case("fixed loop", fixedLoop(), lists(6, 1, 2)));
    cases.add(new Case("while", whileLoop(), lists(3, 1, 5)));
    cases.add(new Case("selecting loop", selectingLoop(), lists(7, 1, 2, -1)));
    cases.add(new Case("sequences", sequences(), lists(10, 1, 2)));
    cases.add(new Case("growing sequence", growingSequence(), trips(3, 1)));
    cases.add(new Case("suppression", suppression(), boxes()));
    cases.add(new Case("shape of what was found", shapes(), lists(9, 1, 2, -1)));
    return cases;
  }

  /** y = 2 * the positive elements of x [12], and how many they are. */
  static byte[] select() {
    return new ModelBytes(13)
        .input("x", 12)
        .floats("zero", SCALAR, 0f)
        .floats("two", SCALAR, 2f)
        .longs("rows", 0)
        .node("Greater", "x zero", "positive")
        .node("NonZero", "positive", "at")
        .node("Squeeze", "at rows", "index")
        .node("Gather", "x index", "found")
        .node("Mul", "found two", "y")
        .node("Size", "y", "count")
        .output("y", "count")
        .toBytes();
  }

  /** A convolution over as many pictures as there are positive elements in x [8]. */
  public static byte[] heads() {
    return new ModelBytes(13)
        .input("x", 8)
        .weights("pictures", 8, 6, 9, 9)
        .weights("w1", 20, 6, 3, 3)
        .weights("b1", 20)
        .weights("w2", 20, 5)
        .floats("zero", SCALAR, 0f)
        .longs("rows", 0)
        .longs("flat", -1)
        .node("Greater", "x zero", "positive")
        .node("NonZero", "positive", "at")
        .node("Squeeze", "at rows", "index")
        .node("Gather", "pictures index", "some")
        .node("Gather", "x index", "scores")
        .node("Conv", "some w1 b1", "c", ModelBytes.integers("pads", 1, 1, 1, 1))
        .node("Relu", "c", "r")
        .node("GlobalAveragePool", "r", "g")
        .node("Flatten", "g", "f")
        .node("MatMul", "f w2", "y")
        .node("Softmax", "y", "p")
        .output("p", "scores")
        .toBytes();
  }

  private static ModelBytes body() {
    return new ModelBytes(13);
  }

  /** Twice x or its relu, as the first element says; x is taken from around. */
  static byte[] branch() {
    ModelBytes yes = body().floats("two", SCALAR, 2f).node("Mul", "x two", "a").output("a");
    ModelBytes no = body().node("Relu", "x", "b").output("b");
    return first(new ModelBytes(13).input("x", 6))
        .node("If", "positive", "z", yes.as("then_branch"), no.as("else_branch"))
        .node("Neg", "z", "y")
        .output("y")
        .toBytes();
  }

  /** Adds "positive", whether the first element of x is. */
  private static ModelBytes first(ModelBytes model) {
    return model
        .scalar("0", 0)
        .floats("zero", SCALAR, 0f)
        .node("Gather", "x 0", "first")
        .node("Greater", "first zero", "positive");
  }

  /** A branch that decides again, and that ends in what only values tell the size of. */
  static byte[] nestedBranch() {
    ModelBytes large = body().node("NonZero", "x", "n").node("Cast", "n", "l", to(1)).output("l");
    ModelBytes small = body().longs("r", 2, 3).node("Reshape", "d r", "s").output("s");
    ModelBytes yes =
        body()
            .floats("half", SCALAR, 0.5f)
            .node("Add", "x x", "d")
            .node("Greater", "first half", "c")
            .node("If", "c", "a", large.as("then_branch"), small.as("else_branch"))
            .output("a");
    ModelBytes no = body().longs("r", 3, 2).node("Reshape", "x r", "b").output("b");
    return first(new ModelBytes(13).input("x", 6))
        .node("If", "positive", "z", yes.as("then_branch"), no.as("else_branch"))
        .node("Exp", "z", "y")
        .output("y")
        .toBytes();
  }

  private static OnnxBytes to(int type) {
    return ModelBytes.integer("to", type);
  }

  /** n times: s = s * x + i; every s is also an element of the scan. */
  static byte[] countedLoop() {
    return loop(new ModelBytes(13).input("x", 4).typedInput("n", 7))
        .node("Loop", "n - x", "last all", step().as("body"))
        .output("last", "all")
        .toBytes();
  }

  static byte[] fixedLoop() {
    return loop(new ModelBytes(13).input("x", 6).scalar("n", 5))
        .node("Loop", "n true x", "last all", step().as("body"))
        .output("last", "all")
        .toBytes();
  }

  private static ModelBytes loop(ModelBytes model) {
    byte[] one = {1};
    Tensor yes = new Tensor(new TensorType(DType.BOOL, SCALAR), MemorySegment.ofArray(one));
    return model.initializer(ModelBytes.tensor("true", yes));
  }

  private static ModelBytes step() {
    return body()
        .typedInput("i", 7)
        .typedInput("go", 9)
        .bodyInput("s")
        .node("Identity", "go", "on")
        .node("Cast", "i", "f", to(1))
        .node("Mul", "s x", "p")
        .node("Add", "p f", "next")
        .node("Identity", "next", "scanned")
        .output("on", "next")
        .typedOutput("scanned", 1, 4);
  }

  /** Adds the squares of x until the sum is 20. */
  public static byte[] whileLoop() {
    ModelBytes step =
        body()
            .typedInput("i", 7)
            .typedInput("go", 9)
            .bodyInput("s")
            .floats("enough", SCALAR, 20f)
            .node("Mul", "x x", "p")
            .node("Add", "s p", "next")
            .node("ReduceSum", "next", "sum", ModelBytes.integer("keepdims", 0))
            .node("Less", "sum enough", "on")
            .output("on", "next");
    return loop(new ModelBytes(13).input("x", 3))
        .node("Loop", "- true x", "y", step.as("body"))
        .output("y")
        .toBytes();
  }

  /** A loop whose condition is always true. */
  public static byte[] endless() {
    return loop(new ModelBytes(13).input("x", 6))
        .node("Loop", "- true x", "last all", step().as("body"))
        .output("last", "all")
        .toBytes();
  }

  /**
   * x [128] in as many rows as n [2] says, then in as many as the largest sum of a column; x has
   * more elements than the importer asks for only to know a shape.
   */
  public static byte[] twice() {
    return new ModelBytes(13)
        .input("x", 128)
        .typedInput("n", 7, 2)
        .longs("rows", 0)
        .longs("one", 1)
        .longs("columns", 128)
        .node("Expand", "x n", "a")
        .node("Neg", "a", "b")
        .node("Neg", "b", "first")
        .node("ReduceSum", "first rows", "sums", ModelBytes.integer("keepdims", 0))
        .node("ReduceMax", "sums", "largest", ModelBytes.integer("keepdims", 0))
        .node("Cast", "largest", "whole", to(7))
        .node("Reshape", "whole one", "m")
        .node("Concat", "m columns", "shape", ModelBytes.integer("axis", 0))
        .node("Expand", "x shape", "c")
        .node("Neg", "c", "second")
        .output("first", "second")
        .toBytes();
  }

  /** The first n [1] of 300 rows of a weight. */
  public static byte[] part() {
    return new ModelBytes(13)
        .typedInput("n", 7, 1)
        .weights("w", 300, 64)
        .longs("from", 0)
        .node("Slice", "w from n", "y")
        .output("y")
        .toBytes();
  }

  /** n [1] zeros. */
  public static byte[] grow() {
    return new ModelBytes(13)
        .typedInput("n", 7, 1)
        .node("ConstantOfShape", "n", "y")
        .output("y")
        .toBytes();
  }

  /** An operator that nobody has, in a branch. */
  public static byte[] unsupportedBranch() {
    ModelBytes yes = body().node("Frobnicate", "x", "a").output("a");
    ModelBytes no = body().node("Relu", "x", "b").output("b");
    return first(new ModelBytes(13).input("x", 6))
        .node("If", "positive", "y", yes.as("then_branch"), no.as("else_branch"))
        .output("y")
        .toBytes();
  }

  /** In each iteration, appends the elements of x that are greater than the iteration's number. */
  static byte[] selectingLoop() {
    ModelBytes step =
        body()
            .typedInput("i", 7)
            .typedInput("go", 9)
            .bodyInput("s")
            .longs("rows", 0)
            .node("Cast", "i", "f", to(1))
            .node("Identity", "go", "on")
            .node("Greater", "x f", "g")
            .node("Compress", "x g", "some")
            .node("Concat", "s some", "next", ModelBytes.integer("axis", 0))
            .output("on", "next");
    return loop(new ModelBytes(13).input("x", 7).scalar("n", 3))
        .node("Loop", "n true x", "y", step.as("body"))
        .output("y")
        .toBytes();
  }

  static byte[] sequences() {
    return new ModelBytes(13)
        .input("x", 10)
        .longs("parts", 4, 6)
        .scalar("size", 5)
        .scalar("1", 1)
        .scalar("-1", -1)
        .node("SplitToSequence", "x parts", "a")
        .node("SplitToSequence", "x size", "b")
        .node("SequenceAt", "a 1", "six")
        .node("SequenceInsert", "a six", "more")
        .node("SequenceErase", "more 1", "fewer")
        .node("SequenceLength", "more", "count")
        .node("ConcatFromSequence", "fewer", "joined", ModelBytes.integer("axis", 0))
        .node(
            "ConcatFromSequence",
            "b",
            "stacked",
            ModelBytes.integer("axis", -1),
            ModelBytes.integer("new_axis", 1))
        .node("SequenceConstruct", "joined stacked", "both")
        .node("SequenceAt", "both -1", "last")
        .node("Neg", "joined", "y")
        .node("Neg", "last", "z")
        .output("y", "z", "count")
        .toBytes();
  }

  /** A loop that carries a list, as long as an input says. */
  static byte[] growingSequence() {
    ModelBytes step =
        body()
            .typedInput("i", 7)
            .typedInput("go", 9)
            .bodyInput("s")
            .node("Identity", "go", "on")
            .node("Cast", "i", "f", to(1))
            .node("Add", "x f", "element")
            .node("SequenceInsert", "s element", "next")
            .output("on", "next");
    return loop(new ModelBytes(13).input("x", 4).typedInput("n", 7))
        .node("SequenceEmpty", "", "none")
        .node("Loop", "n true none", "list", step.as("body"))
        .node("ConcatFromSequence", "list", "y", ModelBytes.integer("axis", 0))
        .output("y")
        .toBytes();
  }

  /** What exporters make of suppression: boxes by their indices, unless there are none. */
  static byte[] suppression() {
    ModelBytes none = body().longs("n").node("Identity", "n", "a").output("a");
    ModelBytes some =
        body()
            .longs("box", 2)
            .longs("last", 1)
            .longs("front", 0)
            .longs("most", Long.MAX_VALUE)
            .floats("overlap", 0.4f)
            .node("Unsqueeze", "kept front", "b3")
            .node("Unsqueeze", "score front", "s2")
            .node("Unsqueeze", "s2 front", "s3")
            .node("NonMaxSuppression", "b3 s3 most overlap", "n")
            .node("Gather", "n box", "c", ModelBytes.integer("axis", 1))
            .node("Squeeze", "c last", "b")
            .output("b");
    return new ModelBytes(13)
        .input("boxes", 20, 4)
        .input("scores", 20)
        .floats("least", SCALAR, 0f)
        .longs("rows", 0)
        .scalar("0", 0)
        .longs("from", 0)
        .longs("to", 5)
        .node("Greater", "scores least", "good")
        .node("NonZero", "good", "at")
        .node("Squeeze", "at rows", "index")
        .node("Gather", "boxes index", "kept")
        .node("Gather", "scores index", "score")
        .node("Size", "score", "count")
        .node("Equal", "count 0", "empty")
        .node("If", "empty", "order", none.as("then_branch"), some.as("else_branch"))
        .node("Slice", "order from to", "best")
        .node("Gather", "kept best", "y")
        .node("Gather", "score best", "s")
        .output("y", "s")
        .toBytes();
  }

  /** Shapes computed from what was found: of a constant, a range, an expansion, a slice. */
  static byte[] shapes() {
    return new ModelBytes(13)
        .input("x", 9)
        .longs("rows", 0)
        .longs("1", 1)
        .scalar("zero", 0)
        .scalar("step", 2)
        .floats("nought", SCALAR, 0f)
        .node("Greater", "x nought", "positive")
        .node("Cast", "positive", "ones", to(7))
        .node("ReduceSum", "ones rows", "count", ModelBytes.integer("keepdims", 1))
        .node("ReduceSum", "ones rows", "n", ModelBytes.integer("keepdims", 0))
        .node("ConstantOfShape", "count", "zeros")
        .node("Range", "zero n step", "even")
        .node("Unsqueeze", "x 1", "column")
        .node("Concat", "1 count", "wide", ModelBytes.integer("axis", 0))
        .node("Expand", "column wide", "expanded")
        .node("Slice", "x rows count", "begin")
        .node("Add", "begin zeros", "y")
        .node("Exp", "expanded", "e")
        .output("y", "even", "e")
        .toBytes();
  }

  /** Lists of this length, of few kinds of signs: with -1 all are negative. */
  private static List<Map<String, Tensor>> lists(int length, int... seeds) {
    List<Map<String, Tensor>> runs = new ArrayList<>();
    for (int seed : seeds) {
      float[] values = new float[length];
      Random random = new Random(seed);
      for (int i = 0; i < length; i++) {
        float value = (float) random.nextGaussian();
        values[i] = seed < 0 ? -Math.abs(value) : value;
      }
      if (seed % 2 == 1) {
        values[0] = Math.abs(values[0]);
      }
      runs.add(Map.of("x", Tensor.of(Shape.of(length), values)));
    }
    return runs;
  }

  private static List<Map<String, Tensor>> trips(long... counts) {
    List<Map<String, Tensor>> runs = new ArrayList<>();
    for (long count : counts) {
      Tensor x = Tensor.of(Shape.of(4), 1f, -2f, 0.5f, 3f);
      runs.add(Map.of("x", x, "n", Tensor.of(SCALAR, count)));
    }
    return runs;
  }

  private static List<Map<String, Tensor>> boxes() {
    List<Map<String, Tensor>> runs = new ArrayList<>();
    for (int seed = 0; seed < 4; seed++) {
      Random random = new Random(seed);
      float[] boxes = new float[80];
      float[] scores = new float[20];
      for (int i = 0; i < 20; i++) {
        boxes[4 * i] = random.nextFloat();
        boxes[4 * i + 1] = random.nextFloat();
        boxes[4 * i + 2] = boxes[4 * i] + random.nextFloat();
        boxes[4 * i + 3] = boxes[4 * i + 1] + random.nextFloat();
        scores[i] = seed == 3 ? -1 : (float) random.nextGaussian();
      }
      runs.add(
          Map.of(
              "boxes", Tensor.of(Shape.of(20, 4), boxes),
              "scores", Tensor.of(Shape.of(20), scores)));
    }
    return runs;
  }
}
