package dev.tilewright.bench;

import dev.tilewright.tuning.Contender;
import dev.tilewright.tuning.Statistics;
import dev.tilewright.tuning.Turns;
import dev.tilewright.zoo.Target;
import dev.tilewright.zoo.Zoo;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one block took, beside the dense convolution, or what stands for it ({@link Target#beside}),
 * and a copy of its tensors.
 *
 * @param macs multiply-adds over the dense convolution's, after folding
 * @param micros median
 * @param dense time over that of the dense convolution
 * @param copy time over that of reading all inputs and writing all outputs once
 * @param asked the most that is asked, in times of the dense convolution, or of the copy if the
 *     target is one
 * @param gflops that are computed a second, counted as multiply-adds of direct convolution
 * @param denseGflops those of the dense convolution
 * @param peer what ONNX Runtime took; null where it is missing
 * @param settled whether all had stopped getting faster before timing began
 * @param agreement of all outputs of the last timed runs
 */
record VariantTime(
    String name,
    Target target,
    double macs,
    double micros,
    Statistics.Interval dense,
    Statistics.Interval copy,
    double asked,
    double gflops,
    double denseGflops,
    @Nullable Peer peer,
    boolean settled,
    Agreement agreement) {
  /**
   * ONNX Runtime on the block's own file.
   *
   * @param micros median
   * @param dense time over that of its own dense convolution
   * @param ours time here, from the same file, over its time
   * @param oursToDense time here, inside a network, over that of its dense convolution
   */
  record Peer(
      double micros,
      Statistics.Interval dense,
      Statistics.Interval ours,
      Statistics.Interval oursToDense) {}

  static VariantTime of(Zoo.Entry entry, Variant block, Variant dense, Turns.Limits limits) {
    Target target = entry.target().orElseThrow();
    try (CopyContender copy = new CopyContender(block.bytes())) {
      List<Contender> contenders = new ArrayList<>(List.of(block.inside(), dense.inside(), copy));
      OrtContender peer = block.peer();
      OrtContender peerDense = dense.peer();
      boolean both = peer != null && peerDense != null;
      if (both) {
        contenders.addAll(List.of(block.file(), peer, peerDense));
      } else {
        block.file().run();
      }
      Turns.Timings timings = new Turns(contenders, limits).play();
      double macs = (double) block.macs() / dense.macs();
      return new VariantTime(
          entry.name(),
          target,
          macs,
          1e3 * timings.median(0),
          timings.ratio(0, 1),
          timings.ratio(0, 2),
          target.unit() == Target.Unit.WORK ? target.most() * macs : target.most(),
          2 * block.macs() / (1e6 * timings.median(0)),
          2 * dense.macs() / (1e6 * timings.median(1)),
          both
              ? new Peer(
                  1e3 * timings.median(4),
                  timings.ratio(4, 5),
                  timings.ratio(3, 4),
                  timings.ratio(0, 5))
              : null,
          timings.settled(),
          block.agreement());
    }
  }

  /** In the unit of what is asked. */
  double taken() {
    return target.unit() == Target.Unit.COPY ? copy.value() : dense.value();
  }

  boolean met() {
    return taken() <= asked;
  }
}
