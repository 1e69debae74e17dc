package dev.tilewright.pass;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.conv.Epilogue;
import dev.tilewright.graph.Node;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Op.BinaryFunction;
import dev.tilewright.graph.Value;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A convolution is a sparse fully connected layer over the elements of its image. Where one is
 * added to a dense layer over the same image, its weights are added to the other's, and it costs
 * nothing (RepMLP, Ding et al. 2021).
 *
 * <p>Which weight is which follows from where the reshapes and transposes around the dense layer
 * take each element: they are run on the elements' numbers.
 */
final class ConvIntoFullyConnected implements Pass {
  /** Elements of the tensors whose numbers are moved; parts of an image are far smaller. */
  private static final long MOST_ELEMENTS = 1 << 22;

  @Override
  public boolean looksFor(Op op) {
    return op instanceof Op.Conv;
  }

  @Override
  public void rewrite(Rewriter.At at) {
    at.keep();
    if (at.op() instanceof Op.Binary(BinaryFunction f)
        && f == BinaryFunction.ADD
        && at.out().shape().rank() == 4
        && at.in(0).shape().equals(at.in(1).shape())) {
      Value merged = merge(at, 0);
      merged = merged == null ? merge(at, 1) : merged;
      if (merged != null) {
        at.replace(merged);
      }
    }
  }

  private static @Nullable Value merge(Rewriter.At at, int side) {
    Moves after = Moves.before(at, at.in(side));
    Node dense = at.soleProducer(after.from());
    if (dense == null || !isDense(at, dense) || dense.output().shape().elements() > MOST_ELEMENTS) {
      return null;
    }
    Moves before = Moves.before(at, dense.input(0));
    LinearTrace trace = new LinearTrace(at, at.in(1 - side));
    if (at.soleProducer(1 - side) == null) {
      return null;
    }
    for (Value origin : trace.origins()) {
      Moves image = Moves.before(at, origin);
      Linear linear = image.from().equals(before.from()) ? trace.from(origin) : null;
      if (linear != null && before.from().shape().elements() <= MOST_ELEMENTS) {
        return merge(at, dense, linear, origin, image, before, after);
      }
    }
    return null;
  }

  /** Whether the node treats each of N rows alike: a 1x1 convolution of an image of one pixel. */
  private static boolean isDense(Rewriter.At at, Node node) {
    return node.op() instanceof Op.Conv conv
        && conv.window().kernel().equals(new Size(1, 1))
        && conv.epilogue().activation() instanceof Activation.None
        && !conv.epilogue().residual()
        && node.output().shape().product(1, 3) == 1
        && node.input(0).shape().product(1, 3) == 1
        && at.constant(node.input(1)) != null
        && (!conv.epilogue().bias() || at.constant(node.input(2)) != null);
  }

  private record Recipe(
      Linear linear, List<Op> image, List<Op> before, List<Op> after, List<Shape> shapes) {}

  private static @Nullable Value merge(
      Rewriter.At at,
      Node dense,
      Linear linear,
      Value origin,
      Moves image,
      Moves before,
      Moves after) {
    int[] ofImage = image.numbers(origin.shape());
    int[] ofInput = before.numbers(dense.input(0).shape());
    // Places of the dense layer's output in the image that is added, and the reverse.
    int[] ofOutput = after.numbers(at.out().shape());
    int samples = origin.shape().dim(0);
    if (dense.input(0).shape().dim(0) != samples
        || at.out().shape().dim(0) != samples
        || dense.output().shape().dim(0) != samples) {
      return null;
    }
    int[] inputs = places(ofImage, ofInput, samples);
    int[] outputs = rows(ofOutput, samples);
    Op.Conv conv = (Op.Conv) dense.op();
    if (inputs == null || outputs == null) {
      return null;
    }
    Entries entries = new Entries(linear.form(), origin.shape(), at.out().shape(), inputs, outputs);
    Shape filter = dense.input(1).shape();
    if (!entries.stayWithin(filter, conv.groups())) {
      return null;
    }
    Tensor weights = at.constant(dense.input(1));
    Tensor bias = conv.epilogue().bias() ? at.constant(dense.input(2)) : null;
    if (weights == null) {
      return null;
    }
    Recipe recipe =
        new Recipe(
            linear,
            image.ops(),
            before.ops(),
            after.ops(),
            List.of(before.from().shape(), origin.shape(), at.out().shape()));
    List<Tensor> tensors = new ArrayList<>(linear.tensors());
    tensors.add(weights);
    Value sum =
        at.derive(
            List.of(recipe, "filter"),
            tensors,
            arena -> Tensor.of(filter, entries.filter(weights, linear.filter())));
    if (bias != null) {
      tensors.add(bias);
    }
    Value shift =
        at.derive(
            List.of(recipe, "bias"),
            tensors,
            arena ->
                Tensor.of(
                    Shape.of(filter.dim(0)), entries.bias(bias, filter.dim(0), linear.bias())));
    Op op = new Op.Conv(conv.window(), conv.groups(), new Epilogue(true, false, Activation.none()));
    Value value = at.emit(dense.name(), op, List.of(dense.input(0), sum, shift));
    for (Op move : after.ops()) {
      value = at.emit(move, value);
    }
    return value;
  }

