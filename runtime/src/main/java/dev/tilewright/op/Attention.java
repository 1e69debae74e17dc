package dev.tilewright.op;

import dev.tilewright.graph.Op;
import dev.tilewright.kernel.Kernel;
import dev.tilewright.kernel.Operands;
import dev.tilewright.kernel.Task;
import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.View;

/**
 * Attention in heads, in double. An item is a query of a head. Workspace: its scores, 8 bytes each.
 *
 * @param keys how many
 */
record Attention(Op.Attention op, int keys) implements Kernel {
  @Override
  public long workspaceBytes() {
    return (long) keys * Double.BYTES;
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
    int queries = q.shape().dim(1);
    int depth = q.columns() / op.heads();
    int width = v.columns() / op.heads();
    return Split.byCost(
        (long) q.shape().dim(0) * op.heads() * queries,
        (long) keys * (20 + depth + width), // an exponential is about twenty multiply-adds
        (from, to, worker) -> {
          long scores = operands.workspace(worker);
          for (long item = from; item < to; item++) {
            long query = item % queries;
            long head = item / queries % op.heads();
            long image = item / queries / op.heads();
            long from0 = q.at(row(operands, image, query, queries), head * depth);
            for (long s = 0; s < keys; s++) {
              long key = k.at(row(operands, image, s, keys), head * depth);
              Elements.setDouble(scores + 8 * s, score(from0, key, depth));
            }
            if (op.bias()) {
              bias(scores, operands.in().get(3), image, head, query);
            }
            double sum = exponentials(scores);
            long to0 = out.at(row(operands, image, query, queries), head * width);
            for (int e = 0; e < width; e++) {
              double total = 0;
              for (long s = 0; s < keys; s++) {
                total +=
                    Elements.getDouble(scores + 8 * s)
                        * Elements.getFloat(v.at(row(operands, image, s, keys), head * width + e));
              }
              Elements.setFloat(to0 + 4L * e, keys == 0 ? 0 : total / sum);
            }
          }
        });
  }

  /** Which row a token of an image is. */
  private long row(Operands operands, long image, long token, int tokens) {
    if (!op.rows()) {
      return image * tokens + token;
    }
    View rows = operands.in().getLast();
    return Elements.getLong(DType.INT64, rows.address() + 8 * (image * rows.rowStride() + token));
  }

  private double score(long q, long k, int depth) {
    double sum = 0;
    for (long i = 0; i < depth; i++) {
      sum += Elements.getFloat(q + 4 * i) * Elements.getFloat(k + 4 * i);
    }
    return sum * op.scale();
  }

  private void bias(long scores, View bias, long image, long head, long query) {
    long heads = bias.shape().dim(1);
    long row = (image % bias.shape().dim(0) * heads + (heads == 1 ? 0 : head)) * keys;
    for (long s = 0; s < keys; s++) {
      double b = Elements.getFloat(bias.at(row + s, bias.columns() == 1 ? 0 : query));
      Elements.setDouble(scores + 8 * s, Elements.getDouble(scores + 8 * s) + b);
    }
  }

  /** In place of scores; returns their sum. */
  private double exponentials(long scores) {
    double max = Double.NEGATIVE_INFINITY;
    for (long s = 0; s < keys; s++) {
      max = Math.max(max, Elements.getDouble(scores + 8 * s));
    }
    double sum = 0;
    for (long s = 0; s < keys; s++) {
      double e = Math.exp(Elements.getDouble(scores + 8 * s) - max);
      Elements.setDouble(scores + 8 * s, e);
      sum += e;
    }
    return sum;
  }
}
