package dev.tilewright.conv;

import java.util.stream.LongStream;

/**
 * How an algorithm rounds, compared with the direct sum; see docs/numerics.md.
 *
 * @param growth how many times larger the terms are that it sums
 * @param block output pixels that are computed from the same sums: height and width of the blocks,
 *     counted from the first pixel, within which large values lend each other their errors and a
 *     NaN or an infinity makes all outputs NaN. Pixels of a 1x1 convolution count as one row
 * @param channels of the outputs in a block, counted from the first channel
 */
public record Rounding(double growth, ConvShape.Size block, int channels) {
  public static final Rounding DIRECT = new Rounding(1, new ConvShape.Size(1, 1), 1);

  /** Of float32: half the distance from 1 to the next number. */
  private static final double UNIT = 0x1p-24;

  /**
   * The outputs that share sums with one, itself among them.
   *
   * @param place of a value in a dense result [N, OH, OW, K]; as are the answers
   */
  public LongStream sharing(ConvShape shape, long place) {
    long pixels = (long) shape.out().height() * shape.out().width();
    long height = shape.isPointwise() ? 1 : shape.out().height();
    long width = pixels / height;
    int count = shape.outChannels();
    long pixel = place / count;
    long image = pixel / pixels * pixels;
    long y = (pixel - image) / width / block.height() * block.height();
    long x = pixel % width / block.width() * block.width();
    long k = place % count / channels * channels;
    return LongStream.range(y, Math.min(height, y + block.height()))
        .map(row -> image + row * width)
        .flatMap(row ->
            LongStream.range(row + x, row + Math.min(width, x + block.width()))
                .map(other -> other * count))
        .flatMap(first -> LongStream.range(first + k, first + Math.min(count, k + channels)));
  }

  /**
   * How large an error can be but for a few in 10,000, relative to the largest sum of absolute
   * products of a block's outputs.
   */
  public double bound(ConvShape shape) {
    double taps = (double) shape.kernel().height() * shape.kernel().width();
    double terms = (double) shape.inChannels() / shape.groups() * taps;
    return 4 * UNIT * Math.sqrt(terms + 2) * growth;
  }
}
