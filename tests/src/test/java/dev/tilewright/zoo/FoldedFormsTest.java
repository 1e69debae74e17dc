package dev.tilewright.zoo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Interpreter;
import dev.tilewright.onnx.OnnxImporter;
import dev.tilewright.op.Operators;
import dev.tilewright.pass.Passes;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.algorithm.Costs;
import dev.tilewright.zoo.block.AsymmetricBlock;
import dev.tilewright.zoo.block.CondConv;
import dev.tilewright.zoo.block.DbbTransform;
import dev.tilewright.zoo.block.DiverseBranchBlock;
import dev.tilewright.zoo.block.DoConv;
import dev.tilewright.zoo.block.HetConv;
import dev.tilewright.zoo.block.PsConv;
import dev.tilewright.zoo.block.RepMlp;
import dev.tilewright.zoo.block.RepVggBlock;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.Blueprint;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.PoolSpec;
import dev.tilewright.zoo.build.WeightSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What is trained in parts is rewritten to what the papers run: the same outputs, with exactly the
 * multiply-adds that they state. Batches, odd sizes, strides and groups included.
 */
class FoldedFormsTest {
  /** Of the largest value: some thirty operators in float32, whose sums are ordered otherwise. */
  private static final double TOLERANCE = 1e-5;

  private static final int C = 8;
  private static final int[] GROUPS = {1, 2, C};

  record Case(String name, Block block, Shape input, long macs) {
    @Override
    public String toString() {
      return name + " of " + input;
    }
  }

  /** Two images of odd height and width. */
  private static final Shape ODD = Shape.of(2, C, 9, 7);

  private static long dense(ConvSpec conv, Shape x) {
    int h = (x.dim(2) + 2 * conv.padH() - conv.dilation() * (conv.kernelH() - 1) - 1);
    int w = (x.dim(3) + 2 * conv.padW() - conv.dilation() * (conv.kernelW() - 1) - 1);
    long places = (h / conv.stride() + 1L) * (w / conv.stride() + 1L);
    return x.dim(0) * places * conv.cout() * (x.dim(1) / conv.groups()) * conv.taps();
  }

  private static Case one(String name, ConvSpec conv, Block block) {
    String of =
        conv.groups() + " groups, stride " + conv.stride() + ", dilation " + conv.dilation();
    return new Case(name + ", " + of, block, ODD, dense(conv, ODD));
  }