  /**
   * For each element of one sample of the image its place in the dense layer's input; null if
   * samples are not alike.
   */
  private static int @Nullable [] places(int[] ofImage, int[] ofInput, int samples) {
    int size = ofImage.length / samples;
    int[] place = new int[ofInput.length];
    for (int i = 0; i < ofInput.length; i++) {
      place[ofInput[i]] = i;
    }
    int[] moved = new int[ofImage.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = place[ofImage[i]];
    }
    return rows(moved, samples) == null ? null : Arrays.copyOf(moved, size);
  }

  /** The first row of the numbers, if every other is the same within its own sample; else null. */
  private static int @Nullable [] rows(int[] numbers, int samples) {
    int size = numbers.length / samples;
    for (int i = 0; i < numbers.length; i++) {
      if (numbers[i] != numbers[i % size] + i / size * size || numbers[i % size] >= size) {
        return null;
      }
    }
    return Arrays.copyOf(numbers, size);
  }

  /**
   * Where a convolution's weights lie in the matrix of a dense layer.
   *
   * @param in [H, W, C]
   * @param out [OH, OW, K]
   * @param inputs by element of the image, column of the matrix
   * @param outputs by element of the result, row of the matrix
   */
  private record Entries(LinearForm form, Shape in, Shape out, int[] inputs, int[] outputs) {
    private interface Entry {
      void accept(int row, int column, int weight);
    }

    private void forEach(Entry entry) {
      for (int o = 0; o < outputs.length; o++) {
        int k = o % out.dim(3);
        int x = o / out.dim(3) % out.dim(2);
        int y = o / out.dim(3) / out.dim(2);
        for (int r = 0; r < form.rows().count(); r++) {
          int iy = y * form.stride().height() + form.rows().at(r);
          for (int s = 0; s < form.columns().count(); s++) {
            int ix = x * form.stride().width() + form.columns().at(s);
            if (iy >= 0 && iy < in.dim(1) && ix >= 0 && ix < in.dim(2)) {
              for (int c = form.from(k); c < form.from(k) + form.width(); c++) {
                int place = inputs[(iy * in.dim(2) + ix) * in.dim(3) + c];
                entry.accept(outputs[o], place, form.index(k, c, r, s));
              }
            }
          }
        }
      }
    }

    /** Whether no weight connects two groups of the dense layer. */
    boolean stayWithin(Shape filter, int groups) {
      int[] outside = new int[1];
      forEach((row, column, weight) -> {
        if (row / (filter.dim(0) / groups) != column / filter.dim(1)) {
          outside[0]++;
        }
      });
      return outside[0] == 0;
    }

    float[] filter(Tensor dense, double[] weights) {
      int width = dense.shape().dim(1);
      double[] sum = LinearArithmetic.doubles(dense);
      forEach((row, column, weight) -> sum[row * width + column % width] += weights[weight]);
      return LinearArithmetic.floats(sum);
    }

    float[] bias(@Nullable Tensor dense, int rows, double[] terms) {
      double[] sum = dense == null ? new double[rows] : LinearArithmetic.doubles(dense);
      for (int o = 0; o < outputs.length; o++) {
        sum[outputs[o]] += terms[o % out.dim(3)];
      }
      return LinearArithmetic.floats(sum);
    }
  }
}
