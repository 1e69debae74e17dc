package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * Res2Net's module (Gao et al. 2019, arXiv 1904.01169): the middle of a bottleneck in s parts, y_i
 * = K_i(x_i + y_{i-1}), of which one has no filter. To be put into a {@link Residual}.
 *
 * @param width channels of a part
 * @param cout channels after the last 1x1
 * @param scales s, the number of parts; 4 in the paper
 */
public record Res2Net(int width, int cout, int stride, int scales, int groups, Form form)
    implements Block.Single {
  /** Where the stride is, and which part has no filter. */
  public enum Form {
    /** As in the paper's figure: the first part; the stride is in the 1x1. */
    FIRST_PASSES,
    /** As the authors compute it: the last part; the stride is in each filter. */
    LAST_PASSES,
    /** Theirs at the beginning of a stage: no part sees another, the last one is averaged. */
    STAGE
  }

  public Res2Net {
    require(scales > 1, "Res2Net: there are at least 2 scales, not %d", scales);
    require(width > 0, "Res2Net: a scale has at least one channel, not %d", width);
    require(
        form != Form.LAST_PASSES || stride == 1, "Res2Net: a stride of %d begins a stage", stride);
  }

  /** The authors' block: {@code baseWidth} channels a part for every 64 planes. */
  public static Residual bottleneck(
      int planes, int baseWidth, int scales, int stride, boolean first) {
    int cout = Residual.EXPANSION * planes;
    Form form = first ? Form.STAGE : Form.LAST_PASSES;
    return new Res2Net(planes * baseWidth / 64, cout, stride, scales, 1, form).residual();
  }

  /** With the shortcut around it. */
  public Residual residual() {
    return new Residual(this, cout, stride);
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    boolean firstPasses = form == Form.FIRST_PASSES;
    ConvSpec in = ConvSpec.of(width * scales, 1).stride(firstPasses ? stride : 1);
    List<Feature> parts = n.chunk(n.convBnRelu("1", x, in), 1, scales);
    ConvSpec conv = ConvSpec.of(width, 3).stride(firstPasses ? 1 : stride).groups(groups);
    List<Feature> done = new ArrayList<>();
    if (firstPasses) {
      done.add(parts.getFirst());
    }
    Feature before = null;
    for (int i = 0; i < scales - 1; i++) {
      Feature part = parts.get(firstPasses ? i + 1 : i);
      Feature sum = before == null || form == Form.STAGE ? part : n.add(part, before);
      before = n.relu(n.bn("bns." + i, n.conv("convs." + i, sum, conv)));
      done.add(before);
    }
    if (!firstPasses) {
      Feature last = parts.getLast();
      PoolSpec window = PoolSpec.of(3).stride(stride).padding(1);
      done.add(form == Form.STAGE ? n.averagePool(last, window) : last);
    }
    return n.lastBn("bn3", n.conv("conv3", n.concat(1, done), ConvSpec.of(cout, 1)));
  }
}
