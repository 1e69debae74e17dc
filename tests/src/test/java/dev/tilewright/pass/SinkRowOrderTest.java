package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.Op;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.block.PatchMerging;
import dev.tilewright.zoo.block.SwinBlock;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.WeightSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Orders of rows go where they cost nothing, and results keep their bits. */
class SinkRowOrderTest {
  private static final int C = 16;

  @Test
  void windowsOfAttentionAreNoCopies() {
    for (int shift : new int[] {0, 1, 3}) {
      Graph after = sameBits(new SwinBlock(8, 12, 2, 4, shift), Shape.of(2, 96, C));
      assertThat(after.nodes()).noneMatch(n -> moves(n.op()));
      assertThat(after.nodes())
          .anyMatch(n -> n.op() instanceof Op.Attention attention && attention.rows());
    }
  }

  @Test
  void blocksInARowAreNoCopies() {
    Block.Single two =
        (n, x) ->
            n.block(
                "b", new SwinBlock(8, 8, 2, 4, 2), n.block("a", new SwinBlock(8, 8, 2, 4, 0), x));
    assertThat(sameBits(two, Shape.of(1, 64, C)).nodes()).noneMatch(n -> moves(n.op()));
  }

  @Test
  void anOrderThatSomeoneElseWantsStays() {
    Block.Single gap = (n, x) -> n.block("m", new PatchMerging(8, 8), rolledRelu(n, x));
    assertThat(sameBits(gap, Shape.of(1, 64, C)).nodes().stream().filter(n -> moves(n.op())))
        .isNotEmpty();
  }

  /** Rolled, an activation, rolled back in part: one copy is left of four. */
  @Test
  void ordersThatDoNotCancelAreOne() {
    Block.Single block =
        (n, x) -> {
          var y = n.reshape(x, 1, 8, 8, C);
          y = n.relu(n.roll(n.roll(y, 1, 3), 2, 3));
          return n.add(x, n.reshape(n.roll(n.roll(y, 1, -3), 2, -1), 1, 64, C));
        };
    assertThat(sameBits(block, Shape.of(1, 64, C)).nodes().stream().filter(n -> moves(n.op())))
        .hasSize(1);
  }

  private static Feature rolledRelu(Layers n, Feature x) {
    var map = n.reshape(x, 1, 8, 8, C);
    return n.reshape(n.relu(n.roll(n.roll(map, 1, 3), 2, 3)), 1, 64, C);
  }

  private static boolean moves(Op op) {
    return op instanceof Op.Runs || op instanceof Op.Transpose || op instanceof Op.Concat;
  }

  /**
   * The graph after all passes but the last, which computes the same bits as without those of
   * orders. An epilogue would not on the reference kernels, which add a residual in double.
   */
  private static Graph sameBits(Block.Single block, Shape shape) {
    Blueprint blueprint = Blueprint.of(block, shape);
    Graph graph =
        OnnxImporter.graph(
            blueprint.onnx(WeightSource.seeded(3)), blueprint.inputs(), Operators::evaluate);
    Graph after = passed(graph, p -> !(p instanceof FuseEpilogue));
    Graph before =
        passed(
            graph,
            p ->
                !(p instanceof FuseEpilogue
                    || p instanceof ComposeMoves
                    || p instanceof SinkRowOrder));
    Random random = new Random(5);
    Map<String, Tensor> in = new HashMap<>();
    graph.inputs().forEach(v -> in.put(v.name(), random(random, v.shape())));
    Map<String, Tensor> want = Interpreter.run(before, in);
    Interpreter.run(after, in)
        .forEach((name, got) ->
            assertThat(got.data().mismatch(want.get(name).data())).as(name).isEqualTo(-1));
    return after;
  }

  private static Graph passed(Graph graph, Predicate<Pass> which) {
    Graph now = graph;
    for (Supplier<Pass> supplier : Passes.STANDARD) {
      Pass pass = supplier.get();
      now = which.test(pass) ? Rewriter.apply(pass, now, Operators::evaluate) : now;
    }
    return now;
  }

  private static Tensor random(Random random, Shape shape) {
    float[] values = new float[(int) shape.elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(shape, values);
  }
}
