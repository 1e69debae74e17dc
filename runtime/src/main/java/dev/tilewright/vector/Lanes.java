package dev.tilewright.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import dev.tilewright.tensor.Memory;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector that every kernel here works with, and how it reaches memory.
 *
 * <p>Addresses are masked before use: C2 then knows that they are not negative and bounded, and
 * drops every check on the access.
 */
final class Lanes {
  /** As wide as the machine prefers; the property is for tests of narrower machines. */
  static final VectorSpecies<Float> SPECIES =
      switch (Integer.getInteger("tilewright.vector.bits", 0)) {
        case 128 -> FloatVector.SPECIES_128;
        case 256 -> FloatVector.SPECIES_256;
        case 512 -> FloatVector.SPECIES_512;
        case 0 -> preferred();
        default ->
            throw new IllegalArgumentException("tilewright.vector.bits must be 128, 256 or 512");
      };

  static final VectorSpecies<Integer> INT_SPECIES = SPECIES.withLanes(int.class);

  /** Class of every vector of the species. */
  static final Class<?> VECTOR_CLASS = SPECIES.vectorType();

  /** 0, 1, 2 and so on. */
  static final FloatVector INDICES = (FloatVector) SPECIES.broadcast(0).addIndex(1);

  /** Floats in a vector: 4, 8 or 16. */
  static final int LENGTH = SPECIES.length();

  /** Bytes in a vector. */
  static final int BYTES = 4 * LENGTH;

  /**
   * Whether part of a vector is read and written under a mask. NEON has no such instructions, and
   * C2 makes objects instead; four lanes are few enough to go one by one.
   */
  static final boolean MASKED = LENGTH > 4;

  /** Vector registers: 32 with AVX-512 and on ARM and RISC-V, 16 on other x86. */
  static final int REGISTERS =
      LENGTH < 16 && System.getProperty("os.arch").matches("amd64|x86_64") ? 16 : 32;

  /** User space of all 64-bit machines that Java runs on. */
  static final long MASK = 0x7fff_ffff_ffffL;

  /** Lane numbers that turn a vector by so many lanes. */
  private static final FloatVector TURN_8 = turn(8);

  private static final FloatVector TURN_4 = turn(4);
  private static final FloatVector TURN_2 = turn(2);
  private static final FloatVector TURN_1 = turn(1);

  static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

  private Lanes() {}

  private static FloatVector turn(int by) {
    float[] lanes = new float[LENGTH];
    for (int i = 0; i < LENGTH; i++) {
      lanes[i] = (i + by) % LENGTH;
    }
    return FloatVector.fromArray(SPECIES, lanes, 0);
  }

  /** SVE machines can prefer more than 512 bits, which no kernel here was written for. */
  private static VectorSpecies<Float> preferred() {
    VectorSpecies<Float> species = FloatVector.SPECIES_PREFERRED;
    return species.vectorBitSize() > 512
        ? VectorSpecies.of(float.class, VectorShape.S_512_BIT)
        : species;
  }

  /** Bootstrap method of the constants that {@link VectorCode#permute} uses. */
  static VectorShuffle<Float> shuffle(
      MethodHandles.Lookup caller, String name, Class<?> type, int... lanes) {
    return VectorShuffle.fromValues(SPECIES, lanes);
  }

  static FloatVector load(long address) {
    return FloatVector.fromMemorySegment(SPECIES, Memory.ALL, address & MASK, ORDER);
  }

  static void store(FloatVector v, long address) {
    v.intoMemorySegment(Memory.ALL, address & MASK, ORDER);
  }

  static FloatVector broadcast(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  /** One float in every lane. */
  static FloatVector spread(long address) {
    return FloatVector.broadcast(SPECIES, get(address));
  }

  static float get(long address) {
    return Memory.ALL.get(JAVA_FLOAT_UNALIGNED, address & MASK);
  }

  static void set(long address, float value) {
    Memory.ALL.set(JAVA_FLOAT_UNALIGNED, address & MASK, value);
  }

  /** The sum of all lanes, in all lanes; always in the same order, unlike the JDK's reduction. */
  static FloatVector total(FloatVector v) {
    FloatVector sum = v;
    if (LENGTH > 8) {
      sum = sum.add(TURN_8.selectFrom(sum));
    }
    if (LENGTH > 4) {
      sum = sum.add(TURN_4.selectFrom(sum));
    }
    sum = sum.add(TURN_2.selectFrom(sum));
    return sum.add(TURN_1.selectFrom(sum));
  }

  /** The greatest of all lanes, in all lanes; NaN if any is. */
  static FloatVector greatest(FloatVector v) {
    FloatVector max = v;
    if (LENGTH > 8) {
      max = max.max(TURN_8.selectFrom(max));
    }
    if (LENGTH > 4) {
      max = max.max(TURN_4.selectFrom(max));
    }
    max = max.max(TURN_2.selectFrom(max));
    return max.max(TURN_1.selectFrom(max));
  }

  /**
   * Vectors that cover {@code n >= LENGTH} floats. If they do not fit, the last one starts at
   * {@code n - LENGTH} and repeats what the one before did: no kernel writes over its input, so
   * computing a value twice does no harm and no tail loop is needed.
   */
  static int cover(long n) {
    return (int) ((n + LENGTH - 1) / LENGTH);
  }
}
