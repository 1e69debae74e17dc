package dev.tilewright.cnative;

import com.sun.jna.Platform;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Instruction sets of the C kernels, those of one platform in rising order. */
enum Isa {
  /** What every CPU of a platform has. */
  GENERIC(0, ""),
  AVX2(1, "linux-x86-64"),
  AVX512(2, "linux-x86-64"),
  AMX(3, "linux-x86-64"),
  NEON(4, "linux-aarch64");

  /** Environment variable that caps what kernels may use: the name of one. */
  static final String VARIABLE = "TILEWRIGHT_ISA";

  /** TW_ISA_* of tilewright.h. */
  final int code;

  /** The only one that has it, in JNA's words; empty for all. */
  private final String platform;

  Isa(int code, String platform) {
    this.code = code;
    this.platform = platform;
  }

  /** The instruction sets of a platform. */
  static List<Isa> of(String platform) {
    return Arrays.stream(values())
        .filter(isa -> isa.platform.isEmpty() || isa.platform.equals(platform))
        .toList();
  }

  /**
   * The cap that a value of the variable asks for; unset means none, empty result a wrong value.
   */
  static Optional<Isa> limit(@Nullable String value) {
    List<Isa> here = of(Platform.RESOURCE_PREFIX);
    if (value == null || value.isEmpty()) {
      return Optional.of(here.getLast());
    }
    return here.stream().filter(isa -> isa.toString().equals(value)).findFirst();
  }

  /** What is wrong with a value that {@link #limit} does not take, and what it could be. */
  static String advice(@Nullable String value) {
    return VARIABLE
        + "="
        + value
        + " is not an instruction set of "
        + Platform.RESOURCE_PREFIX
        + "; set it to one of "
        + of(Platform.RESOURCE_PREFIX).stream().map(Isa::toString).collect(Collectors.joining(", "))
        + ", or leave it unset";
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
