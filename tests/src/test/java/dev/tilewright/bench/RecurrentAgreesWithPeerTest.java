package dev.tilewright.bench;

import static dev.tilewright.bench.Samples.floats;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Recurrent cells in both directions, against ONNX Runtime. */
class RecurrentAgreesWithPeerTest {
  private static final Tensor SEQUENCE = floats(1, 6, 2, 5);

  static Stream<OneNode> operators() {
    List<OneNode> cases = new ArrayList<>();
    for (String direction : List.of("forward", "reverse", "bidirectional")) {
      for (Cell cell :
          List.of(new Cell("RNN", 1, 1), new Cell("GRU", 3, 1), new Cell("LSTM", 4, 2))) {
        cases.add(node(cell, direction, true));
        cases.add(node(cell, direction, false));
      }
      cases.add(node(new Cell("GRU", 3, 1), direction, true).attribute("linear_before_reset", 1L));
    }
    return cases.stream();
  }

  private record Cell(String op, int gates, int states) {}

  private static OneNode node(Cell cell, String direction, boolean states) {
    int ways = direction.equals("bidirectional") ? 2 : 1;
    int rows = cell.gates * 3;
    OneNode node =
        OneNode.of(cell.op, 14)
            .input("x", SEQUENCE)
            .constant("w", floats(2, ways, rows, 5))
            .constant("r", floats(3, ways, rows, 3))
            .attribute("hidden_size", 3L)
            .attribute("direction", direction)
            .output(Collections.nCopies(cell.states + 1, DType.FLOAT32).toArray(DType[]::new));
    if (states) {
      node =
          node.constant("b", floats(4, ways, 2 * rows))
              .constant("", Samples.absent())
              .constant("h", floats(5, ways, 2, 3));
    }
    return states && cell.states == 2 ? node.constant("c", floats(6, ways, 2, 3)) : node;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("operators")
  void agreesWithOnnxRuntime(OneNode node) {
    Peer.agrees(node);
  }
}
