package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.GraphBuilder;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Fully connected layers of experts: what they make of the rows is mixed instead of them. */
class MixAfterProductTest {
  private final Random random = new Random(5);

  @Test
  void experts() {
    isMixedAfter(layer(4, 8, 16, 24, 1), true);
    isMixedAfter(layer(1, 1, 7, 5, 1), true);
    isMixedAfter(layer(3, 4, 11, 5, 1), true);
    isMixedAfter(layer(5, 2, 3, 9, 1), true);
  }

  @Test
  void moreExpertsThanInputsOrSeveralColumnsStay() {
    isMixedAfter(layer(2, 6, 8, 5, 1), false);
    isMixedAfter(layer(2, 3, 8, 5, 2), false);
  }

  @Test
  void matricesThatOthersReadStay() {
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    Value y = layer(b, 2, 3, 4, 5, 1);
    b.output("y", y);
    b.output("matrices", b.producer(y).input(0));
    isMixedAfter(b.build(), false);
  }

  private void isMixedAfter(Graph graph, boolean expected) {
    Graph after = Rewriter.apply(new MixAfterProduct(), graph, Operators::evaluate);
    Map<String, Tensor> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(v -> inputs.put(v.name(), tensor(v.type().shape())));
    Shape mixed = graph.nodes().getFirst().output().shape();
    assertThat(after.nodes().stream().anyMatch(n -> n.output().shape().equals(mixed)))
        .isNotEqualTo(expected);
    long macs = graph.nodes().stream().mapToLong(Graph::macs).sum();
    assertThat(after.nodes().stream().mapToLong(Graph::macs).sum()).isLessThanOrEqualTo(macs);
    // 8 * 24 products below 1/8; each way rounds what it keeps between, and the sum: 96 u in all.
    assertThat(Interpreter.run(after, inputs).get("y").toFloats())
        .containsExactly(Interpreter.run(graph, inputs).get("y").toFloats(), Offset.offset(1e-5f));
  }

  private Graph layer(int rows, int experts, int outputs, int in, int columns) {
    GraphBuilder b = new GraphBuilder(Operators::evaluate);
    b.output("y", layer(b, rows, experts, outputs, in, columns));
    return b.build();
  }

  private Value layer(GraphBuilder b, int rows, int experts, int outputs, int in, int columns) {
    Value factors = b.input("factors", TensorType.floats(Shape.of(rows, experts)));
    Value x = b.input("x", TensorType.floats(Shape.of(rows, in, columns)));
    Value w = b.constant("w", tensor(Shape.of(experts, outputs * in)));
    Value mixed = b.add("mix", new Op.MatMul(), factors, w);
    Value matrices = b.add("matrices", new Op.Reshape(Shape.of(rows, outputs, in)), mixed);
    return b.add("y", new Op.MatMul(), matrices, x);
  }

  private Tensor tensor(Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Tensor.of(shape, values);
  }
}
