package dev.tilewright.zoo.block;

import static dev.tilewright.zoo.build.RuleException.require;

import dev.tilewright.zoo.build.Block;
import dev.tilewright.zoo.build.ConvSpec;
import dev.tilewright.zoo.build.Feature;
import dev.tilewright.zoo.build.Layers;
import dev.tilewright.zoo.build.PoolSpec;
import java.util.List;

/**
 * RepMLP (Ding et al. 2021, arXiv 2105.01883), as it is trained: the image is cut into partitions
 * of h x w; a global perceptron over their averages adds a bias to each channel of each partition,
 * then a fully connected layer in groups, FC3, and local convolutions see one partition at a time.
 * Loading it puts the convolutions into FC3.
 *
 * @param cout output channels, O in the paper
 * @param h height of a partition
 * @param w width of a partition
 * @param kernels of the local perceptron, odd
 * @param reduction of the global perceptron's hidden layer
 * @param groups of FC3 and of the convolutions
 */
public record RepMlp(int cout, int h, int w, List<Integer> kernels, int reduction, int groups)
    implements Block.Single {
  public RepMlp {
    kernels = List.copyOf(kernels);
    require(h > 0 && w > 0, "RepMLP: a partition is at least 1x1, not %dx%d", h, w);
    require(
        kernels.stream().allMatch(k -> k % 2 == 1),
        "RepMLP: filters of the local perceptron are odd, to keep the size, not %s",
        kernels);
    require(reduction > 0 && groups > 0, "RepMLP: reduction and groups are at least 1");
  }

  @Override
  public Feature apply(Layers n, Feature x) {
    int rows = x.height() / h;
    int columns = x.width() / w;
    require(
        rows * h == x.height() && columns * w == x.width(),
        "RepMLP: partitions of %dx%d divide the map of %dx%d",
        h,
        w,
        x.height(),
        x.width());
    int c = x.channels();
    Feature cut = n.reshape(x, x.batch(), c, rows, h, columns, w);
    if (rows * columns > 1) {
      cut = n.add(cut, global(n, x, rows, columns));
    }
    int partitions = x.batch() * rows * columns;
    Feature parts = n.reshape(n.transpose(cut, 0, 2, 4, 1, 3, 5), partitions, c, h, w);

    Feature y = partition(n, parts);
    for (int i = 0; i < kernels.size(); i++) {
      ConvSpec local = ConvSpec.of(cout, kernels.get(i)).groups(groups);
      y = n.add(y, n.bn("lbn." + i, n.conv("lconv." + i, parts, local)));
    }
    Feature apart = n.reshape(y, x.batch(), rows, columns, cout, h, w);
    return n.reshape(n.transpose(apart, 0, 3, 1, 4, 2, 5), x.batch(), cout, x.height(), x.width());
  }

  /** What is added to a channel of a partition: [N, C, rows, 1, columns, 1]. */
  private Feature global(Layers n, Feature x, int rows, int columns) {
    require(
        h == w,
        "RepMLP: partitions are square where there is a global perceptron, not %dx%d",
        h,
        w);
    Feature averages = n.bn("gbn", n.averagePool(x, PoolSpec.of(h)));
    int all = x.channels() * rows * columns;
    require(all % reduction == 0, "RepMLP: the reduction (%d) divides %d", reduction, all);
    Feature hidden = n.relu(n.linear("fc1", n.flatten(averages), all / reduction));
    return n.reshape(n.linear("fc2", hidden, all), x.batch(), x.channels(), rows, 1, columns, 1);
  }

  private Feature partition(Layers n, Feature parts) {
    int inputs = parts.channels() * h * w;
    Feature flat = n.reshape(parts, parts.batch(), inputs, 1, 1);
    Feature y = n.conv("fc3", flat, ConvSpec.of(cout * h * w, 1).groups(groups));
    return n.reshape(n.bn("fc3bn", n.flatten(y)), parts.batch(), cout, h, w);
  }
}
