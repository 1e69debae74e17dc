package dev.tilewright.vector;

import static dev.tilewright.vector.OperatorCheck.U;

import dev.tilewright.graph.Op;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Matrix products and attention. */
interface ProductsAgree extends OperatorFixture {
  @Test
  default void matrixProductsAgree() {
    int[][] shapes = {
      {1, 197, 64, 197}, {8, 40, 15, 40}, {8, 40, 40, 15}, {3, 1, 33, 100}, {2, 5, 7, 3},
      {1, 6, 1, 32}, {1, 97, 20, 33}, {2, 100, 9, 16}, {1, 200, 3, 65}, {1, 7, 300, 49},
      {1, 30, 300, 1024}, {1, 25, 8200, 20}
    };
    for (int[] s : shapes) {
      // K roundings of sums of K products of N(0, 1): c u sqrt(K) sqrt(K), c = 8 for the maximum.
      double bound = 8 * U * s[2];
      Tensor a = harness().floats(s[0], s[1], s[2]);
      Tensor b = harness().floats(s[0], s[2], s[3]);
      harness().check(new Op.MatMul(), 0, bound, a, b);
      harness().check(new Op.MatMul(), 0, bound, a, harness().floats(s[2], s[3]));
      harness().check(new Op.MatMul(), 0, bound, harness().floats(s[1], s[2]), b);
      harness().check(new Op.MatMul(), 0, bound, harness().floats(2, 1, s[1], s[2]), b);
    }
  }

  @Test
  default void attentionAgrees() {
    // Images, heads, queries, keys, columns of q and k, of v.
    int[][] shapes = {
      {2, 3, 49, 49, 32, 32}, {1, 2, 197, 197, 64, 64}, {1, 1, 16, 16, 8, 8},
      {4, 2, 17, 33, 15, 20}, {1, 3, 40, 21, 32, 7}, {2, 1, 65, 1000, 9, 48},
      {3, 2, 1, 5, 4, 3}, {6, 1, 9, 1, 1, 1}
    };
    for (int[] s : shapes) {
      if (s[3] < 16 && !takesEveryShape()) {
        continue;
      }
      int heads = s[1];
      Tensor q = harness().floats(s[0], s[2], heads * s[4]);
      Tensor k = harness().floats(s[0], s[3], heads * s[4]);
      Tensor v = harness().floats(s[0], s[3], heads * s[5]);
      float scale = (float) (1 / Math.sqrt(s[4]));
      attention(new Op.Attention(heads, scale, false), q, k, v);
      Op.Attention biased = new Op.Attention(heads, scale, true);
      int again = s[0] % 2 == 0 ? s[0] / 2 : 1; // images of the bias
      attention(biased, q, k, v, harness().floats(1, heads, s[3], s[2]));
      attention(biased, q, k, v, harness().floats(again, 1, s[3], s[2]));
      attention(biased, q, k, v, harness().floats(s[0], heads, s[3], 1));
      attention(biased, q, k, v, masked(again, heads, s[3], s[2]));
      if (s[2] == s[3]) {
        Tensor rows = order(s[0], s[2]);
        attention(new Op.Attention(heads, scale, false, true), q, k, v, rows);
        Op.Attention both = new Op.Attention(heads, scale, true, true);
        attention(both, q, k, v, masked(again, heads, s[3], s[2]), rows);
      }
    }
  }

  private Tensor order(int images, int tokens) {
    List<Long> rows = new ArrayList<>(LongStream.range(0, (long) images * tokens).boxed().toList());
    Collections.shuffle(rows, random());
    return Tensor.of(Shape.of(images, tokens), rows.stream().mapToLong(Long::longValue).toArray());
  }

  /** Scores are sums of D products, scaled to variance 1, with a bias: below 12. */
  private void attention(Op.Attention op, Tensor... in) {
    double depth = in[0].shape().last() / (double) op.heads();
    double keys = in[1].shape().dim(1);
    // A score is off by 4 u sqrt(D + 3) * its terms, sqrt(D) * scale on average; so is a weight,
    // which the exponential (3 u) and the sums of weights and of products of values
    // (4 u sqrt(S + 3)) add to.
    double scores = 4 * U * Math.sqrt(depth + 3) * Math.sqrt(depth) + 2 * 12 * U;
    double bound = 2 * (scores + 3 * U + 2 * 4 * U * Math.sqrt(keys + 3)) * 5;
    harness().check(op, 0, bound, in);
  }

  /** -100 for a third of the keys, -infinity for the last of several. */
  private Tensor masked(int images, int heads, int keys, int queries) {
    Shape shape = Shape.of(images, heads, keys, queries);
    float[] bias = new float[(int) shape.elements()];
    for (int i = 0; i < bias.length; i++) {
      int key = i / queries % keys;
      bias[i] =
          key > 0 && key == keys - 1 ? Float.NEGATIVE_INFINITY : (i + key) % 3 == 1 ? -100 : 0;
    }
    return Tensor.of(shape, bias);
  }
}
