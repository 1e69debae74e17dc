package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Poly-scale convolution (Li et al. 2020, arXiv 2007.06191): each pair of an output and an input
 * channel has a dilation of its own, H[o] = sum over k of G[o, k] * F[k] dilated by D[o, k].
 *
 * <p>It is written as a sum of dilated convolutions, each with the weights of its dilation and
 * zeros elsewhere; loading it leaves the zeros out.
 *
 * @param conv its own dilation does not matter; padding keeps the size
 * @param dilations D [K, C/g]
 */
public record PsConv(ConvSpec conv, List<List<Integer>> dilations) implements Block.Single {
  public PsConv {
    dilations = dilations.stream().map(List::copyOf).toList();
    require(
        dilations.size() == conv.cout(),
        "PSConv: the dilation matrix has a row for each of %d output channels, not %d",
        conv.cout(),
        dilations.size());
    for (List<Integer> row : dilations) {
      require(
          row.size() == dilations.getFirst().size() && row.stream().allMatch(d -> d > 0),
          "PSConv: rows are equally long and dilations at least 1, not %s",
          row);
    }
  }

  /**
   * The paper's cyclic pattern: along the input channels of a group, beginning one later for each
   * next output channel.
   *
   * @param pattern the best in the paper is 1, 2, 1, 4
   */
  public static PsConv cyclic(int cin, ConvSpec conv, int... pattern) {
    int g = conv.groups();
    require(cin % g == 0, "PSConv: groups (%d) divide the input channels (%d)", g, cin);
    require(pattern.length > 0, "PSConv: the pattern has at least one dilation");
    List<List<Integer>> rows = new ArrayList<>();
    for (int o = 0; o < conv.cout(); o++) {
      int phase = o % (conv.cout() / g);
      rows.add(
          IntStream.range(0, cin / g)
              .map(c -> pattern[Math.floorMod(c - phase, pattern.length)])
              .boxed()
              .toList());
    }
    return new PsConv(conv, rows);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int inputs = dilations.getFirst().size();
    require(
        inputs * conv.groups() == x.channels(),
        "PSConv: the dilation matrix has a column for each of %d input channels of a group, not %d",
        x.channels() / conv.groups(),
        inputs);
    Feature weight =
        n.parameter("weight", Role.WEIGHT, conv.cout(), inputs, conv.kernelH(), conv.kernelW());
    List<Feature> terms = new ArrayList<>();
    for (int rate : new TreeSet<>(dilations.stream().flatMap(List::stream).toList())) {
      Feature part = n.mul(weight, n.constant(where(rate, inputs)));
      terms.add(n.conv(x, part, conv.dilation(rate).bias(false)));
    }
    Feature y = n.sum(terms);
    return conv.bias() ? n.addBias("bias", y) : y;
  }

  /** 1 for each pair of channels with this dilation. */
  private Tensor where(int rate, int inputs) {
    float[] mask = new float[conv.cout() * inputs];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = dilations.get(i / inputs).get(i % inputs) == rate ? 1 : 0;
    }
    return Tensor.of(Shape.of(conv.cout(), inputs, 1, 1), mask);
  }
}
