#!/bin/sh
# Compiles the C kernels into OUTPUT_DIR/<platform>/libtilewright.so, where <platform> is the name
# JNA gives it. Usage: sh build.sh OUTPUT_DIR. Environment: CC.
# Without a compiler it says so and succeeds: the native backend is optional.
set -eu
out=${1:?usage: build.sh OUTPUT_DIR}
case $out in /*) ;; *) out=$PWD/$out ;; esac
cd "$(dirname "$0")/src/main/c"

compiler=
for candidate in ${CC:-} cc gcc clang; do
  if command -v "$candidate" >/dev/null 2>&1; then compiler=$candidate; break; fi
done
if [ -z "$compiler" ]; then
  echo "tilewright: no C compiler found; building without the native backend, everything runs on the vector backend"
  exit 0
fi

machine=$("$compiler" -dumpmachine)
case $machine in
  x86_64-*linux*) platform=linux-x86-64 baseline=-march=x86-64-v2 ;;
  aarch64-*linux*) platform=linux-aarch64 baseline= ;;
  *)
    echo "tilewright: no native backend for $machine; everything runs on the vector backend"
    exit 0 ;;
esac

library=$out/$platform/libtilewright.so
if [ -f "$library" ] && [ -z "$(find . ../../../build.sh -newer "$library" -type f)" ]; then
  exit 0
fi

objects=$(mktemp -d)
trap 'rm -rf "$objects"' EXIT
for source in *.c; do
  # The suffix names the instruction set; everything else is for the oldest CPU of the platform.
  case $source in
    *_avx512.c) [ "$platform" = linux-x86-64 ] || continue; flags="-mavx512f -mavx2 -mfma" ;;
    *_avx2.c) [ "$platform" = linux-x86-64 ] || continue; flags="-mavx2 -mfma" ;;
    *) flags=$baseline ;;
  esac
  # -ffp-contract=fast lets a*b+c of the generic vectors be one instruction where there is one,
  # -fno-math-errno a square root.
  # shellcheck disable=SC2086
  "$compiler" -std=c11 -O3 -fPIC -fvisibility=hidden -Wall -Wextra -Wshadow -Werror \
    -ffp-contract=fast -fno-math-errno -ffile-prefix-map="$PWD"=. $flags -c "$source" -o "$objects/${source%.c}.o"
done
mkdir -p "$out/$platform"
"$compiler" -shared -Wl,--build-id=none -o "$library.new" "$objects"/*.o
# Into place in one step: a process that has the old library mapped keeps it.
mv "$library.new" "$library"
