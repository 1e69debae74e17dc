package dev.tilewright.vector;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.tilewright.tensor.Memory;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.IntConsumer;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Writes the bytecode of a kernel, one vector operation a call, so that a generator reads like the
 * kernel it generates.
 */
final class VectorCode extends ScalarCode {
  /** A FloatVector in a local variable. */
  record Vec(int slot) {}

  /**
   * The first lanes, in a local variable: a mask or, without {@link Lanes#MASKED}, their number.
   */
  record Mask(int slot) {}

  /** Adding it rounds to an integer, which is then in the low bits: 1.5 * 2^23. */
  static final float ROUND = 0x1.8p23f;

  private static final ClassDesc FLOATS = desc(FloatVector.class);
  private static final ClassDesc INTS = desc(IntVector.class);
  private static final ClassDesc VECTOR = desc(Vector.class);
  private static final ClassDesc MASK = desc(VectorMask.class);
  private static final ClassDesc SHUFFLE = desc(VectorShuffle.class);
  private static final ClassDesc SPECIES = desc(VectorSpecies.class);
  private static final ClassDesc ORDER = desc(ByteOrder.class);
  private static final ClassDesc OPERATORS = desc(VectorOperators.class);
  private static final ClassDesc COMPARISON = desc(VectorOperators.Comparison.class);
  private static final ClassDesc BINARY = desc(VectorOperators.Binary.class);
  private static final ClassDesc LANES = desc(Lanes.class);
  private static final MethodTypeDesc OF_VECTOR = MethodTypeDesc.of(FLOATS, VECTOR);

  private final boolean fused;

  /**
   * @param fused whether multiply-add is one instruction here; if not it becomes two
   * @param parameters descriptor of the method being written, an instance method
   */
  VectorCode(CodeBuilder code, boolean fused, MethodTypeDesc parameters) {
    super(code, parameters);
    this.fused = fused;
  }

  /** A full vector from {@code at + displacement}. */
  Vec load(Num at, long displacement) {
    species();
    place(at, displacement);
    code.invokestatic(
        FLOATS, "fromMemorySegment", MethodTypeDesc.of(FLOATS, SPECIES, SEGMENT, CD_long, ORDER));
    return storeVector();
  }

  /** The lanes under the mask from {@code at}, zero elsewhere. */
  Vec load(Num at, Mask mask) {
    if (!Lanes.MASKED) {
      Vec v = constant(0);
      eachLane(
          mask,
          lane -> {
            code.aload(v.slot).loadConstant(lane);
            pushFloat(() -> code.lload(at.slot()).loadConstant(4L * lane).ladd());
            code.invokevirtual(FLOATS, "withLane", MethodTypeDesc.of(FLOATS, CD_int, CD_float))
                .astore(v.slot);
          });
      exact(v);
      return v;
    }
    species();
    place(at, 0);
    code.aload(mask.slot)
        .invokestatic(
            FLOATS,
            "fromMemorySegment",
            MethodTypeDesc.of(FLOATS, SPECIES, SEGMENT, CD_long, ORDER, MASK));
    Vec v = storeVector();
    // A JVM that has run for long has seen both branches of the method, and their results merge.
    exact(v);
    return v;
  }

  /**
   * The same number in all lanes. By way of an int: C2 reads an unaligned float as an int that it
   * moves to a vector register, and only sometimes finds that it could have loaded it there.
   */
  Vec broadcast(Scalar value) {
    code.getstatic(LANES, "INT_SPECIES", SPECIES)
        .iload(value.slot())
        .invokestatic(INTS, "broadcast", MethodTypeDesc.of(INTS, SPECIES, CD_int))
        .invokevirtual(INTS, "reinterpretAsFloats", MethodTypeDesc.of(FLOATS));
    return storeVector();
  }

  /**
   * The float at an address in all lanes, for use in loops that follow: not by way of an int, as
   * the results of several branches merge in its reinterpretation once a JVM has seen them all, and
   * a vector that outlives them is then an object.
   */
  Vec spread(Num at) {
    species();
    pushFloat(() -> code.lload(at.slot()));
    code.invokestatic(FLOATS, "broadcast", MethodTypeDesc.of(FLOATS, SPECIES, CD_float));
    Vec v = storeVector();
    exact(v);
    return v;
  }

  /** The same number, rounded to float, in all lanes. */
  Vec constant(double value) {
    species();
    code.loadConstant((float) value)
        .invokestatic(FLOATS, "broadcast", MethodTypeDesc.of(FLOATS, SPECIES, CD_float));
    return storeVector();
  }

  Vec copy(Vec v) {
    code.aload(v.slot);
    return storeVector();
  }

