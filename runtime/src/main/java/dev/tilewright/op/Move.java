package dev.tilewright.op;

import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/** Elements copied from one place to another without looking at them. */
final class Move {
  private Move() {}

  /**
   * Fills a view.
   *
   * @param from address of the element that comes first
   * @param strides bytes between source elements along each dimension of {@code to}
   */
  static Task into(View to, long from, long[] strides) {
    return task(to.shape(), to.type().dtype().bytes(), to.address(), to.strides(), from, strides);
  }

  /** Copies over any index space; strides in bytes. */
  static Task task(
      Shape domain, int bytes, long to, long[] toStrides, long from, long[] fromStrides) {
    Nest nest = new Nest(domain, toStrides, fromStrides);
    long toStep = nest.step(0);
    long fromStep = nest.step(1);
    return nest.task(
        (a, b, c, d, count) -> Elements.copy(bytes, a, toStep, b, fromStep, count), to, from);
  }
}
