package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.Parameter.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Heterogeneous convolution (Singh et al. 2019, arXiv 1903.04120): filter o is KxK on every P-th
 * channel, those with (c - o) mod P = 0, and 1x1 on the others: 1/P + (1 - 1/P)/K^2 of the dense
 * multiply-adds, which it takes exactly: filters of one residue are computed together.
 *
 * @param p the part of a filter that is KxK is 1/P
 */
public record HetConv(ConvSpec conv, int p) implements Block.Single {
  public HetConv {
    require(p > 0, "HetConv: P is at least 1, not %d", p);
    require(conv.groups() == 1, "HetConv: there are no groups, not %d", conv.groups());
    require(
        conv.cout() % p == 0, "HetConv: P (%d) divides the output channels (%d)", p, conv.cout());
    require(conv.kernel() % 2 == 1, "HetConv: K is odd, not %d", conv.kernel());
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int c = x.channels();
    require(c % p == 0, "HetConv: P (%d) divides the input channels (%d)", p, c);
    int wide = c / p;
    Feature w3 = n.parameter("w3", Role.WEIGHT, conv.cout(), wide, conv.kernel(), conv.kernel());
    Feature w1 = p == 1 ? w3 : n.parameter("w1", Role.WEIGHT, conv.cout(), c - wide);
    ConvSpec large = conv.to(conv.cout() / p).bias(false);
    List<Feature> residues = new ArrayList<>();
    for (int r = 0; r < p; r++) {
      int residue = r;
      int[] filters = IntStream.range(0, conv.cout()).filter(o -> o % p == residue).toArray();
      int[] same = IntStream.range(0, c).filter(k -> k % p == residue).toArray();
      Feature y = n.conv(n.gather(x, 1, same), n.gather(w3, 0, filters), large);
      if (p > 1) {
        int[] others = IntStream.range(0, c).filter(k -> k % p != residue).toArray();
        Feature points = n.reshape(n.gather(w1, 0, filters), filters.length, c - wide, 1, 1);
        y = n.add(y, n.conv(n.gather(x, 1, others), points, large.kernel(1, 1)));
      }
      residues.add(y);
    }
    // Filter o is the (o / p)-th of residue o mod p.
    int each = conv.cout() / p;
    int[] order = IntStream.range(0, conv.cout()).map(o -> o % p * each + o / p).toArray();
    Feature y = n.gather(n.concat(1, residues), 1, order);
    return conv.bias() ? n.addBias("bias", y) : y;
  }
}
