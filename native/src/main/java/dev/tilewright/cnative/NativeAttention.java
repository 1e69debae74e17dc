package dev.tilewright.cnative;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.op.OpProblem;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.View;

/**
 * Attention in C: a block of queries of a head at a time, whose scores stay in cache.
 *
 * @param block queries of a block
 */
record NativeAttention(Op.Attention op, long block, long workspaceBytes, Isa limit)
    implements Kernel {
  /** Scores of a block, if there are many keys: in L1 they would leave no room for the values. */
  private static final long SCORES_BYTES = 48 << 10;

  /** Of the longest vectors; blocks are multiples of one, panels of two. */
  private static final long VECTOR = 16;

  static NativeAttention of(OpProblem problem, Op.Attention op, Isa limit) {
    Shape q = problem.in().get(0).shape();
    Shape v = problem.in().get(2).shape();
    long keys = v.dim(1);
    long most = Math.max(VECTOR, SCORES_BYTES / (4 * keys) / VECTOR * VECTOR);
    long blocks = Math.ceilDiv(q.dim(1), most);
    long block = whole(Math.ceilDiv(q.dim(1), blocks), VECTOR);
    long queries = whole(block, 2 * VECTOR);
    long depth = q.last() / op.heads();
    long width = whole(v.last() / op.heads(), 2 * VECTOR);
    long floats = queries * (1 + depth + keys) + keys * width;
    if (op.rows()) {
      floats += Math.max(queries, keys) * depth;
    }
    return new NativeAttention(op, block, 4 * floats, limit);
  }

  private static long whole(long n, long of) {
    return Math.ceilDiv(n, of) * of;
  }

  @Override
  public boolean acceptsStridedRows() {
    return true;
  }

  @Override
  public Task bind(Operands operands) {
    View q = operands.in().get(0);
    View k = operands.in().get(1);
    View v = operands.in().get(2);
    View out = operands.out().getFirst();
    int heads = op.heads();
    long[] bias = op.bias() ? bias(operands.in().get(3)) : new long[5];
    long images = op.bias() ? operands.in().get(3).shape().dim(0) : 1;
    long depth = q.columns() / heads;
    long width = v.columns() / heads;
    long[] sizes = {
      q.shape().dim(0), heads, q.shape().dim(1), k.shape().dim(1), depth, width, images
    };
    long[] values = heads(v, heads);
    View rows = operands.in().getLast(); // if they are named
    return new OperatorArguments("attention", 0, limit, operands.arena())
        .parameters(op.scale(), 0)
        .tensors(out.address(), q.address(), k.address())
        .tableAt(v.address())
        .sizes(sizes, heads(out, heads), heads(q, heads), heads(k, heads))
        .extra(values)
        .extraFrom(3, bias)
        .extraFrom(8, block, op.rows() ? rows.address() : 0, rows.rowStride())
        .workspace(operands)
        .bind();
  }

  /**
   * Bytes from one image, one head and one row to the next; rows that are named are of no image.
   */
  private long[] heads(View view, int heads) {
    long[] strides = view.strides();
    return new long[] {op.rows() ? 0 : strides[0], 4L * view.columns() / heads, strides[1]};
  }

  /** Its address, and the bytes from one image, head, key and query to the next. */
  private static long[] bias(View view) {
    long[] strides = view.strides();
    Shape shape = view.shape();
    return new long[] {
      view.address(),
      strides[0],
      shape.dim(1) == 1 ? 0 : strides[1],
      strides[2],
      shape.dim(3) == 1 ? 0 : strides[3]
    };
  }
}
