#!/bin/sh
# Compiles the C kernels into OUTPUT_DIR/<platform>/libtilewright.so, where <platform> is the name
# JNA gives it: for this machine, and for the other architecture if its compiler is here.
#
#   sh build.sh OUTPUT_DIR
#
# CC: the compiler (default: the first of cc, gcc, clang). CROSS_CC: the one for the other architecture
# (default: aarch64-linux-gnu-gcc or x86_64-linux-gnu-gcc), empty for none.
# Without a compiler it says so and succeeds: the native backend is optional. The same compiler makes
# the same bytes wherever the sources and OUTPUT_DIR are.
set -eu
export LC_ALL=C # the order of files is the order of linking
out=${1:?usage: build.sh OUTPUT_DIR}
case $out in /*) ;; *) out=$PWD/$out ;; esac
cd "$(dirname "$0")/src/main/c"
. ./flags.sh
processors=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

# build COMPILER: for the platform it compiles for.
build() {
  compiler=$1
  platform_of "$compiler"
  library=$out/$platform/libtilewright.so
  if [ -f "$library" ] && [ -z "$(find . ../../../build.sh -newer "$library")" ]; then
    return 0
  fi
  objects=$(mktemp -d)
  trap 'rm -rf "$objects"' EXIT
  # As many at a time as there are processors. Names without a path: none can get into an object.
  running=
  for source in *.c; do
    isa_flags "$platform" "$source" || continue
    # shellcheck disable=SC2086
    "$compiler" $release_flags $isa -c "$source" -o "$objects/${source%.c}.o" &
    running="$running $!"
    # shellcheck disable=SC2086
    set -- $running
    if [ $# -ge "$processors" ]; then
      wait "$1"
      shift
      running=$*
    fi
  done
  for process in $running; do wait "$process"; done
  mkdir -p "$out/$platform"
  "$compiler" -shared -Wl,--build-id=none -Wl,--as-needed -Wl,-z,defs -o "$library.new" "$objects"/*.o
  rm -rf "$objects"
  # Into place in one step: a process that has the old library mapped keeps it.
  mv "$library.new" "$library"
  echo "tilewright: built the native backend for $platform with $compiler"
}

find_compiler
if [ -z "$compiler" ]; then
  echo "tilewright: no C compiler found; building without the native backend, everything runs on the vector backend"
  exit 0
fi
platform_of "$compiler"
if [ -z "$platform" ]; then
  echo "tilewright: no native backend for $machine; everything runs on the vector backend"
  exit 0
fi
find_cross
build "$compiler"

if [ -z "$cross" ]; then
  echo "tilewright: NOT BUILT for $other: CROSS_CC is empty"
elif ! command -v "$cross" >/dev/null 2>&1; then
  echo "tilewright: NOT BUILT for $other: no $cross (Debian: apt-get install $cross_packages)"
elif ! echo '#include <string.h>' | "$cross" -E -x c - >/dev/null 2>&1; then
  echo "tilewright: NOT BUILT for $other: $cross has no C library (Debian: apt-get install $cross_packages)"
else
  build "$cross"
fi
