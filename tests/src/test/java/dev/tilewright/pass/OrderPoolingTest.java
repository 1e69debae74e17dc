package dev.tilewright.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tilewright.conv.Activation;
import dev.tilewright.conv.ConvShape.Padding;
import dev.tilewright.conv.ConvShape.Size;
import dev.tilewright.graph.Op;
import dev.tilewright.graph.Value;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An activation and a pooling change places where that saves work, and only there. */
class OrderPoolingTest extends Layers {
  private static final Activation LEAKY = new Activation.LeakyRelu(0.1f);

  private Value activate(Activation activation, Value src) {
    return builder.add("activate", new Op.Activate(activation), src);
  }

  private Value max(Value src, int size, int stride, int pad) {
    Padding around = new Padding(pad, pad, pad, pad);
    Size step = new Size(stride, stride);
    Op.Window window = new Op.Window(new Size(size, size), step, new Size(1, 1), around);
    int height = (src.shape().dim(1) + 2 * pad - size) / stride + 1;
    int width = (src.shape().dim(2) + 2 * pad - size) / stride + 1;
    Size out = new Size(height, width);
    return builder.add("pool", new Op.Pool(Op.PoolKind.MAX, window, out, false), src);
  }

  private static void areClasses(List<Op> ops, Class<?>... classes) {
    assertThat(ops).extracting(Object::getClass).containsExactly(classes);
  }

  @Test
  void behindThePoolingThereAreFewerValues() {
    areClasses(
        after(max(activate(LEAKY, x), 3, 2, 1), new OrderPooling()),
        Op.Pool.class,
        Op.Activate.class);
  }

  @Test
  void aConvolutionTakesCheapOnes() {
    Value y = max(activate(LEAKY, conv(x, 8, 3, 1, 1, 1, true)), 2, 2, 0);
    areClasses(after(y, new OrderPooling(), new FuseEpilogue()), Op.Conv.class, Op.Pool.class);
  }

  @Test
  void evenFromBehindThePooling() {
    Value y = activate(LEAKY, max(conv(x, 8, 3, 1, 1, 1, true), 2, 2, 0));
    areClasses(after(y, new OrderPooling(), new FuseEpilogue()), Op.Conv.class, Op.Pool.class);
  }

  @Test
  void soDoesOneWithAResidual() {
    Value y = max(activate(LEAKY, add(x, conv(x, 4, 3, 1, 1, 1, true))), 2, 2, 0);
    areClasses(after(y, new OrderPooling(), new FuseEpilogue()), Op.Conv.class, Op.Pool.class);
  }

  @Test
  void dearOnesGoBehindThePoolingAnyway() {
    Value y = max(activate(new Activation.Tanh(), conv(x, 8, 3, 1, 1, 1, true)), 2, 2, 0);
    areClasses(
        after(y, new OrderPooling(), new FuseEpilogue()),
        Op.Conv.class,
        Op.Pool.class,
        Op.Activate.class);
  }

  @Test
  void onesThatFallStay() {
    Value y = max(activate(new Activation.HardSwish(), x), 2, 2, 0);
    areClasses(after(y, new OrderPooling()), Op.Activate.class, Op.Pool.class);
    Value z = max(activate(new Activation.LeakyRelu(-0.5f), x), 2, 2, 0);
    areClasses(after(z, new OrderPooling()), Op.Activate.class, Op.Pool.class);
  }

  @Test
  void averagesStay() {
    Value y = average(activate(Activation.relu(), x), 2, false);
    areClasses(after(y, new OrderPooling()), Op.Activate.class, Op.Pool.class);
  }

  @Test
  void windowsOutsideTheImageStay() {
    Value y = max(activate(Activation.relu(), x), 2, 2, 2); // the maximum of nothing
    areClasses(after(y, new OrderPooling()), Op.Activate.class, Op.Pool.class);
  }

  @Test
  void oneThatIsReadElsewhereStays() {
    Value active = activate(LEAKY, x);
    builder.output("also", active);
    areClasses(after(max(active, 2, 2, 0), new OrderPooling()), Op.Activate.class, Op.Pool.class);
  }

  @Test
  void arithmeticGoesThroughAveragesIntoAConvolution() {
    Value y = affine(average(conv(x, 8, 3, 1, 1, 1, true), 2, false));
    areClasses(after(y, new FoldAffine()), Op.Conv.class, Op.Pool.class);
    Op mean = new Op.Reduce(Op.ReduceKind.MEAN, List.of(1, 2), false);
    Value z = affine(builder.add("mean", mean, conv(x, 8, 3, 1, 1, 1, false)));
    areClasses(after(z, new FoldAffine()), Op.Conv.class, Op.Reduce.class);
  }

  @Test
  void aShiftStaysBehindAveragesThatCountThePadding() {
    Value y = affine(average(conv(x, 8, 3, 1, 1, 1, true), 2, true));
    areClasses(after(y, new FoldAffine()), Op.Conv.class, Op.Pool.class, Op.Binary.class);
  }

  @Test
  void nothingGoesThroughAveragesToAnythingElse() {
    Value y = affine(average(activate(LEAKY, x), 2, false));
    areClasses(
        after(y, new FoldAffine()),
        Op.Activate.class,
        Op.Pool.class,
        Op.Binary.class,
        Op.Binary.class);
  }
}
