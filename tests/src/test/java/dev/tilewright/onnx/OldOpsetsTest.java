package dev.tilewright.onnx;

import static dev.tilewright.onnx.ModelBytes.integer;
import static dev.tilewright.onnx.ModelBytes.integers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.tensor.Shape;
import org.junit.jupiter.api.Test;

/** Operators as opsets before 7 mean them. */
final class OldOpsetsTest {
  @Test
  void axisSaysWhereTheSecondInputBelongs() {
    ModelBytes model = sum(Shape.of(2), 10, 20);
    model.node("Add", "a b", "y", integer("broadcast", 1), integer("axis", 0));
    assertThat(model.folded("y").toFloats()).containsExactly(10, 11, 22, 23);
    model = sum(Shape.of(2), 10, 20);
    model.node("Add", "a b", "y", integer("broadcast", 1), integer("axis", -1));
    assertThat(model.folded("y").toFloats()).containsExactly(10, 21, 12, 23);
    model = sum(Shape.of(2), 10, 20).node("Add", "a b", "y", integer("broadcast", 1));
    assertThat(model.folded("y").toFloats()).containsExactly(10, 21, 12, 23);
  }

  @Test
  void axisOutsideTheFirstInputIsRefused() {
    ModelBytes model = sum(Shape.of(2), 10, 20);
    model.node("Add", "a b", "y", integer("broadcast", 1), integer("axis", 2));
    assertThatThrownBy(() -> model.folded("y"))
        .isInstanceOf(ModelFormatException.class)
        .hasMessageContaining("axis 2");
  }

  @Test
  void slopesAreOneAChannel() {
    ModelBytes model =
        new ModelBytes(6)
            .output("y")
            .floats("x", Shape.of(1, 2, 2), -1, -2, -3, -4)
            .floats("slope", 10, 100)
            .node("PRelu", "x slope", "y");
    assertThat(model.folded("y").toFloats()).containsExactly(-10, -20, -300, -400);
  }

  @Test
  void shapeIsAnAttribute() {
    ModelBytes model =
        new ModelBytes(1)
            .output("y")
            .floats("x", Shape.of(2, 3), 0, 1, 2, 3, 4, 5)
            .node("Reshape", "x", "y", integers("shape", 0, -1, 1));
    assertThat(model.folded("y").shape()).isEqualTo(Shape.of(2, 3, 1));
  }

  private static ModelBytes sum(Shape shape, float... values) {
    return new ModelBytes(6)
        .output("y")
        .floats("a", Shape.of(2, 2), 0, 1, 2, 3)
        .floats("b", shape, values);
  }
}
