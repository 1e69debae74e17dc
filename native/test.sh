#!/bin/sh
# Runs the C tests: under the address and undefined-behaviour sanitizers with this machine's compiler,
# then the libraries as they ship on CPUs that qemu emulates. What cannot run here, it says.
#
#   sh test.sh OUTPUT_DIR [RANDOM_SHAPES [SEED]]
#
# Environment: CC, CROSS_CC as for build.sh.
# Exit code 77: there is no compiler with sanitizers here, and nothing ran.
set -eu
out=${1:?usage: test.sh OUTPUT_DIR [RANDOM_SHAPES [SEED]]}
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")"
. src/main/c/flags.sh

# A null pointer is caught by the address sanitizer as well; its checks double the compile time.
sanitize="-fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=all"
test_flags="$c_flags -D_POSIX_C_SOURCE=200809L -Isrc/main/c"

find_compiler
echo 'int main(void) { return 0; }' >"$out/probe.c"
# shellcheck disable=SC2086
if [ -z "$compiler" ] || ! "$compiler" $sanitize "$out/probe.c" -o "$out/probe" 2>/dev/null \
    || ! "$out/probe" 2>/dev/null; then
  echo "tilewright: no C compiler with address and undefined sanitizers"
  exit 77
fi
platform_of "$compiler"

rm -f "$out"/*.o
pids=
for source in src/main/c/*.c src/test/c/conv_test.c; do
  isa_flags "$platform" "$source" || continue
  # shellcheck disable=SC2086
  "$compiler" $test_flags -O1 $sanitize $isa -c "$source" -o "$out/$(basename "$source" .c).o" &
  pids="$pids $!"
done
for pid in $pids; do wait "$pid"; done
# shellcheck disable=SC2086
"$compiler" $sanitize -o "$out/conv_test" "$out"/*.o -lm
"$out/conv_test" "$@"

not_tested() {
  echo "tilewright: NOT TESTED: $*"
}

# on_cpu QEMU CPU HIGHEST EVERY: both tests; HIGHEST is the instruction set it should choose, EVERY of
# how many shapes one is computed.
on_cpu() {
  run="$1 -cpu $2"
  log=$build/$2
  # shellcheck disable=SC2086
  if $run -L "$sysroot" -E LD_LIBRARY_PATH="$library" "$build/dispatch_test" "$3" >"$log" 2>&1 &&
      { [ "$3" = none ] || $run -L "$sysroot" -E LD_LIBRARY_PATH="$library" "$build/conv_test" 10 1 "$4" >>"$log" 2>&1; }; then
    echo "$run: $(grep -v warning: "$log" | tr '\n' ' ')" # of what qemu leaves out
  else
    cat "$log"
    echo "tilewright: the C tests failed on $run"
    return 1
  fi
}

# emulate COMPILER QEMU CPU:HIGHEST...: the library that ships for the compiler's platform.
emulate() {
  library=target/classes/$platform
  sysroot=$(dirname "$(dirname "$(realpath "$("$1" -print-file-name=libc.so.6)")")")
  build=$out/$platform
  mkdir -p "$build"
  for test in conv_test dispatch_test; do
    # shellcheck disable=SC2086
    "$1" $test_flags -O1 "src/test/c/$test.c" -o "$build/$test" -L"$library" -ltilewright -lm
  done
  qemu=$2
  shift 2
  pids=
  kernels=
  for cpu in "$@"; do
    # CPUs with the same kernels differ in what dispatch sees; the first of them computes everything.
    every=1
    case $kernels in *"${cpu#*:}"*) every=6 ;; esac
    # conv_test above has computed everything with what this machine has itself; emulated, 256-bit
    # multiply-adds take a quarter of an hour.
    if [ "${cpu#*:}" = avx2 ] && grep -qs avx2 /proc/cpuinfo; then every=6; fi
    kernels="$kernels ${cpu#*:}"
    on_cpu "$qemu" "${cpu%:*}" "${cpu#*:}" "$every" &
    pids="$pids $!"
  done
  for pid in $pids; do wait "$pid"; done
}

sh build.sh target/classes
find_cross
for target in "$compiler" "$cross"; do
  if ! command -v "$target" >/dev/null 2>&1; then
    not_tested "$other: no compiler for it (Debian: apt-get install $cross_packages)"
    continue
  fi
  platform_of "$target"
  qemu=qemu-aarch64
  cpus="cortex-a53:neon cortex-a72:neon cortex-a76:neon neoverse-n1:neon"
  if [ "$platform" = linux-x86-64 ]; then
    qemu=qemu-x86_64
    cpus="Conroe:none Nehalem:generic Denverton:generic Haswell:avx2"
  fi
  if ! command -v "$qemu" >/dev/null 2>&1; then
    not_tested "other CPUs of $platform: no $qemu (Debian: apt-get install qemu-user)"
  elif [ ! -e "target/classes/$platform/libtilewright.so" ]; then
    not_tested "$platform: the library was not built"
  else
    # shellcheck disable=SC2086
    emulate "$target" "$qemu" $cpus
  fi
done
