package dev.tilewright.bench;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvProblem;
import dev.tilewright.conv.ConvShape;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Convolutions such as networks have, drawn with a seed: kinds in about the proportions of
 * classifiers, detectors and recognisers, channels and image sizes of their range but seldom those
 * of a network that somebody tuned for.
 */
final class RandomLayers {
  private static final long FEWEST_MACS = 500_000;
  private static final long MOST_MACS = 400_000_000;

  /** Of input and output together. */
  private static final long MOST_FLOATS = 4_000_000;

  private static final List<Activation> ACTIVATIONS =
      List.of(
          Activation.relu(),
          Activation.relu(),
          new Activation.Clip(0, 6),
          new Activation.HardSwish(),
          new Activation.Silu(),
          Activation.none());

  /** Filter, stride, dilation, groups (0: one for each channel). Each line is drawn as often. */
  private record Kind(int height, int width, int stride, int dilation, int groups) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(1, 1, 1, 1, 1),
          new Kind(1, 1, 1, 1, 1),
          new Kind(1, 1, 1, 1, 1),
          new Kind(1, 1, 1, 1, 1),
          new Kind(1, 1, 1, 1, 1),
          new Kind(3, 3, 1, 1, 1),
          new Kind(3, 3, 1, 1, 1),
          new Kind(3, 3, 1, 1, 1),
          new Kind(3, 3, 1, 1, 1),
          new Kind(3, 3, 2, 1, 1),
          new Kind(3, 3, 1, 1, 0),
          new Kind(3, 3, 1, 1, 0),
          new Kind(3, 3, 2, 1, 0),
          new Kind(5, 5, 1, 1, 0),
          new Kind(1, 1, 2, 1, 1),
          new Kind(5, 5, 1, 1, 1),
          new Kind(1, 7, 1, 1, 1),
          new Kind(3, 3, 1, 2, 1),
          new Kind(3, 3, 1, 1, 8),
          new Kind(7, 7, 2, 1, 1));

  private RandomLayers() {}

  /** Distinct problems on one thread, the same for the same seed. */
  static List<ConvProblem> of(int count, long seed) {
    Random random = new Random(seed);
    List<ConvProblem> problems = new ArrayList<>();
    while (problems.size() < count) {
      ConvProblem problem = draw(random);
      ConvShape s = problem.shape();
      Size out = s.out();
      long floats =
          (long) s.inChannels() * s.in().height() * s.in().width()
              + (long) s.outChannels() * out.height() * out.width();
      if (s.macs() >= FEWEST_MACS
          && s.macs() <= MOST_MACS
          && floats <= MOST_FLOATS
          && !problems.contains(problem)) {
        problems.add(problem);
      }
    }
    return problems;
  }

  private static ConvProblem draw(Random random) {
    Kind kind = KINDS.get(random.nextInt(KINDS.size()));
    // Sizes as a cascade of halvings of a picture leaves them, and the ends of both ranges.
    int height = Math.max(kind.height, (int) Math.round(Math.exp(1.8 + 3.2 * random.nextDouble())));
    int width = random.nextInt(4) > 0 ? height : Math.max(kind.width, height * 4 / 3);
    int in = kind.height == 7 ? 3 : channels(random, height);
    int out = channels(random, height / kind.stride);
    int groups = kind.groups;
    if (groups != 1) {
      int multiple = 8 * Math.max(1, groups);
      in = Math.ceilDiv(in, multiple) * multiple;
      out = in;
      groups = groups == 0 ? in : groups;
    }
    int down = (kind.height - 1) * kind.dilation / 2;
    int along = (kind.width - 1) * kind.dilation / 2;
    ConvShape shape =
        new ConvShape(
            1,
            groups,
            in,
            out,
            new Size(Math.max(height, 2), Math.max(width, 2)),
            new Size(kind.height, kind.width),
            new Size(kind.stride, kind.stride),
            new Size(kind.dilation, kind.dilation),
            new Padding(down, along, down, along));
    Activation activation = ACTIVATIONS.get(random.nextInt(ACTIVATIONS.size()));
    return new ConvProblem(shape, new Epilogue(true, random.nextInt(8) == 0, activation), 1);
  }

  /** More of them for smaller images; mostly multiples of 8. */
  private static int channels(Random random, int height) {
    double most = Math.min(1024, 9000.0 / Math.max(7, height));
    double channels = 12 * Math.pow(most / 12, random.nextDouble());
    int multiple = IntStream.of(8, 8, 4, 16, 32, 1).toArray()[random.nextInt(6)];
    return Math.max(multiple, (int) Math.round(channels / multiple) * multiple);
  }
}
