package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.graph.Graph;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.op.Operators;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the smaller rewrites of linear layers take in, and what they leave alone. */
class LinearRewritesTest extends Layers {
  private interface Keeps {
    boolean weight(int output, int channel);
  }

  /** A filter with weights between some outputs and channels only. */
  private Tensor sparse(int outputs, int channels, int size, Keeps keeps) {
    Tensor filter = tensor(Shape.of(outputs, channels, size, size));
    float[] values = filter.toFloats();
    for (int i = 0; i < values.length; i++) {
      int pair = i / (size * size);
      values[i] = keeps.weight(pair / channels, pair % channels) ? values[i] : 0;
    }
    return Tensor.of(filter.shape(), values);
  }

  private static void areClasses(List<Op> ops, Class<?>... classes) {
    assertThat(ops).extracting(Object::getClass).containsExactly(classes);
  }

  /** ((conv + b) * s + t) / d: filter and bias in double, to the bit. */
  @Test
  void arithmeticIntoALayerIsRoundedOnce() {
    Tensor w = tensor(Shape.of(16, 4, 3, 3));
    Tensor b = tensor(Shape.of(16));
    Tensor s = tensor(Shape.of(16));
    Tensor t = tensor(Shape.of(16));
    Tensor d = Tensor.of(Shape.of(1), 0.3f);
    Value y = add2(conv(x, w, 1), builder.constant("b", b));
    y = builder.add("s", new Op.Binary(BinaryFunction.MUL), y, builder.constant("s", s));
    y = add2(y, builder.constant("t", t));
    y = builder.add("d", new Op.Binary(BinaryFunction.DIV), y, builder.constant("d", d));
    builder.output("y", y);
    Graph graph = Rewriter.apply(new FoldAffine(), builder.build(), Operators::evaluate);
    Node conv = graph.nodes().getFirst();
    assertThat(graph.nodes()).hasSize(1);
    float[] filter = graph.constants().get(conv.input(1)).toFloats();
    float[] bias = graph.constants().get(conv.input(2)).toFloats();
    for (int k = 0; k < 16; k++) {
      double factor = (double) s.toFloats()[k] / 0.3f;
      assertThat(bias[k])
          .isEqualTo(
              (float) (((double) b.toFloats()[k] * s.toFloats()[k] + t.toFloats()[k]) / 0.3f));
      for (int i = k * 36; i < k * 36 + 36; i++) {
        assertThat(filter[i]).isEqualTo((float) (w.toFloats()[i] * factor));
      }
    }
  }

  @Test
  void aFilterThatFallsApartIsGrouped() {
    Value y = conv(x, sparse(16, 4, 5, (k, c) -> k % 2 == c % 2), 2);
    List<Op> ops = after(y, new GroupZeros());
    areClasses(ops, Op.Gather.class, Op.Conv.class, Op.Gather.class);
    assertThat(ops.get(1))
        .isInstanceOfSatisfying(Op.Conv.class, conv -> assertThat(conv.groups()).isEqualTo(2));
  }

  @Test
  void partsThatAreInOrderNeedNoCopies() {
    Value y = conv(x, sparse(16, 4, 3, (k, c) -> k / 4 == c), 1);
    areClasses(after(y, new GroupZeros()), Op.Conv.class);
  }

  @Test
  void partsOfDifferentSizeStay() {
    Value y = conv(x, sparse(16, 4, 3, (k, c) -> (c == 0) == (k < 8)), 1);
    assertThat(after(y, new GroupZeros()))
        .singleElement()
        .isInstanceOfSatisfying(Op.Conv.class, conv -> assertThat(conv.groups()).isEqualTo(1));
  }

  @Test
  void copiesThatCostMoreThanTheySaveAreNotMade() {
    Value y = conv(x, sparse(16, 4, 1, (k, c) -> k % 2 == c % 2), 0);
    areClasses(after(y, new GroupZeros()), Op.Conv.class);
  }

  @Test
  void siblingsSideBySideAreOneConvolution() {
    Value y =
        concat(
            conv(x, 9, 3, 1, 1, 1, true),
            conv(x, 12, 3, 1, 1, 1, false),
            conv(x, 8, 3, 1, 1, 1, true));
    areClasses(after(y, new JoinSiblings()), Op.Conv.class);
  }

