package dev.tilewright.op;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.tilewright.tensor.DType;
import dev.tilewright.tensor.Memory;
import java.lang.foreign.MemorySegment;

/**
 * Single elements and runs of them at addresses, for every element type: floats travel as double,
 * all others as long, UINT64 as its bits. Steps are in bytes.
 */
final class Elements {
  private static final MemorySegment ALL = Memory.ALL;

  private Elements() {}

  static double getFloat(long address) {
    return ALL.get(JAVA_FLOAT_UNALIGNED, address);
  }

  static void setFloat(long address, double value) {
    ALL.set(JAVA_FLOAT_UNALIGNED, address, (float) value);
  }

  static double getDouble(long address) {
    return Double.longBitsToDouble(ALL.get(JAVA_LONG_UNALIGNED, address));
  }

  static void setDouble(long address, double value) {
    ALL.set(JAVA_LONG_UNALIGNED, address, Double.doubleToRawLongBits(value));
  }

  static long getAddress(long address) {
    return ALL.get(JAVA_LONG_UNALIGNED, address);
  }

  static void setAddress(long address, long value) {
    ALL.set(JAVA_LONG_UNALIGNED, address, value);
  }

  static boolean getBool(long address) {
    return ALL.get(JAVA_BYTE, address) != 0;
  }

  static void setBool(long address, boolean value) {
    ALL.set(JAVA_BYTE, address, (byte) (value ? 1 : 0));
  }

  /** The value of an element that is not a float. */
  static long getLong(DType dtype, long address) {
    return switch (dtype) {
      case INT64, UINT64 -> ALL.get(JAVA_LONG_UNALIGNED, address);
      case INT32 -> ALL.get(JAVA_INT_UNALIGNED, address);
      case INT8 -> ALL.get(JAVA_BYTE, address);
      case UINT8 -> ALL.get(JAVA_BYTE, address) & 0xff;
      case INT16 -> ALL.get(JAVA_SHORT_UNALIGNED, address);
      case UINT16 -> ALL.get(JAVA_SHORT_UNALIGNED, address) & 0xffff;
      case UINT32 -> ALL.get(JAVA_INT_UNALIGNED, address) & 0xffff_ffffL;
      case BOOL -> ALL.get(JAVA_BYTE, address) != 0 ? 1 : 0;
      case FLOAT32 -> throw new IllegalArgumentException("not an integer type: " + dtype);
    };
  }

  /** Stores an integer: a narrower type keeps the low bits, BOOL keeps value != 0. */
  static void setLong(DType dtype, long address, long value) {
    switch (dtype) {
      case INT64, UINT64 -> ALL.set(JAVA_LONG_UNALIGNED, address, value);
      case INT32, UINT32 -> ALL.set(JAVA_INT_UNALIGNED, address, (int) value);
      case INT16, UINT16 -> ALL.set(JAVA_SHORT_UNALIGNED, address, (short) value);
      case INT8, UINT8 -> ALL.set(JAVA_BYTE, address, (byte) value);
      case BOOL -> setBool(address, value != 0);
      case FLOAT32 -> ALL.set(JAVA_FLOAT_UNALIGNED, address, (float) value);
    }
  }

  /**
   * An integer of this type as one whose signed order is that of the values. Twice is the integer
   * itself.
   */
  static long ordered(DType dtype, long value) {
    return dtype == DType.UINT64 ? value ^ Long.MIN_VALUE : value;
  }

  static long smaller(DType dtype, long x, long y) {
    return ordered(dtype, x) < ordered(dtype, y) ? x : y;
  }

  static long larger(DType dtype, long x, long y) {
    return ordered(dtype, x) > ordered(dtype, y) ? x : y;
  }

  /** An integer of this type as the nearest float. */
  static float toFloat(DType dtype, long value) {
    // Of a half, the bit that is lost decides between neighbours as any would: it sticks.
    return dtype == DType.UINT64 && value < 0
        ? 2 * (float) ((value >>> 1) | (value & 1))
        : (float) value;
  }

  /**
   * A float as an integer of this type: truncated towards zero, saturated at the ends of the range,
   * NaN is 0; BOOL is value != 0.
   */
  static long toLong(DType dtype, double value) {
    return switch (dtype) {
      case BOOL -> value != 0 ? 1 : 0;
      case UINT64 ->
          value >= 0x1p64 ? -1 : value >= 0x1p63 ? high(value) : Math.max(0, (long) value);
      default -> Math.clamp((long) value, least(dtype), most(dtype));
    };
  }

  /** The bits of a float in [2^63, 2^64) as an unsigned integer. */
  private static long high(double value) {
    return (long) (value - 0x1p63) ^ Long.MIN_VALUE;
  }

  /** The smallest value of a type that is not a float. */
  static long least(DType dtype) {
    return switch (dtype) {
      case INT64 -> Long.MIN_VALUE;
      case INT32 -> Integer.MIN_VALUE;
      case INT16 -> Short.MIN_VALUE;
      case INT8 -> Byte.MIN_VALUE;
      case UINT64, UINT32, UINT16, UINT8, BOOL -> 0;
      case FLOAT32 -> throw new IllegalArgumentException("not an integer type: " + dtype);
    };
  }

  /** The largest value of a type that is not a float. */
  static long most(DType dtype) {
    return switch (dtype) {
      case INT64 -> Long.MAX_VALUE;
      case INT32 -> Integer.MAX_VALUE;
      case INT16 -> Short.MAX_VALUE;
      case INT8 -> Byte.MAX_VALUE;
      case UINT64 -> -1; // its bits
      case UINT32 -> 0xffff_ffffL;
      case UINT16 -> 0xffff;
      case UINT8 -> 0xff;
      case BOOL -> 1;
      case FLOAT32 -> throw new IllegalArgumentException("not an integer type: " + dtype);
    };
  }

  /** Copies {@code count} elements of {@code bytes} bytes each. */
  static void copy(int bytes, long to, long toStep, long from, long fromStep, long count) {
    if (toStep == bytes && fromStep == bytes) {
      MemorySegment.copy(ALL, from, ALL, to, count * bytes);
      return;
    }
    for (long i = 0; i < count; i++) {
      copyOne(bytes, to + i * toStep, from + i * fromStep);
    }
  }

  /** Copies an element of {@code bytes} bytes. */
  static void copyOne(int bytes, long to, long from) {
    switch (bytes) {
      case 1 -> ALL.set(JAVA_BYTE, to, ALL.get(JAVA_BYTE, from));
      case 2 -> ALL.set(JAVA_SHORT_UNALIGNED, to, ALL.get(JAVA_SHORT_UNALIGNED, from));
      case 4 -> ALL.set(JAVA_INT_UNALIGNED, to, ALL.get(JAVA_INT_UNALIGNED, from));
      case 8 -> ALL.set(JAVA_LONG_UNALIGNED, to, ALL.get(JAVA_LONG_UNALIGNED, from));
      default -> throw new IllegalArgumentException("no element type has " + bytes + " bytes");
    }
  }
}
