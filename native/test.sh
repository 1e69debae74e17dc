#!/bin/sh
# Builds the C tests with the address and undefined-behaviour sanitizers and runs them.
# Usage: sh test.sh OUTPUT_DIR [RANDOM_SHAPES [SEED]]. Environment: CC.
# Exit code 77: there is no compiler with sanitizers here.
set -eu
out=${1:?usage: test.sh OUTPUT_DIR [RANDOM_SHAPES [SEED]]}
shift
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")"

compiler=
for candidate in ${CC:-} cc gcc clang; do
  if command -v "$candidate" >/dev/null 2>&1; then compiler=$candidate; break; fi
done
# A null pointer is caught by the address sanitizer as well; its checks double the compile time.
sanitize="-fsanitize=address,undefined -fno-sanitize=null -fno-sanitize-recover=all"
echo 'int main(void) { return 0; }' >"$out/probe.c"
# shellcheck disable=SC2086
if [ -z "$compiler" ] || ! "$compiler" $sanitize "$out/probe.c" -o "$out/probe" 2>/dev/null \
    || ! "$out/probe" 2>/dev/null; then
  echo "tilewright: no C compiler with address and undefined sanitizers"
  exit 77
fi

machine=$("$compiler" -dumpmachine)
rm -f "$out"/*.o
pids=
for source in src/main/c/*.c src/test/c/conv_test.c; do
  flags=
  case $machine/$source in
    x86_64-*_avx512.c) flags="-mavx512f -mavx2 -mfma" ;;
    x86_64-*_avx2.c) flags="-mavx2 -mfma" ;;
    *_avx512.c | *_avx2.c) continue ;;
  esac
  # shellcheck disable=SC2086
  "$compiler" -std=c11 -D_POSIX_C_SOURCE=200809L -g1 -O1 -Wall -Wextra -Wshadow -Werror \
    -ffp-contract=fast -fno-math-errno $sanitize $flags -Isrc/main/c -c "$source" -o "$out/$(basename "$source" .c).o" &
  pids="$pids $!"
done
for pid in $pids; do wait "$pid"; done
# shellcheck disable=SC2086
"$compiler" $sanitize -o "$out/conv_test" "$out"/*.o -lm
exec "$out/conv_test" "$@"
