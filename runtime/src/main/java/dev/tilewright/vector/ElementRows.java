package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.tilewright.graph.Op.Elementwise.Step;
import dev.tilewright.tensor.Memory;
import dev.tilewright.vector.ScalarCode.Count;
import dev.tilewright.vector.ScalarCode.Num;
import dev.tilewright.vector.VectorCode.Vec;
import java.util.ArrayList;
import java.util.List;

/**
 * Several elementwise operators over rows of adjacent floats: a vector of each input is loaded, all
 * operators are applied to it in registers, and the result is stored. Instances are generated, one
 * for each expression.
 *
 * <p>Rows that are no whole number of vectors end with one that overlaps the one before. The next
 * vector of an input that the result may be written over is read before this one is written.
 */
interface ElementRows {
  /** How an input is read. */
  enum Walk {
    /** Element for element with the result, which may be written over it. */
    RESULT,
    /** As many adjacent values as a row has, but never those of the result. */
    ROW,
    /** One value a row. */
    COLUMN
  }

  /** What a kernel is made for: {@code inputs} says how each is read. */
  record Spec(List<Step> steps, List<Walk> inputs) {
    int instructions() {
      return steps.stream().mapToInt(s -> ElementCode.instructions(s.op())).sum();
    }
  }

  /** Of an operand in the block: address, then bytes to the next image and to the next row. */
  int OPERAND_BYTES = 24;

  /** With more instructions on a vector C2 takes seconds, or gives up and makes objects. */
  int MOST_INSTRUCTIONS = 100;

  /** Vectors of a block, which share the arithmetic of addresses. */
  int BLOCK = 4;

  /**
   * Computes rows of an image, of each {@code blocks} whole ones, then {@code rest} vectors.
   *
   * @param block address of the operands, the result first, then the inputs
   * @param row the first
   * @param column bytes from the start of each row at which to begin
   * @param last offset of the last vector from the first after the blocks; negative if there is
   *     none
   */
  void run(
      long block, long image, long row, long column, int rows, int blocks, int rest, long last);

  /**
   * The same, of so many values in each row. Of a row that ends with a vector that overlaps
   * another, both are left for the careful loop.
   */
  default void apply(long block, long image, long row, long column, int rows, long n) {
    int vectors = Lanes.cover(n);
    int apart = n % Lanes.LENGTH == 0 ? vectors : Math.max(0, vectors - 2);
    int blocks = apart / BLOCK;
    long done = (long) blocks * BLOCK * Lanes.LENGTH;
    run(
        block,
        image,
        row,
        column,
        rows,
        blocks,
        vectors - blocks * BLOCK,
        4 * (n - Lanes.LENGTH - done));
  }

  static ElementRows of(Spec spec) {
    return Kernels.ALL.get(spec);
  }

  /** The generated classes. */
  final class Kernels {
    private static final Generated<Spec, ElementRows> ALL =
        new Generated<>(
            ElementRows.class, "elements", Kernels::emit, Kernels::exercise, (spec, depth) -> 0);

    /**
     * Instructions on a vector up to which there is a loop over blocks. Beside more of them
     * addresses do not count, and five times the code takes C2 five times as long.
     */
    private static final int MOST_REPEATED = 16;

    private Kernels() {}

    /** Address of the first row of an operand, and bytes from one to the next. */
    private record Rows(Num start, Num step) {}

    private static void emit(VectorCode code, Spec spec) {
      List<Rows> operands = new ArrayList<>();
      for (int i = 0; i <= spec.inputs.size(); i++) {
        operands.add(rows(code, i, i == 0 || spec.inputs.get(i - 1) != Walk.COLUMN));
      }
      code.loop(
          code.intArgument(4),
          r -> {
            List<Num> at = operands.stream().map(o -> code.address(o.start, r, o.step)).toList();
            List<Vec> values = new ArrayList<>();
            for (int i = 0; i < spec.inputs.size(); i++) {
              boolean column = spec.inputs.get(i) == Walk.COLUMN;
              values.add(column ? code.spread(at.get(i + 1)) : code.constant(0));
            }
            Count blocks = code.intArgument(5);
            Count rest = code.intArgument(6);
            Num last = code.longArgument(7);
            Num done = code.scaled(blocks, (long) BLOCK * Lanes.BYTES);
            if (spec.instructions() <= MOST_REPEATED) {
              blocks(code, spec, at, values, blocks);
              List<Num> from = at.stream().map(row -> code.address(row, done)).toList();
              careful(code, spec, from, values, rest, last);
            } else {
              Count all = code.plus(rest, blocks, BLOCK);
              careful(code, spec, at, values, all, code.sum(last, done));
            }
          });
    }