  static Stream<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (int groups : GROUPS) {
      for (int stride = 1; stride <= 2; stride++) {
        ConvSpec conv = ConvSpec.of(2 * C, 3).stride(stride).groups(groups);
        for (DoConv.Form form : DoConv.Form.values()) {
          cases.add(one("DO-Conv " + form, conv, new DoConv(conv, 11, form)));
        }
        ConvSpec same = conv.to(C);
        cases.add(one("DBB", same, new DiverseBranchBlock(same, C)));
        cases.add(one("DBB I", conv, DbbTransform.normalised(conv)));
        cases.add(one("DBB II", conv, DbbTransform.added(conv, 3)));
        cases.add(one("DBB III", conv, DbbTransform.sequence(C, conv)));
        ConvSpec all = conv.to(3 * C);
        cases.add(one("DBB IV", all, DbbTransform.joined(conv, C, 2 * C)));
        cases.add(one("DBB VI", conv, scales(conv)));
        cases.add(one("ACB", conv, new AsymmetricBlock(conv)));
        cases.add(one("RepVGG", same, new RepVggBlock(C, stride, groups)));
        cases.add(one("RepVGG wider", conv, new RepVggBlock(2 * C, stride, groups)));
      }
    }
    ConvSpec wide = ConvSpec.of(2 * C, 5).dilation(2);
    cases.add(one("DO-Conv", wide, new DoConv(wide)));
    ConvSpec flat = ConvSpec.of(2 * C, 1, 3).bias(true);
    cases.add(one("DO-Conv 1x3 with bias", flat, new DoConv(flat)));
    PoolSpec window = PoolSpec.of(3).stride(2).padding(1);
    cases.add(new Case("DBB V", DbbTransform.averaged(window), ODD, 0));
    for (int stride = 1; stride <= 2; stride++) {
      for (int groups = 1; groups <= 2; groups++) {
        // Each phase of the pattern has two channels: what is left depends on the pattern alone.
        ConvSpec conv = ConvSpec.of(16 * groups, 3).stride(stride).groups(groups);
        Shape input = Shape.of(2, C * groups, 9, 7);
        Block block = PsConv.cyclic(C * groups, conv, 1, 2, 1, 4);
        String of = groups + " groups, stride " + stride;
        cases.add(new Case("PSConv, " + of, block, input, dense(conv, input)));
      }
    }
    for (int p : new int[] {1, 2, 4, 8}) {
      ConvSpec conv = ConvSpec.of(2 * C, 3).bias(true);
      long macs = Math.round(dense(conv, ODD) * Costs.hetConv(p, 3));
      cases.add(new Case("HetConv p " + p, new HetConv(conv, p), ODD, macs));
    }
    perceptrons(cases);
    experts(cases);
    return cases.stream();
  }

  private static Block scales(ConvSpec conv) {
    return DbbTransform.scales(conv, conv.kernel(1, 1), conv.kernel(1, 3), conv.kernel(3, 1));
  }

  /** One fully connected layer is left, and the global perceptron if there are partitions. */
  private static void perceptrons(List<Case> cases) {
    for (int groups : new int[] {1, 4}) {
      Block block = new RepMlp(2 * C, 3, 3, List.of(1, 3), 2, groups);
      long fc3 = 1L * C * 9 * 2 * C * 9 / groups;
      long global = 2L * (C * 4) * (C * 4 / 2);
      Shape four = Shape.of(2, C, 6, 6);
      cases.add(new Case("RepMLP, " + groups + " groups", block, four, 2 * (4 * fc3 + global)));
      Shape single = Shape.of(2, C, 3, 3);
      cases.add(new Case("RepMLP alone, " + groups + " groups", block, single, 2 * fc3));
    }
    // 20.2 million in the catalogue, where the training form takes 24.2.
    Shape paper = Shape.of(1, 64, 28, 28);
    long fc3 = 16L * (64 * 49) * (64 * 49) / 8;
    Block block = new RepMlp(64, 7, 7, List.of(1, 3, 5), 4, 8);
    cases.add(new Case("RepMLP as published", block, paper, fc3 + 2L * 1024 * 256));
  }

  /** Mixing the filters, and one convolution. */
  private static void experts(List<Case> cases) {
    for (int groups : GROUPS) {
      for (CondConv.Bias bias : CondConv.Bias.values()) {
        ConvSpec conv = ConvSpec.of(2 * C, 3).groups(groups).stride(2);
        long mixed = 2 * Costs.condConv(4, C, 2 * C, groups, 3);
        long biases = bias == CondConv.Bias.EXPERT ? 2L * 4 * 2 * C : 0;
        cases.add(
            new Case(
                "CondConv, bias " + bias + ", " + groups + " groups",
                new CondConv(conv, 4, bias),
                ODD,
                dense(conv, ODD) + mixed + biases));
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void runsInTheFormAndWithTheWorkOfThePaper(Case one) {
    Blueprint blueprint = Blueprint.of(one.block, one.input);
    Graph trained =
        OnnxImporter.graph(
            blueprint.onnx(WeightSource.seeded(5)), blueprint.inputs(), Operators::evaluate);
    Graph folded = Passes.standard(trained, Operators::evaluate);
    assertThat(folded.macs()).as("multiply-adds").isEqualTo(one.macs);
    SplittableRandom random = new SplittableRandom(5);
    float[] x = new float[(int) one.input.elements()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextDouble(-1, 1);
    }
    Map<String, Tensor> inputs = Map.of("x", Tensor.of(one.input, x));
    float[] want = Interpreter.run(trained, inputs).get("y").toFloats();
    float[] got = Interpreter.run(folded, inputs).get("y").toFloats();
    double largest = 0;
    for (float v : want) {
      largest = Math.max(largest, Math.abs(v));
    }
    assertThat(largest).isPositive();
    for (int i = 0; i < want.length; i++) {
      assertThat(Math.abs((double) got[i] - want[i]))
          .as("element %d", i)
          .isLessThan(TOLERANCE * largest);
    }
  }
}
