package dev.tilewright.cnative;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;

/**
 * The functions of tilewright.h, by direct mapping. Pointers cross as {@code long} addresses: a JNA
 * Pointer object per argument would be garbage in the hot path, and one long to an argument block
 * costs 56 ns a call where five arguments cost 142.
 *
 * <p>Nothing may be called before {@link #map}.
 */
final class CLibrary {
  /** TW_ABI_VERSION that this class was written against. */
  static final int ABI_VERSION = 8;

  private CLibrary() {}

  /** Connects the methods to a library that {@link NativeLoader} has checked. */
  static void map(NativeLibrary library) {
    Native.register(CLibrary.class, library);
  }

  static native int tw_count();

  static native String tw_name(int kernel);

  /** Null if the kernel computes the problem. */
  static native String tw_refuses(int kernel, long problem);

  /** Null from the first index that has no tunable parameter. */
  static native String tw_tile_name(int kernel, int index);

  static native int tw_tiles(int kernel, long problem, long values);

  static native void tw_cost(int kernel, long problem, long cost);

  static native void tw_rounding(int kernel, long problem, long rounding);

  /** Null if it has none. */
  static native String tw_family(int kernel);

  static native String tw_layout(int kernel);

  static native long tw_packed_bytes(int kernel, long problem);

  static native void tw_pack(int kernel, long problem, long filter, long bias, long packed);

  static native long tw_workspace_bytes(int kernel, long problem);

  static native int tw_bind(long args);

  static native void tw_run(long args, int from, int to, int worker, int goesOn);

  static native int tw_op_count();

  static native String tw_op_name(int op);

  static native int tw_op_bind(long args);

  static native void tw_op_run(long args, int from, int to, int worker);
}
