package dev.tilewright.zoo.block;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * The bottleneck of a residual network with octave convolutions (Chen et al. 2019, arXiv
 * 1904.05049): its first 1x1 goes from one share of low frequencies to another, each frequency has
 * normalisations and a sum of its own.
 *
 * @param planes channels of the 3x3, high and low
 */
public record OctBottleneck(int planes, int stride, double alphaIn, double alphaOut)
    implements Block {
  @Override
  public List<Feature> apply(Layers n, List<Feature> x) {
    ConvSpec last = ConvSpec.of(Residual.EXPANSION * planes, 1);
    List<Feature> y = relu(n, oct(n, "1", x, ConvSpec.of(planes, 1), alphaIn));
    y = relu(n, oct(n, "2", y, ConvSpec.of(planes, 3).stride(stride), alphaOut));
    y = oct(n, "3", y, last, alphaOut);
    int channels = x.stream().mapToInt(Feature::channels).sum();
    boolean same = stride == 1 && alphaIn == alphaOut && channels == last.cout();
    List<Feature> shortcut = same ? x : oct(n, "4", x, last.stride(stride), alphaIn);
    List<Feature> sums = new ArrayList<>();
    for (int i = 0; i < y.size(); i++) {
      sums.add(n.add(y.get(i), shortcut.get(i)));
    }
    return relu(n, sums);
  }

  private List<Feature> oct(Layers n, String suffix, List<Feature> x, ConvSpec conv, double in) {
    List<Feature> y = n.block("conv" + suffix, new OctConv(conv, in, alphaOut, false), x);
    List<Feature> normal = new ArrayList<>();
    for (Feature part : y) {
      normal.add(n.bn("bn" + suffix + "." + normal.size(), part));
    }
    return normal;
  }

  private static List<Feature> relu(Layers n, List<Feature> parts) {
    return parts.stream().map(n::relu).toList();
  }
}
