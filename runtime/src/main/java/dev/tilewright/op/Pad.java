package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Elements added at (or cropped from) both ends of every dimension. Axes after the last padded one
 * move as blocks.
 */
record Pad(Op.Pad op) implements Kernel {
  private static final int NONE = -1;

  @Override
  public Task bind(Operands operands) {
    View x = operands.in().getFirst();
    View out = operands.out().getFirst();
    Shape shape = out.shape();
    DType dtype = out.type().dtype();
    int axes = paddedAxes();
    int[][] sources = new int[axes][];
    long[] strides = x.strides();
    for (int i = 0; i < axes; i++) {
      sources[i] = sources(i, x.shape().dim(i), shape.dim(i));
    }
    long block = shape.product(axes, shape.rank());
    long bytes = block * dtype.bytes();
    return Split.byCost(
        shape.product(0, axes),
        block,
        (from, to, worker) -> {
          for (long i = from; i < to; i++) {
            long source = source(i, sources, strides);
            long target = out.address() + i * bytes;
            if (source == NONE) {
              fill(dtype, target, block);
            } else {
              Elements.copy(
                  dtype.bytes(), target, dtype.bytes(), x.address() + source, dtype.bytes(), block);
            }
          }
        });
  }

  /** Number of leading axes that end in one with padding. */
  private int paddedAxes() {
    int axes = op.before().size();
    while (axes > 0 && op.before().get(axes - 1) == 0 && op.after().get(axes - 1) == 0) {
      axes--;
    }
    return axes;
  }

  /** For every position of the result along an axis, where its value comes from, or NONE. */
  private int[] sources(int axis, int size, int outSize) {
    int[] sources = new int[outSize];
    for (int i = 0; i < outSize; i++) {
      long at = (long) i - op.before().get(axis);
      long inside = Math.clamp(at, 0, Math.max(0, size - 1));
      sources[i] =
          switch (op.mode()) {
            case CONSTANT -> at == inside && size > 0 ? (int) at : NONE;
            case EDGE -> (int) inside;
            case REFLECT -> (int) (2 * inside - at);
            case WRAP -> (int) Math.floorMod(at, (long) size);
          };
    }
    return sources;
  }

  /** Byte offset of the block that block i of the result copies, or NONE. */
  private static long source(long i, int[][] sources, long[] strides) {
    long rest = i;
    long offset = 0;
    for (int axis = sources.length - 1; axis >= 0; axis--) {
      int[] positions = sources[axis];
      int source = positions[(int) (rest % positions.length)];
      rest /= positions.length;
      if (source == NONE) {
        return NONE;
      }
      offset += source * strides[axis];
    }
    return offset;
  }

  private void fill(DType dtype, long address, long count) {
    for (long i = 0; i < count; i++) {
      long at = address + i * dtype.bytes();
      if (dtype == DType.FLOAT32) {
        Elements.setFloat(at, op.value());
      } else {
        Elements.setLong(dtype, at, Elements.toLong(dtype, op.value()));
      }
    }
  }
}
