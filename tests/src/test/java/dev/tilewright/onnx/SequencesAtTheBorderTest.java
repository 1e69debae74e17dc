package dev.tilewright.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.Execution;
import dev.tilewright.Model;
import dev.tilewright.Session;
import dev.tilewright.SessionOptions;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Sequences and optional values as inputs and outputs of a model: their elements are tensors with
 * names. What the operators compute is in ConformanceTest.
 */
class SequencesAtTheBorderTest {
  private static final SessionOptions ONE = SessionOptions.defaults().threads(1);
  private static final Tensor PAIR = Tensor.of(Shape.of(2), 1f, 2f);
  private static final Tensor TRIPLE = Tensor.of(Shape.of(3), 3f, 4f, 5f);

  @Test
  void elementsAreTensorsWithNames() {
    try (Model model = Model.of(SampleModels.negatedSequence());
        Session session = model.session(ONE)) {
      assertThat(model.inputs()).hasToString("[s:sequence of float32]");
      assertThat(model.outputs()).containsExactly("count", "negated");
      Map<String, Tensor> results = session.run(Map.of("s[0]", PAIR, "s[1]", TRIPLE));
      assertThat(results.keySet()).containsExactly("count", "negated[0]", "negated[1]");
      assertThat(results.get("count").toLongs()).containsExactly(2);
      assertThat(results.get("negated[0]").toFloats()).containsExactly(-1, -2);
      assertThat(results.get("negated[1]").toFloats()).containsExactly(-3, -4, -5);
      assertThat(session.run(Map.of()).keySet()).containsExactly("count");

      Execution execution = session.prepare(Map.of("s[0]", Shape.of(2)));
      assertThat(execution.outputs()).containsExactly("count", "negated[0]");
      execution.input("s[0]").data().copyFrom(PAIR.data());
      execution.run();
      assertThat(execution.output("negated[0]").toFloats()).containsExactly(-1, -2);
    }
  }

  @Test
  void whatIsNoElementIsRefused() {
    try (Model model = Model.of(SampleModels.negatedSequence());
        Session session = model.session(ONE)) {
      assertThatThrownBy(() -> session.run(Map.of("s[0]", PAIR, "s[2]", PAIR)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("no input [s[2]]");
      assertThatThrownBy(() -> session.run(Map.of("s", PAIR))).isInstanceOf(InputException.class);
      assertThatThrownBy(() -> session.run(Map.of("s[0]", Tensor.of(Shape.of(1), 1L))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'s[0]' is int64[1]");
    }
  }

  @Test
  void twoTensorsOfOneNameAreRefused() {
    byte[] model =
        new ModelBytes(17)
            .sequenceInput("s")
            .input("s[0]", 2)
            .node("Identity", "s", "y")
            .node("Neg", "s[0]", "y[0]")
            .output("y", "y[0]")
            .toBytes();
    try (Model loaded = Model.of(model);
        Session session = loaded.session(ONE)) {
      assertThatThrownBy(() -> session.run(Map.of("s[0]", PAIR)))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("'s[0]' is an input and an element of another");
    }
  }

  @Test
  void howManyElementsComeOutMayDependOnData() {
    ModelBytes step =
        new ModelBytes(16)
            .bodyInput("i", "go", "list")
            .node("Identity", "go", "on")
            .node("SequenceInsert", "list x", "longer")
            .output("on", "longer");
    byte[] bytes =
        new ModelBytes(16)
            .input("x", 2)
            .typedInput("n", 7)
            .sequenceInput("s")
            .node("Loop", "n - s", "y", step.as("body"))
            .node("Neg", "x", "z")
            .output("y", "z")
            .toBytes();
    try (Model model = Model.of(bytes);
        Session session = model.session(ONE)) {
      Execution execution =
          session.prepare(Map.of("x", Shape.of(2), "n", Shape.SCALAR, "s[0]", Shape.of(3)));
      assertThatThrownBy(execution::outputs).isInstanceOf(IllegalStateException.class);
      for (int n : new int[] {2, 0, 1}) {
        Map<String, Tensor> results =
            session.run(Map.of("x", PAIR, "n", Tensor.of(Shape.SCALAR, (long) n), "s[0]", TRIPLE));
        assertThat(results).hasSize(n + 2);
        assertThat(results.get("y[0]").toFloats()).containsExactly(3, 4, 5);
        for (int i = 1; i <= n; i++) {
          assertThat(results.get("y[" + i + "]").toFloats()).containsExactly(1, 2);
        }
      }
    }
  }

  /** Gives its optional input as it is; of a sequence, the length or -1. */
  private static byte[] options() {
    ModelBytes there =
        new ModelBytes(18)
            .node("OptionalGetElement", "s", "list")
            .node("SequenceLength", "list", "length")
            .output("length");
    ModelBytes missing = new ModelBytes(18).scalar("none", -1).output("none");
    return new ModelBytes(18)
        .optionalInput("x", 2)
        .optionalSequenceInput("s")
        .node("OptionalHasElement", "s", "has")
        .node("If", "has", "count", there.as("then_branch"), missing.as("else_branch"))
        .node("Identity", "x", "y")
        .output("y", "count")
        .toBytes();
  }

  @Test
  void optionalInputsMayBeLeftOut() {
    try (Model model = Model.of(options());
        Session session = model.session(ONE)) {
      assertThat(model.inputs())
          .hasToString("[x:optional float32[2], s:optional sequence of float32]");
      Map<String, Tensor> none = session.run(Map.of());
      assertThat(none.keySet()).containsExactly("count");
      assertThat(none.get("count").toLongs()).containsExactly(-1);
      Map<String, Tensor> some = session.run(Map.of("x", PAIR, "s[0]", TRIPLE));
      assertThat(some.get("y").toFloats()).containsExactly(1, 2);
      assertThat(some.get("count").toLongs()).containsExactly(1);
      assertThatThrownBy(() -> session.run(Map.of("x", TRIPLE))).isInstanceOf(InputException.class);
    }
  }

  @Test
  void whatIsNotThereIsNotRead() {
    byte[] bytes =
        new ModelBytes(18)
            .optionalInput("x", 2)
            .node("OptionalGetElement", "x", "e")
            .node("Neg", "e", "y")
            .output("y")
            .toBytes();
    byte[] direct =
        new ModelBytes(18).optionalInput("x", 2).node("Neg", "x", "y").output("y").toBytes();
    for (byte[] model : new byte[][] {bytes, direct}) {
      try (Model loaded = Model.of(model);
          Session session = loaded.session(ONE)) {
        assertThat(session.run(Map.of("x", PAIR)).get("y").toFloats()).containsExactly(-1, -2);
        assertThatThrownBy(() -> session.run(Map.of()))
            .isInstanceOf(ModelFormatException.class)
            .hasMessageContaining("an optional value that is not there");
      }
    }
  }
}
