package dev.tilewright.vector;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector shape all kernels of this package share. Constants: C2 only makes vector instructions
 * of operations whose species it knows when it compiles.
 */
final class Lanes {
  /** The widest the CPU has; {@code -Dtilewright.vector.bits=128|256|512} forces another. */
  static final VectorSpecies<Float> SPECIES = species();

  /** Floats in a vector. */
  static final int COUNT = SPECIES.length();

  static final int BYTES = 4 * COUNT;

  /** Vector registers: 32 with AVX-512 and on ARM and RISC-V, 16 on other x86. */
  static final int REGISTERS =
      COUNT < 16 && System.getProperty("os.arch").matches("amd64|x86_64") ? 16 : 32;

  static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /**
   * User addresses have 47 bits on the CPUs we know. An address masked with this is provably inside
   * {@link dev.tilewright.tensor.Memory#ALL}, so that C2 drops every bounds check on it.
   */
  static final long ADDRESS_MASK = 0x7fff_ffff_ffffL;

  private Lanes() {}

  private static VectorSpecies<Float> species() {
    int bits = Integer.getInteger("tilewright.vector.bits", 0);
    return switch (bits) {
      case 0 -> FloatVector.SPECIES_PREFERRED;
      case 128 -> FloatVector.SPECIES_128;
      case 256 -> FloatVector.SPECIES_256;
      case 512 -> FloatVector.SPECIES_512;
      default ->
          throw new IllegalArgumentException(
              "tilewright.vector.bits must be 128, 256 or 512, not " + bits);
    };
  }
}
