package dev.tilewright.onnx;

import static dev.tilewright.onnx.ModelBytes.integer;
import static dev.tilewright.onnx.ModelBytes.integers;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/** Models of any number of nodes: what takes the square of it shows. */
public final class LongModels {
  private static final int WIDTH = 6;
  private static final Shape IMAGE = Shape.of(1, 8, 4, 4);
  private static final OnnxBytes PAD = integers("pads", 1, 1, 1, 1);

  private LongModels() {}

  /**
   * A family of models with one input, {@code x}.
   *
   * @param builder makes one of about so many nodes
   */
  public record Case(String name, IntFunction<ModelBytes> builder) {
    public byte[] model(int length) {
      return builder.apply(length).toBytes();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  public static List<Case> all() {
    return List.of(
        new Case("loop", LongModels::loop),
        new Case("activations", n -> chain(n, Shape.of(WIDTH), "Neg", "Abs")),
        new Case("scales and shifts", LongModels::sums),
        new Case("transpose below a chain", LongModels::raised),
        new Case("reshapes", LongModels::reshapes),
        new Case("transposes", LongModels::transposes),
        new Case("slices", LongModels::slices),
        new Case("convolutions", LongModels::convolutions),
        new Case("residuals", LongModels::residuals),
        new Case("sum of convolutions", LongModels::sumOfConvolutions),
        new Case("doubled", LongModels::doubled),
        new Case("dense", LongModels::dense),
        new Case("one concatenation", LongModels::wide),
        new Case("one value concatenated", LongModels::repeated),
        new Case("fan", LongModels::fan),
        new Case("outputs", LongModels::outputs),
        new Case("split", LongModels::split));
  }

  private static ModelBytes model(Shape input) {
    return new ModelBytes(13).input("x", input.dims().toArray(Integer[]::new));
  }

  private static String name(String prefix, int i) {
    return i == 0 ? "x" : prefix + i;
  }

  /** Each iteration is four nodes, and a row of the scan. */
  private static ModelBytes loop(int length) {
    byte[] one = {1};
    Tensor yes = new Tensor(new TensorType(DType.BOOL, Shape.SCALAR), MemorySegment.ofArray(one));
    ModelBytes step =
        new ModelBytes(13)
            .typedInput("i", 7)
            .typedInput("go", 9)
            .bodyInput("s")
            .node("Identity", "go", "on")
            .node("Cast", "i", "f", integer("to", 1))
            .node("Mul", "s x", "p")
            .node("Add", "p f", "next")
            .node("Identity", "next", "scanned")
            .output("on", "next")
            .typedOutput("scanned", 1, WIDTH);
    return model(Shape.of(WIDTH))
        .initializer(ModelBytes.tensor("true", yes))
        .scalar("n", length / 4)
        .node("Loop", "n true x", "last all", step.as("body"))
        .output("last", "all");
  }

  private static ModelBytes chain(int length, Shape input, String... operators) {
    ModelBytes model = model(input);
    for (int i = 0; i < length; i++) {
      model.node(operators[i % operators.length], name("v", i), "v" + (i + 1));
    }
    return model.output("v" + length);
  }

  private static ModelBytes sums(int length) {
    ModelBytes model = model(Shape.of(WIDTH)).floats("c", 1, 2, 3, 4, 5, 6).floats("s", 1.5f);
    for (int i = 0; i < length; i++) {
      String in = name("v", i) + (i % 3 == 0 ? " c" : " s");
      model.node(i % 2 == 0 ? "Add" : "Mul", in, "v" + (i + 1));
    }
    return model.output("v" + length);
  }

  /** A transpose below a chain that it could be moved through. */
  private static ModelBytes raised(int length) {
    return chain(length, IMAGE, "Neg", "Exp")
        .node("Transpose", "v" + length, "t", integers("perm", 0, 2, 3, 1))
        .output("t");
  }

  private static ModelBytes reshapes(int length) {
    ModelBytes model = model(IMAGE).longs("a", 1, 8, 16, 1).longs("b", 4, 2, 4, 4);
    for (int i = 0; i < length; i++) {
      model.node("Reshape", name("v", i) + (i % 2 == 0 ? " a" : " b"), "v" + (i + 1));
    }
    return model.node("Neg", "v" + length, "y").output("y");
  }

  private static ModelBytes transposes(int length) {
    ModelBytes model = model(IMAGE);
    for (int i = 0; i < length; i++) {
      String in = name("v", i);
      if (i % 2 == 0) {
        model.node("Transpose", in, "v" + (i + 1), integers("perm", 1, 2, 3, 0));
      } else {
        model.node("Softmax", in, "v" + (i + 1), integer("axis", 1));
      }
    }
    return model.output("v" + length);
  }

  /** Each takes one column less. */
  private static ModelBytes slices(int length) {
    ModelBytes model = model(Shape.of(2, 2, 1 << 17));
    model.longs("from", 1).longs("to", Integer.MAX_VALUE).longs("axis", 2);
    for (int i = 0; i < length; i++) {
      model.node("Slice", name("v", i) + " from to axis", "v" + (i + 1));
    }
    return model.node("Neg", "v" + length, "y").output("y");
  }

  private static ModelBytes convolutions(int length) {
    ModelBytes model = model(IMAGE).weights("w", 8, 8, 1, 1).weights("b", 8);
    for (int i = 0; i < length; i++) {
      String in = name("v", i);
      if (i % 2 == 0) {
        model.node("Conv", in + " w b", "v" + (i + 1));
      } else {
        model.node("Relu", in, "v" + (i + 1));
      }
    }
    return model.output("v" + length);
  }

  private static ModelBytes residuals(int length) {
    ModelBytes model = model(IMAGE).weights("w", 8, 8, 3, 3).weights("d", 8, 1, 3, 3);
    for (int i = 0; i < length / 3; i++) {
      String in = name("v", i);
      model.node("Conv", in + " w", "a" + i, PAD).node("Relu", "a" + i, "b" + i);
      model.node("Conv", "b" + i + " d", "c" + i, PAD, integer("group", 8));
      model.node("Add", in + " c" + i, "v" + (i + 1));
    }
    return model.output("v" + length / 3);
  }

  private static ModelBytes sumOfConvolutions(int length) {
    ModelBytes model = model(IMAGE).weights("w", 8, 8, 1, 1).node("Conv", "x w", "v1");
    for (int i = 1; i < length / 2; i++) {
      model.node("Conv", "x w", "c" + i).node("Add", "v" + i + " c" + i, "v" + (i + 1));
    }
    return model.floats("s", 2f).node("Mul", "v" + length / 2 + " s", "y").output("y");
  }

  /** Sums whose other side grows as well: all sums below one are followed twice. */
  private static ModelBytes doubled(int length) {
    ModelBytes model = model(IMAGE).weights("w", 8, 8, 1, 1);
    for (int i = 0; i < length / 2; i++) {
      String in = name("v", i);
      model.node("Add", in + " " + in, "d" + i).node("Neg", "d" + i, "v" + (i + 1));
    }
    return model.output("v" + length / 2);
  }

  /** Each layer reads all before it through concatenations of two. */
  private static ModelBytes dense(int length) {
    ModelBytes model = model(Shape.of(1, 2, 1, 1)).longs("from", 0).longs("to", 2).longs("axis", 1);
    for (int i = 0; i < length / 3; i++) {
      String in = name("v", i);
      model.node("Slice", in + " from to axis", "s" + i).node("Exp", "s" + i, "a" + i);
      model.node("Concat", in + " a" + i, "v" + (i + 1), integer("axis", 1));
    }
    return model.output("v" + length / 3);
  }

  private static ModelBytes wide(int length) {
    ModelBytes model = model(IMAGE);
    StringBuilder all = new StringBuilder("x");
    for (int i = 1; i < Math.min(length, Limits.NODE_INPUTS); i++) {
      model.node(i % 2 == 0 ? "Neg" : "Exp", i < 3 ? "x" : "v" + (i - 2), "v" + i);
      all.append(" v").append(i);
    }
    return model.node("Concat", all.toString(), "y", integer("axis", 1)).output("y");
  }

  private static ModelBytes repeated(int length) {
    int parts = Math.min(length, Limits.NODE_INPUTS);
    String all = "x ".repeat(parts).strip();
    return model(IMAGE).node("Concat", all, "y", integer("axis", 1)).output("y");
  }

  /** One value that all read. */
  private static ModelBytes fan(int length) {
    ModelBytes model = model(IMAGE).node("Exp", "x", "e").node("Exp", "e", "v0");
    for (int i = 0; i < length / 2; i++) {
      model.floats("c" + i, i).node("Mul", "e c" + i, "m" + i);
      model.node("Add", "v" + i + " m" + i, "v" + (i + 1));
    }
    return model.output("v" + length / 2);
  }

  private static ModelBytes outputs(int length) {
    ModelBytes model = chain(length, IMAGE, "Neg", "Exp");
    for (int i = 1; i < length; i++) {
      model.output("v" + i);
    }
    return model;
  }

  private static ModelBytes split(int length) {
    ModelBytes model = model(Shape.of(length, 2));
    List<String> parts = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      parts.add("p" + i);
    }
    model.node("Split", "x", String.join(" ", parts), integer("axis", 0));
    parts.forEach(model::output);
    return model;
  }
}
