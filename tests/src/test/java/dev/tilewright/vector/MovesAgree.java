package dev.tilewright.vector;

import dev.tilewright.graph.Op;
import dev.tilewright.tensor.Shape;
import dev.tilewright.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Transposes, slices, concatenations and copies of runs. */
interface MovesAgree extends OperatorFixture {
  @Test
  default void imagesAreTransposedExactly() {
    for (int channels : new int[] {1, 2, 3, 4, 7, 15, 16, 17, 33, 64}) {
      for (int pixels : new int[] {1, 5, 16, 49, 131}) {
        Shape planes = Shape.of(2, channels, pixels, 3);
        harness().check(new Op.Transpose(List.of(0, 2, 3, 1)), 0, planes);
        Shape image = Shape.of(2, pixels, 3, channels);
        harness().check(new Op.Transpose(List.of(0, 3, 1, 2)), 0, image);
      }
    }
  }

  @Test
  default void anyPermutationIsExact() {
    for (int i = 0; i < 200; i++) {
      int rank = 1 + random().nextInt(5);
      List<Integer> perm = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
      Collections.shuffle(perm, random());
      Integer[] dims = random().ints(rank, 1, rank > 3 ? 9 : 40).boxed().toArray(Integer[]::new);
      harness().check(new Op.Transpose(perm), 0, 0, harness().floats(dims));
    }
  }

  @Test
  default void fewRowsTakeTurnsExactly() {
    for (int rows = 2; rows <= 5; rows++) {
      for (int n : new int[] {16, 17, 58, 116, 131}) {
        harness().check(new Op.Transpose(List.of(0, 2, 1)), 0, Shape.of(3, rows, n));
        harness().check(new Op.Transpose(List.of(0, 2, 1)), 0, Shape.of(3, n, rows));
      }
    }
    for (int width : new int[] {1, 3, 4, 5, 7, 14, 33}) {
      Op spaceToDepth = new Op.Transpose(List.of(0, 3, 5, 1, 2, 4));
      harness().check(spaceToDepth, 0, Shape.of(1, 3, 5, 2, width, 2));
      for (int block = 2; block <= 5; block++) {
        Op toPixels = new Op.Transpose(List.of(0, 1, 4, 2, 5, 3));
        harness().check(toPixels, 0, Shape.of(1, 3, 5, width, block, block));
        harness().check(toPixels, 0, Shape.of(1, 3, 5, width, block, 2));
        Op toChannels = new Op.Transpose(List.of(0, 1, 3, 5, 2, 4));
        harness().check(toChannels, 0, Shape.of(1, 3, block, 5, block, width));
        harness().check(toChannels, 0, Shape.of(1, 3, block, 5, 2, width));
        Op toPlanes = new Op.Transpose(List.of(0, 3, 1, 4, 2, 5));
        harness().check(toPlanes, 0, Shape.of(1, 3, width, 2, block, block));
      }
    }
    harness().check(new Op.Transpose(List.of(0, 2, 3, 1)), 0, Shape.of(1, 2, 120, 61));
    harness().check(new Op.Transpose(List.of(0, 2, 3, 1)), 0, Shape.of(1, 3, 200, 301));
  }

  @Test
  default void slicesAreExact() {
    for (int i = 0; i < 200; i++) {
      int rank = 1 + random().nextInt(4);
      List<Integer> starts = new ArrayList<>();
      List<Integer> steps = new ArrayList<>();
      Integer[] dims = random().ints(rank, 1, 30).boxed().toArray(Integer[]::new);
      Integer[] sizes = new Integer[rank];
      for (int axis = 0; axis < rank; axis++) {
        int step = random().nextInt(3) > 0 ? 1 : random().nextBoolean() ? 2 : -1;
        int start = random().nextInt(dims[axis]);
        int most = step > 0 ? (dims[axis] - 1 - start) / step + 1 : start + 1;
        starts.add(start);
        steps.add(step);
        sizes[axis] = 1 + random().nextInt(most);
      }
      harness().check(new Op.Slice(starts, steps, Shape.of(sizes)), 0, 0, harness().floats(dims));
    }
  }

  @Test
  default void concatenationsAreExact() {
    for (int i = 0; i < 100; i++) {
      int rank = 1 + random().nextInt(4);
      int axis = i % 2 == 0 ? rank - 1 : random().nextInt(rank);
      Integer[] dims = random().ints(rank, 1, 20).boxed().toArray(Integer[]::new);
      Tensor[] in = new Tensor[1 + random().nextInt(4)];
      for (int j = 0; j < in.length; j++) {
        dims[axis] = random().nextInt(200) / rank;
        in[j] = harness().floats(dims.clone());
      }
      dims[axis] = 5;
      in[0] = harness().floats(dims.clone());
      harness().check(new Op.Concat(axis), 0, 0, in);
    }
  }

  @Test
  default void runsAreCopiedExactly() {
    // Length of a run, runs of x, of the result, and length of a row of both.
    int[][] shapes = {
      {32, 60, 60, 96},
      {96, 49, 64, 96},
      {1, 40, 33, 1},
      {16, 12, 30, 48},
      {7, 30, 20, 35},
      {384, 20, 17, 128},
      {2048, 5, 7, 2048},
      {5, 64, 64, 8}
    };
    for (int[] s : shapes) {
      long[] runs = new long[s[2]];
      for (int i = 0; i < runs.length; i++) {
        boolean next = i > 0 && runs[i - 1] + 1 < s[1] && random().nextBoolean();
        runs[i] = next ? runs[i - 1] + 1 : random().nextInt(-1, s[1]);
      }
      Shape to = Shape.of(s[0] * s[2] / s[3], s[3]);
      Tensor x = harness().floats(s[0] * s[1] / s[3], s[3]);
      harness().check(new Op.Runs(s[0], to), 0, 0, x, Tensor.of(Shape.of(runs.length), runs));
    }
  }
}