  @Test
  void wideSiblingsApartStay() {
    Value y =
        concat(
            conv(x, 9, 3, 1, 1, 1, true),
            conv(x, 12, 1, 1, 0, 1, true),
            conv(x, 8, 3, 1, 1, 1, true));
    assertThat(after(y, new JoinSiblings())).hasSize(4);
  }

  @Test
  void narrowSiblingsAreJoinedAndBroughtIntoOrder() {
    Value[] parts = new Value[6];
    for (int i = 0; i < parts.length; i++) {
      int wide = i % 2 == 0 ? 3 : 1;
      Value first = conv(x, 1, wide, 1, wide / 2, 1, true);
      parts[i] = add(first, conv(x, 1, 4 - wide, 1, (4 - wide) / 2, 1, false));
    }
    List<Op> ops = after(concat(parts), new JoinSiblings());
    assertThat(ops).filteredOn(op -> op instanceof Op.Conv).hasSize(4);
    assertThat(ops.getLast()).isInstanceOf(Op.Gather.class);
  }

  @Test
  void channelsAreScaledInTheLayerBehindTheFlattenedImage() {
    Value flat = reshape(transpose(affine(x), 0, 3, 1, 2), 2, 252);
    Value weights = builder.constant("w", tensor(Shape.of(252, 3)));
    Value y = builder.add("product", new Op.MatMul(), flat, weights);
    areClasses(
        after(y, new AffineIntoProduct()),
        Op.Transpose.class,
        Op.Reshape.class,
        Op.MatMul.class,
        Op.Binary.class);
  }

  @Test
  void rowsThatAreScaledDifferentlyStay() {
    Value flat = reshape(x, 2, 252);
    Value scale = builder.constant("s", tensor(Shape.of(2, 1)));
    Value scaled = builder.add("scale", new Op.Binary(BinaryFunction.MUL), flat, scale);
    Value weights = builder.constant("w", tensor(Shape.of(252, 3)));
    Value y = builder.add("product", new Op.MatMul(), scaled, weights);
    assertThat(after(y, new AffineIntoProduct())).hasSize(3);
  }

  @Test
  void aConvolutionBesideADenseLayerCostsNothing() {
    Value flat = reshape(transpose(x, 0, 3, 1, 2), 2, 1, 1, 252);
    Value dense = conv(flat, 7 * 9 * 6, 1, 1, 0, 2, true);
    Value image = transpose(reshape(dense, 2, 6, 7, 9), 0, 2, 3, 1);
    Value y = add(conv(x, 6, 3, 1, 1, 2, true), image);
    assertThat(after(y, new ConvIntoFullyConnected()))
        .filteredOn(op -> op instanceof Op.Conv)
        .singleElement()
        .isInstanceOfSatisfying(Op.Conv.class, conv -> assertThat(conv.groups()).isEqualTo(2));
  }

  @Test
  void aConvolutionAcrossTheGroupsOfADenseLayerStays() {
    Value flat = reshape(transpose(x, 0, 3, 1, 2), 2, 1, 1, 252);
    Value dense = conv(flat, 7 * 9 * 6, 1, 1, 0, 2, true);
    Value image = transpose(reshape(dense, 2, 6, 7, 9), 0, 2, 3, 1);
    Value y = add(image, conv(x, 6, 3, 1, 1, 1, true));
    assertThat(after(y, new ConvIntoFullyConnected()))
        .filteredOn(op -> op instanceof Op.Conv)
        .hasSize(2);
  }

  @Test
  void whatIsComputedTwiceIsComputedOnce() {
    Tensor filter = tensor(Shape.of(4, 4, 3, 3));
    Value a = conv(x, filter, 1);
    Value b = conv(x, Tensor.of(filter.shape(), filter.toFloats()), 1);
    Value other = conv(x, tensor(filter.shape()), 1);
    Value y = add(add(a, b), other);
    assertThat(after(y, new MergeDuplicates())).filteredOn(op -> op instanceof Op.Conv).hasSize(2);
  }

  @Test
  void whatBranchesTransposeIsTransposedOnce() {
    Value scale = builder.constant("s", tensor(Shape.of(7, 1, 1)));
    Value scaled = builder.add("scale", new Op.Binary(BinaryFunction.MUL), x, scale);
    Value y = add(transpose(x, 0, 2, 3, 1), transpose(scaled, 0, 2, 3, 1));
    areClasses(
        after(y, new RaiseTransposes(), new MergeDuplicates()),
        Op.Transpose.class,
        Op.Binary.class,
        Op.Binary.class);
  }
}
