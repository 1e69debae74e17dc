# Sourced by build.sh, test.sh and budgets.sh: which C files belong to a platform, and how they are
# compiled. Platforms have the names that JNA gives them.
# shellcheck shell=sh disable=SC2034

# -ffp-contract=fast lets a*b+c of the generic vectors be one instruction where there is one,
# -fno-math-errno a square root. clang would warn of loops that it does not unroll as asked.
c_flags="-std=c11 -Wall -Wextra -Wshadow -Werror -Wno-pass-failed -ffp-contract=fast -fno-math-errno"

# What distributions switch on by themselves would import symbols that not every libc has.
release_flags="$c_flags -O3 -fPIC -fvisibility=hidden -U_FORTIFY_SOURCE -fno-stack-protector"

# find_compiler: sets compiler to the first of CC, cc, gcc, clang that is there, or to nothing.
find_compiler() {
  compiler=
  for candidate in ${CC:-} cc gcc clang; do
    if command -v "$candidate" >/dev/null 2>&1; then
      compiler=$candidate
      return
    fi
  done
}

# platform_of COMPILER: sets platform to what it compiles for, or to nothing if there are no kernels.
platform_of() {
  machine=$("$1" -dumpmachine)
  case $machine in
    x86_64-*linux*) platform=linux-x86-64 ;;
    aarch64-*linux*) platform=linux-aarch64 ;;
    *) platform= ;;
  esac
}

# find_cross: for the platform of this machine, sets other to the one to cross-compile for, cross to
# its compiler, cross_packages to where that comes from.
find_cross() {
  case $platform in
    linux-x86-64)
      other=linux-aarch64
      cross=${CROSS_CC-aarch64-linux-gnu-gcc}
      cross_packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
      ;;
    linux-aarch64)
      other=linux-x86-64
      cross=${CROSS_CC-x86_64-linux-gnu-gcc}
      cross_packages="gcc-x86-64-linux-gnu libc6-dev-amd64-cross"
      ;;
  esac
}

# isa_flags PLATFORM FILE: sets isa to the flags of the instruction set that the file's suffix names;
# fails if the platform has none of that name. A file without suffix runs before the CPU is known.
# prefetchw is a hint that processors without it skip. -mtune: else GCC 12 keeps general registers of the
# tile in vector ones, and their way back waits behind the products. 1x1 of 16 to 40 channels 1.03 to 1.07
# times as fast (Zen 5); depthwise kernels lose by it.
isa_flags() {
  case $1/$2 in
    linux-x86-64/gemm_avx512.c) isa="-mavx512f -mavx2 -mfma -mprfchw -mtune=haswell" ;;
    linux-x86-64/*_avx512.c) isa="-mavx512f -mavx2 -mfma -mprfchw" ;;
    linux-x86-64/*_amx.c) isa="-mamx-tile -mamx-bf16 -mavx512f -mavx2 -mfma -mprfchw" ;;
    linux-x86-64/*_avx2.c) isa="-mavx2 -mfma -mprfchw" ;;
    linux-x86-64/*_generic.c) isa=-msse4.2 ;;
    linux-aarch64/*_neon.c) isa= ;;
    *_amx.c | *_avx512.c | *_avx2.c | *_neon.c) return 1 ;;
    *) isa= ;;
  esac
}
