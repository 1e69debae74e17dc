package dev.tilewright.op;

import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.Shape;
import java.util.Arrays;
import java.util.List;

/**
 * A loop nest over one index space that several tensors are read and written through, each with its
 * own strides: the one way in which the kernels of this package walk broadcast, permuted, sliced
 * and strided tensors.
 *
 * <p>Dimensions of 1 vanish, and neighbours that every tensor steps through evenly become one, so
 * that the innermost loop, a <em>run</em>, is as long as it can be. Up to four tensors; strides are
 * in bytes; a stride of 0 repeats. Immutable.
 */
final class Nest {
  /** What is done to one run: addresses of the first elements, and their number. */
  @FunctionalInterface
  interface Run {
    void run(long a, long b, long c, long d, long count);
  }

  /** A part of a task: enough elements to outweigh the handing out. */
  private static final long GRAIN = 4096;

  private static final int OPERANDS = 4;

  private final int rank;
  private final long[] sizes;

  /** Elements in one step of a dimension. */
  private final long[] blocks;

  /** Of operand o in dimension i: [i * OPERANDS + o]. */
  private final long[] strides;

  /**
   * @param domain the index space
   * @param operands strides of each tensor in bytes, one for every dimension of the domain
   */
  Nest(Shape domain, long[]... operands) {
    int dims = Math.max(1, domain.rank());
    long[] size = new long[dims];
    long[] stride = new long[dims * OPERANDS];
    int count = 0;
    for (int i = 0; i < domain.rank(); i++) {
      if (domain.dim(i) == 1) {
        continue;
      }
      int at = count * OPERANDS;
      for (int o = 0; o < operands.length; o++) {
        stride[at + o] = operands[o][i];
      }
      size[count] = domain.dim(i);
      if (count > 0 && even(stride, at, size[count])) {
        System.arraycopy(stride, at, stride, at - OPERANDS, OPERANDS);
        size[count - 1] *= size[count];
      } else {
        count++;
      }
    }
    if (count == 0) {
      size[0] = 1;
      count = 1;
    }
    rank = count;
    sizes = Arrays.copyOf(size, count);
    strides = Arrays.copyOf(stride, count * OPERANDS);
    blocks = new long[count];
    long block = 1;
    for (int i = count - 1; i >= 0; i--) {
      blocks[i] = block;
      block *= sizes[i];
    }
  }

  /** Whether the dimension before the one at {@code at} steps over exactly all of it. */
  private static boolean even(long[] stride, int at, long size) {
    for (int o = 0; o < OPERANDS; o++) {
      if (stride[at - OPERANDS + o] != stride[at + o] * size) {
        return false;
      }
    }
    return true;
  }

  /** The chosen strides, in the given order. */
  static long[] pick(long[] strides, List<Integer> axes) {
    return axes.stream().mapToLong(axis -> strides[axis]).toArray();
  }

  long elements() {
    return blocks[0] * sizes[0];
  }

  /** Bytes between the elements of a run. */
  long step(int operand) {
    return strides[(rank - 1) * OPERANDS + operand];
  }

  /** Bytes from the first element of a tensor to the one at this position of the walk. */
  long offset(int operand, long index) {
    long rest = index;
    long offset = 0;
    for (int i = 0; i < rank; i++) {
      offset += rest / blocks[i] * strides[i * OPERANDS + operand];
      rest %= blocks[i];
    }
    return offset;
  }

  /**
   * A task that does something to every run, cut into parts of about equal size.
   *
   * @param addresses of the first element of each tensor
   */
  Task task(Run run, long... addresses) {
    long[] a = Arrays.copyOf(addresses, OPERANDS);
    return new Split(
        elements(), GRAIN, (from, to, worker) -> walk(from, to, run, a[0], a[1], a[2], a[3]));
  }

  /** Does something to the elements from {@code from} (included) to {@code to} (excluded). */
  void walk(long from, long to, Run run, long a, long b, long c, long d) {
    if (from < to) {
      descend(0, from, to, run, a, b, c, d);
    }
  }

  private void descend(int dim, long from, long to, Run run, long a, long b, long c, long d) {
    int at = dim * OPERANDS;
    long block = blocks[dim];
    long i = from == 0 ? 0 : from / block;
    long pa = a + i * strides[at];
    long pb = b + i * strides[at + 1];
    long pc = c + i * strides[at + 2];
    long pd = d + i * strides[at + 3];
    if (dim == rank - 1) {
      run.run(pa, pb, pc, pd, to - from);
      return;
    }
    for (long first = i * block; first < to; first += block) {
      descend(dim + 1, Math.max(from - first, 0), Math.min(to - first, block), run, pa, pb, pc, pd);
      pa += strides[at];
      pb += strides[at + 1];
      pc += strides[at + 2];
      pd += strides[at + 3];
    }
  }
}
