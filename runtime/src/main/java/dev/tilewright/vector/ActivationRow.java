package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Num;
import dev.tilewright.vector.VectorCode.Vec;

/**
 * Applies an activation in place to contiguous values: for activations too long to be part of a
 * micro-kernel, while the values are still in cache. Instances are generated.
 */
interface ActivationRow {
  /**
   * Applies it to whole vectors and a rest.
   *
   * @param at address of the first value
   * @param vectors full vectors to process
   * @param rest values after them, fewer than a vector
   */
  void run(long at, int vectors, long rest);

  static ActivationRow of(Activation activation) {
    return Kernels.ALL.get(activation);
  }

  /** Applies it to {@code count} values. */
  default void apply(long at, int count) {
    run(at, count / Lanes.LENGTH, count % Lanes.LENGTH);
  }

  /** The generated classes. */
  final class Kernels {
    private static final Generated<Activation, ActivationRow> ALL =
        new Generated<>(
            ActivationRow.class,
            "activation",
            Kernels::emit,
            (activation, kernel, scratch) -> kernel.run(scratch, 4, 1));

    private Kernels() {}

    private static void emit(VectorCode code, Activation activation) {
      Num at = code.longArgument(0);
      code.loop(
          code.intArgument(1),
          i -> {
            Num here = code.address(at, i, Lanes.BYTES);
            code.store(ActivationCode.emit(code, activation, code.load(here, 0)), here, 0);
          });
      Num here = code.address(at, code.intArgument(1), Lanes.BYTES);
      Mask mask = code.first(code.longArgument(2));
      Vec rest = ActivationCode.emit(code, activation, code.load(here, mask));
      code.store(rest, here, mask);
    }
  }
}
