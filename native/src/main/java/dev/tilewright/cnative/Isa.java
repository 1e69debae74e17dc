package dev.tilewright.cnative;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Instruction sets of the C kernels in rising order. */
enum Isa {
  GENERIC(0),
  AVX2(1),
  AVX512(2);

  /** TW_ISA_* of tilewright.h. */
  final int code;

  Isa(int code) {
    this.code = code;
  }

  /** Environment variable that caps what kernels may use: generic, avx2 or avx512. */
  static final String VARIABLE = "TILEWRIGHT_ISA";

  /**
   * The cap that a value of the variable asks for; unset means none, empty result a wrong value.
   */
  static Optional<Isa> limit(@Nullable String value) {
    if (value == null || value.isEmpty()) {
      return Optional.of(AVX512);
    }
    for (Isa isa : values()) {
      if (isa.name().toLowerCase(Locale.ROOT).equals(value)) {
        return Optional.of(isa);
      }
    }
    return Optional.empty();
  }
}
