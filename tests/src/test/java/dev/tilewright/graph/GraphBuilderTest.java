package dev.tilewright.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class GraphBuilderTest {
  private final GraphBuilder builder = new GraphBuilder(Operators::evaluate);

  @Test
  void knownInputsFoldToConstants() {
    Value a = builder.constant("a", Tensor.of(Shape.of(2), 6L, 8L));
    Value b = builder.constant("b", Tensor.of(Shape.SCALAR, 2L));
    Value sum = builder.add("half", new Op.Binary(BinaryFunction.DIV), a, b);
    assertThat(Objects.requireNonNull(builder.constantOf(sum)).toLongs()).containsExactly(3, 4);
    assertThat(builder.producer(sum)).isNull();
  }

  @Test
  void errorsWhileFoldingNameTheNode() {
    Value a = builder.constant("a", Tensor.of(Shape.of(2), 6L, 8L));
    Value zero = builder.constant("zero", Tensor.of(Shape.SCALAR, 0L));
    assertThatThrownBy(() -> builder.add("ratio", new Op.Binary(BinaryFunction.DIV), a, zero))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("node 'ratio'")
        .hasMessageContaining("division by zero");
    assertThatThrownBy(() -> builder.add("picked", new Op.Gather(0), zero, a))
        .isInstanceOf(ShapeException.class)
        .hasMessageContaining("node 'picked'")
        .hasMessageContaining("no axis 0");
  }

  @Test
  void smallConstantsDoNotGrowWithoutBounds() {
    Value one = builder.constant("one", Tensor.of(Shape.SCALAR, 1f));
    Value large = builder.add("large", new Op.Expand(Shape.of(1 << 30)), one);
    assertThat(builder.constantOf(large)).isNull();
    assertThat(builder.producer(large)).isNotNull();
  }

  @Test
  void convolutionsAreLeftToTheirAlgorithms() {
    Size unit = new Size(1, 1);
    Op conv =
        new Op.Conv(new Op.Window(unit, unit, unit, new Padding(0, 0, 0, 0)), 1, Epilogue.NONE);
    Value src = builder.constant("src", Tensor.of(Shape.of(1, 1, 1, 1), 2f));
    Value filter = builder.constant("filter", Tensor.of(Shape.of(1, 1, 1, 1), 3f));
    Value dst = builder.add("conv", conv, src, filter);
    assertThat(builder.producer(dst)).isNotNull();
    assertThatThrownBy(() ->
            Operators.evaluate(
                conv,
                java.util.List.of(
                    Tensor.of(Shape.of(1, 1, 1, 1), 2f), Tensor.of(Shape.of(1, 1, 1, 1), 3f)),
                java.util.List.of(dst.type())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ConvAlgorithm");
  }

  @Test
  void namesStayUniqueAndDeadNodesGo() {
    Value x = builder.input("x", new TensorType(DType.FLOAT32, Shape.of(2)));
    Op neg = new Op.Unary(Op.UnaryFunction.NEG);
    Value live = builder.add("n", neg, x);
    Value dead = builder.add("n", neg, x);
    builder.constant("unused", Tensor.of(Shape.of(1), 1f));
    builder.output("y", live);
    assertThat(dead.name()).isNotEqualTo(live.name());
    Graph graph = builder.build();
    assertThat(graph.nodes()).extracting(Node::output).containsExactly(live);
    assertThat(graph.constants()).isEmpty();
    assertThat(graph.inputs()).containsExactly(x);
  }
}