  /**
   * Tells C2 the class of a vector that a loop changes; after this it is as certain of it as of a
   * vector just computed. All it knows of such a local by itself is the declared type, and whether
   * the class checks of the next operation on it are then compiled to calls, with all vectors in
   * memory around them, depends on what the profile happened to hold when the kernel was compiled:
   * in 5 of 8 starts a tile of 12x2 came out at 3 to 30 instead of 220 GFLOP/s. The cast is an
   * intrinsic and needs no profile.
   */
  void exact(Vec v) {
    ClassDesc type = desc(Class.class);
    ClassDesc object = desc(Object.class);
    code.getstatic(LANES, "VECTOR_CLASS", type)
        .aload(v.slot)
        .invokevirtual(type, "cast", MethodTypeDesc.of(object, object))
        .checkcast(FLOATS)
        .astore(v.slot);
  }

  /** {@link #exact(Vec)} of all. */
  void exact(Vec[][] all) {
    for (Vec[] some : all) {
      for (Vec v : some) {
        exact(v);
      }
    }
  }

  /** {@code into = from}. */
  void assign(Vec into, Vec from) {
    code.aload(from.slot).astore(into.slot);
  }

  void store(Vec v, Num at, long displacement) {
    code.aload(v.slot);
    place(at, displacement);
    code.invokevirtual(
        FLOATS, "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, ORDER));
  }

  void store(Vec v, Num at, Mask mask) {
    if (!Lanes.MASKED) {
      ClassDesc layout = desc(ValueLayout.OfFloat.class);
      eachLane(
          mask,
          lane -> {
            code.getstatic(desc(Memory.class), "ALL", SEGMENT)
                .getstatic(desc(ValueLayout.class), "JAVA_FLOAT_UNALIGNED", layout)
                .lload(at.slot())
                .loadConstant(4L * lane)
                .ladd()
                .aload(v.slot)
                .loadConstant(lane)
                .invokevirtual(FLOATS, "lane", MethodTypeDesc.of(CD_float, CD_int));
            code.invokeinterface(
                SEGMENT, "set", MethodTypeDesc.of(CD_void, layout, CD_long, CD_float));
          });
      return;
    }
    code.aload(v.slot);
    place(at, 0);
    code.aload(mask.slot)
        .invokevirtual(
            FLOATS, "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, ORDER, MASK));
  }

  /**
   * The mask of the first {@code lanes} lanes. By comparison: {@code indexInRange} branches, and
   * where the profile of a branch was that of another number of lanes, kernels allocated.
   */
  Mask first(Num lanes) {
    int slot = slots(1);
    if (!Lanes.MASKED) {
      code.lload(lanes.slot()).l2i().istore(slot);
      return new Mask(slot);
    }
    code.getstatic(LANES, "INDICES", FLOATS)
        .getstatic(OPERATORS, "LT", COMPARISON)
        .lload(lanes.slot())
        .l2f()
        .invokevirtual(FLOATS, "compare", MethodTypeDesc.of(MASK, COMPARISON, CD_float));
    code.astore(slot);
    return new Mask(slot);
  }

  /** Code for each lane but the last that is only run if the mask has it. */
  private void eachLane(Mask mask, IntConsumer body) {
    for (int lane = 0; lane < Lanes.LENGTH - 1; lane++) {
      Label skip = code.newLabel();
      code.iload(mask.slot).loadConstant(lane).if_icmple(skip);
      body.accept(lane);
      code.labelBinding(skip);
    }
  }

  private void pushFloat(Runnable pushAddress) {
    push("JAVA_FLOAT_UNALIGNED", ValueLayout.OfFloat.class, CD_float, pushAddress);
  }

  /** {@code acc = a * b + acc}. */
  void fma(Vec acc, Vec a, Vec b) {
    pushMultiplyAdd(a, b, acc);
    code.astore(acc.slot);
  }

  /** {@code a * b + c}. */
  Vec multiplyAdd(Vec a, Vec b, Vec c) {
    pushMultiplyAdd(a, b, c);
    return storeVector();
  }

  Vec add(Vec a, Vec b) {
    return binary("add", a, b);
  }

  Vec subtract(Vec a, Vec b) {
    return binary("sub", a, b);
  }

  Vec multiply(Vec a, Vec b) {
    return binary("mul", a, b);
  }

  Vec divide(Vec a, Vec b) {
    return binary("div", a, b);
  }

  /** A method of FloatVector without arguments. */
  Vec unary(String operation, Vec a) {
    code.aload(a.slot).invokevirtual(FLOATS, operation, MethodTypeDesc.of(FLOATS));
    return storeVector();
  }

  /** {@code a < b ? yes : no} per lane; no where either is NaN. */
  Vec ifLess(Vec a, Vec b, Vec yes, Vec no) {
    return choose("LT", a, b, yes, no);
  }

  /** {@code a == b ? yes : no} per lane; no where either is NaN. */
  Vec ifEqual(Vec a, Vec b, Vec yes, Vec no) {
    return choose("EQ", a, b, yes, no);
  }

  private Vec choose(String comparison, Vec a, Vec b, Vec yes, Vec no) {
    code.aload(no.slot).aload(yes.slot);
    code.aload(a.slot)
        .getstatic(OPERATORS, comparison, COMPARISON)
        .aload(b.slot)
        .invokevirtual(FLOATS, "compare", MethodTypeDesc.of(MASK, COMPARISON, VECTOR));
    code.invokevirtual(FLOATS, "blend", MethodTypeDesc.of(FLOATS, VECTOR, MASK));
    return storeVector();
  }

  /**
   * {@code p * 2^n}, n being what was rounded by adding {@link #ROUND}. In two factors, for 2^n can
   * leave the range of a normal number where the product does not.
   */
  Vec scale(Vec p, Vec rounded) {
    MethodTypeDesc byInt = MethodTypeDesc.of(INTS, CD_int);
    int power = slots(1);
    int half = slots(1);
    code.aload(rounded.slot)
        .invokevirtual(FLOATS, "reinterpretAsInts", MethodTypeDesc.of(INTS))
        .loadConstant(Float.floatToRawIntBits(ROUND))
        .invokevirtual(INTS, "sub", byInt)
        .astore(power);
    code.aload(power);
    shift("ASHR", 1);
    code.astore(half).aload(p.slot);
    code.aload(half);
    pushPowerOfTwo();
    code.invokevirtual(FLOATS, "mul", OF_VECTOR);
    code.aload(power).aload(half).invokevirtual(INTS, "sub", MethodTypeDesc.of(INTS, VECTOR));
    pushPowerOfTwo();
    code.invokevirtual(FLOATS, "mul", OF_VECTOR);
    return storeVector();
  }

  /** Of the ints on the stack. */
  private void pushPowerOfTwo() {
    code.loadConstant(127).invokevirtual(INTS, "add", MethodTypeDesc.of(INTS, CD_int));
    shift("LSHL", 23);
    code.invokevirtual(INTS, "reinterpretAsFloats", MethodTypeDesc.of(FLOATS));
  }

  private void shift(String operation, int bits) {
    code.getstatic(OPERATORS, operation, BINARY)
        .loadConstant(bits)
        .invokevirtual(INTS, "lanewise", MethodTypeDesc.of(INTS, BINARY, CD_int));
  }

  private void pushMultiplyAdd(Vec a, Vec b, Vec c) {
    code.aload(a.slot).aload(b.slot);
    if (fused) {
      code.aload(c.slot).invokevirtual(FLOATS, "fma", MethodTypeDesc.of(FLOATS, VECTOR, VECTOR));
    } else {
      code.invokevirtual(FLOATS, "mul", OF_VECTOR)
          .aload(c.slot)
          .invokevirtual(FLOATS, "add", OF_VECTOR);
    }
  }

  /** A method of FloatVector with another as its argument. */
  Vec binary(String operation, Vec a, Vec b) {
    code.aload(a.slot).aload(b.slot).invokevirtual(FLOATS, operation, OF_VECTOR);
    return storeVector();
  }

  /** Lane i of the result is lane {@code from[i]} of v. */
  Vec permute(Vec v, int... from) {
    ConstantDesc[] lanes = Arrays.stream(from).boxed().toArray(ConstantDesc[]::new);
    code.aload(v.slot)
        .loadConstant(
            DynamicConstantDesc.ofNamed(
                ConstantDescs.ofConstantBootstrap(
                    LANES, "shuffle", SHUFFLE, ConstantDescs.CD_int.arrayType()),
                "shuffle",
                SHUFFLE,
                lanes))
        .invokevirtual(FLOATS, "rearrange", MethodTypeDesc.of(FLOATS, SHUFFLE));
    return storeVector();
  }

  private void species() {
    code.getstatic(LANES, "SPECIES", SPECIES);
  }

  /** Pushes (segment, address, byte order). */
  private void place(Num at, long displacement) {
    code.getstatic(desc(Memory.class), "ALL", SEGMENT).lload(at.slot());
    if (displacement != 0) {
      code.loadConstant(displacement).ladd();
    }
    code.getstatic(LANES, "ORDER", ORDER);
  }

  private Vec storeVector() {
    Vec v = new Vec(slots(1));
    code.astore(v.slot);
    return v;
  }
}
