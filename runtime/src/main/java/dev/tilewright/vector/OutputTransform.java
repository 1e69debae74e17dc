package dev.tilewright.vector;

import dev.tilewright.conv.Activation;
import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.VectorCode.Mask;
import dev.tilewright.vector.VectorCode.Vec;

/**
 * A^T m A of one tile m of products and the epilogue, for the output channels of a panel, vectors
 * over channels. Rows are transformed into a scratch tile of one vector a value, then its columns.
 */
interface OutputTransform {
  /**
   * What a kernel is made for.
   *
   * @param outputsHigh of a tile, see {@link WinogradMatrices}
   * @param activation a short one, see {@link FunctionCode#isShort}
   * @param masked fewer channels than lanes
   */
  record Spec(
      int outputsHigh,
      int tapsHigh,
      int outputsWide,
      int tapsWide,
      boolean residual,
      Activation activation,
      boolean masked) {}

  /**
   * Computes the outputs of a tile that exist: {@code rows} x {@code columns} of them.
   *
   * @param src of the tile in the first plane of products
   * @param plane bytes from one plane to the next
   * @param scratch address of [m + r - 1][m][lanes] floats
   * @param bias of the panel's first channel
   * @param dst of the tile's first pixel and the panel's first channel
   * @param pixel bytes from a pixel of dst to its right neighbour
   * @param row bytes from a pixel of dst to the one below
   * @param residual as dst; ignored by kernels without one
   * @param vectors of the panel
   * @param last offset of the last vector's channels in bytes; of masked kernels their number
   * @param nowhere address of a vector to write the rows to that do not exist
   */
  void run(
      long src,
      long plane,
      long scratch,
      long bias,
      long dst,
      long pixel,
      long row,
      long residual,
      long residualPixel,
      long residualRow,
      int vectors,
      long last,
      int columns,
      long rows,
      long nowhere);

  static OutputTransform of(Spec spec) {
    return Kernels.ALL.get(spec);
  }

  /** Those made so far. */
  final class Kernels {
    private static final Generated<Spec, OutputTransform> ALL =
        new Generated<>(
            OutputTransform.class, "output", Kernels::emit, Kernels::exercise, (spec, depth) -> 0);

    private Kernels() {}

    private static void emit(VectorCode code, Spec spec) {
      Num src = code.longArgument(0);
      Num plane = code.bounded(code.longArgument(1));
      Num scratch = code.longArgument(2);
      Num last = code.bounded(code.longArgument(11));
      double[][] down = WinogradMatrices.of(spec.outputsHigh, spec.tapsHigh).output();
      double[][] along = WinogradMatrices.of(spec.outputsWide, spec.tapsWide).output();
      int high = down[0].length;
      int wide = along[0].length;
      int outputs = spec.outputsWide;
      Num pixel = code.bounded(code.longArgument(5));
      Num row = code.bounded(code.longArgument(6));
      Num residualPixel = code.bounded(code.longArgument(8));
      Num residualRow = code.bounded(code.longArgument(9));
      Num nowhere = code.longArgument(14);
      Num zero = code.number(0);
      Num[] exists = new Num[spec.outputsHigh];
      for (int y = 1; y < spec.outputsHigh; y++) {
        exists[y] = code.inside(y, zero, code.longArgument(13));
      }
      Num rowOfPlanes = code.times(plane, wide);
      Mask[] mask = spec.masked ? new Mask[] {code.first(last)} : null;
      code.loop(
          code.intArgument(10),
          v -> {
            Num channel = mask == null ? code.least(v, Lanes.BYTES, last) : code.number(0);
            Num from = code.address(src, v, Lanes.BYTES);
            code.loop(
                code.count(high),
                i -> {
                  Vec[] x = new Vec[wide];
                  Num at = code.address(from, i, rowOfPlanes);
                  for (int j = 0; j < wide; j++) {
                    at = j == 0 ? at : code.address(at, plane);
                    x[j] = code.load(at, 0);
                  }
                  Vec[] y = LinearCode.emit(code, along, x);
                  Num temporary = code.address(scratch, i, (long) outputs * Lanes.BYTES);
                  for (int j = 0; j < outputs; j++) {
                    code.store(y[j], temporary, (long) j * Lanes.BYTES);
                  }
                });
            Vec bias = code.load(code.address(code.longArgument(3), channel), 0);
            Num to = code.address(code.longArgument(4), channel);
            Num add = code.address(code.longArgument(7), channel);
            code.loop(
                code.intArgument(12),
                j -> {
                  Vec[] x = new Vec[high];
                  Num temporary = code.address(scratch, j, Lanes.BYTES);
                  for (int i = 0; i < high; i++) {
                    x[i] = code.load(temporary, (long) i * outputs * Lanes.BYTES);
                  }
                  Vec[] y = LinearCode.emit(code, down, x);
                  Num dst = code.address(to, j, pixel);
                  Num residual = spec.residual ? code.address(add, j, residualPixel) : add;
                  for (int i = 0; i < spec.outputsHigh; i++) {
                    if (i > 0) {
                      dst = code.address(dst, row);
                      residual = spec.residual ? code.address(residual, residualRow) : residual;
                    }
                    int mark = code.mark();
                    Vec sum = code.add(y[i], bias);
                    if (spec.residual) {
                      Num at = i == 0 ? residual : code.select(exists[i], residual, nowhere);
                      sum = code.add(sum, mask == null ? code.load(at, 0) : code.load(at, mask[0]));
                    }
                    Vec result = FunctionCode.emit(code, spec.activation, sum);
                    Num at = i == 0 ? dst : code.select(exists[i], dst, nowhere);
                    if (mask == null) {
                      code.store(result, at, 0);
                    } else {
                      code.store(result, at, mask[0]);
                    }
                    code.release(mark);
                  }
                });
          });
    }

    /** One short call on scratch memory. */
    private static void exercise(Spec spec, OutputTransform kernel, long scratch, int depth) {
      long data = scratch + 65536;
      kernel.run(
          scratch,
          128,
          scratch + 16384,
          data,
          data,
          64,
          64,
          data,
          64,
          64,
          2,
          spec.masked ? 1 : 64,
          spec.outputsWide,
          spec.outputsHigh,
          data);
    }
  }
}