    /** Where no vector overlaps another. */
    private static void blocks(
        VectorCode code, Spec spec, List<Num> rows, List<Vec> values, Count blocks) {
      code.loop(
          blocks,
          b -> {
            List<Num> at = new ArrayList<>();
            for (int i = 0; i < rows.size(); i++) {
              boolean column = i > 0 && spec.inputs.get(i - 1) == Walk.COLUMN;
              at.add(
                  column ? rows.get(i) : code.address(rows.get(i), b, (long) BLOCK * Lanes.BYTES));
            }
            int mark = code.mark();
            for (int v = 0; v < BLOCK; v++) {
              long displacement = (long) v * Lanes.BYTES;
              List<Vec> known = new ArrayList<>(values);
              for (int i = 0; i < values.size(); i++) {
                if (spec.inputs.get(i) != Walk.COLUMN) {
                  known.set(i, code.load(at.get(i + 1), displacement));
                }
              }
              code.store(value(code, spec, known), at.getFirst(), displacement);
              code.release(mark);
            }
          });
    }

    /** Where the last vector may overlap the one before. */
    private static void careful(
        VectorCode code, Spec spec, List<Num> from, List<Vec> values, Count vectors, Num last) {
      Num beforeLast = code.sum(last, code.number(-Lanes.BYTES));
      Num first = code.least(code.count(0), 0, last);
      List<Vec> next = new ArrayList<>(values);
      for (int i = 0; i < values.size(); i++) {
        if (spec.inputs.get(i) == Walk.RESULT) {
          next.set(i, code.load(code.address(from.get(i + 1), first), 0));
        }
      }
      code.loop(
          vectors,
          v -> {
            Num at = code.least(v, Lanes.BYTES, last);
            Num following = code.least(v, Lanes.BYTES, beforeLast);
            List<Vec> known = new ArrayList<>(values);
            for (int i = 0; i < values.size(); i++) {
              Num base = from.get(i + 1);
              switch (spec.inputs.get(i)) {
                case RESULT -> {
                  code.exact(next.get(i));
                  known.set(i, code.copy(next.get(i)));
                  Vec after = code.load(code.address(base, following), Lanes.BYTES);
                  code.assign(next.get(i), after);
                }
                case ROW -> known.set(i, code.load(code.address(base, at), 0));
                case COLUMN -> {} // the row's
              }
            }
            code.store(value(code, spec, known), code.address(from.getFirst(), at), 0);
          });
    }

    /** The result of all steps, given a vector of each input. */
    private static Vec value(VectorCode code, Spec spec, List<Vec> inputs) {
      List<Vec> known = new ArrayList<>(inputs);
      for (Step step : spec.steps) {
        List<Vec> operands = step.operands().stream().map(known::get).toList();
        known.add(ElementCode.emit(code, step.op(), operands));
      }
      return known.getLast();
    }

    private static Rows rows(VectorCode code, int operand, boolean walks) {
      Num block = code.address(code.longArgument(0), (long) OPERAND_BYTES * operand);
      Num step = code.loadLong(block, 16);
      Num image = code.times(code.longArgument(1), code.loadLong(block, 8));
      Num start = code.sum(code.loadLong(block, 0), image);
      start = code.sum(start, code.times(code.longArgument(2), step));
      return new Rows(walks ? code.sum(start, code.longArgument(3)) : start, step);
    }

    /** One short call on scratch memory, the block behind all that is computed. */
    private static void exercise(Spec spec, ElementRows kernel, long scratch, int depth) {
      long block = scratch + Generated.SCRATCH_BYTES / 2;
      for (int i = 0; i <= spec.inputs.size(); i++) {
        Memory.ALL.set(JAVA_LONG, block + (long) OPERAND_BYTES * i, scratch);
        Memory.ALL.set(JAVA_LONG, block + (long) OPERAND_BYTES * i + 16, 64);
      }
      kernel.run(block, 0, 0, 0, 2, 3, 2, Lanes.BYTES);
    }
  }
}
