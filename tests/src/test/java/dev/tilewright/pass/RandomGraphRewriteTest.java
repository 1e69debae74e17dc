package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.RandomGraphs;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Tensor;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Every pass, alone and all in order, leaves the outputs of arbitrary graphs equal. */
class RandomGraphRewriteTest {
  private static final int GRAPHS = 300;

  @TestFactory
  Iterable<DynamicTest> everyPassKeepsTheOutputs() {
    return Passes.STANDARD.stream()
        .map(Supplier::get)
        .map(p -> p.getClass().getSimpleName())
        .distinct()
        .map(name ->
            DynamicTest.dynamicTest(
                name,
                () -> {
                  for (long seed = 0; seed < GRAPHS; seed++) {
                    RandomGraphs.Case c = RandomGraphs.of(seed);
                    Pass fresh =
                        Passes.STANDARD.stream()
                            .map(Supplier::get)
                            .filter(p -> p.getClass().getSimpleName().equals(name))
                            .findFirst()
                            .orElseThrow();
                    check(seed, c, Rewriter.apply(fresh, c.graph(), Operators::evaluate));
                  }
                }))
        .toList();
  }

  @TestFactory
  Iterable<DynamicTest> allPassesInOrderKeepTheOutputsAndNeverAddWork() {
    return java.util.List.of(
        DynamicTest.dynamicTest(
            GRAPHS + " graphs",
            () -> {
              for (long seed = 0; seed < GRAPHS; seed++) {
                RandomGraphs.Case c = RandomGraphs.of(seed);
                Graph after = Passes.standard(c.graph(), Operators::evaluate);
                check(seed, c, after);
                assertThat(work(after)).as("seed %d", seed).isLessThanOrEqualTo(work(c.graph()));
              }
            }));
  }

  private static final Set<Op.BinaryFunction> MULTIPLIES =
      Set.of(Op.BinaryFunction.MUL, Op.BinaryFunction.POW);

  /** Multiplications, of products and of single values. */
  private static long work(Graph graph) {
    return graph.macs()
        + graph.nodes().stream()
            .filter(n -> n.op() instanceof Op.Binary(Op.BinaryFunction f) && MULTIPLIES.contains(f))
            .mapToLong(n -> n.output().shape().elements())
            .sum();
  }

  private static void check(long seed, RandomGraphs.Case c, Graph after) {
    Map<String, Tensor> want = Interpreter.run(c.graph(), c.inputs());
    Map<String, Tensor> got = Interpreter.run(after, c.inputs());
    want.forEach((name, tensor) -> {
      assertThat(got.get(name).shape()).as("seed %d", seed).isEqualTo(tensor.shape());
      float[] w = tensor.toFloats();
      float[] g = got.get(name).toFloats();
      for (int i = 0; i < w.length; i++) {
        float scale = Math.max(1, Math.abs(w[i]));
        assertThat(g[i])
            .as("seed %d, %s[%d], %s became %s", seed, name, i, c.graph(), after)
            .isCloseTo(w[i], org.assertj.core.data.Offset.offset(1e-4f * scale));
      }
    });
  }
}
