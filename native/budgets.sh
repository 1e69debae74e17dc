#!/bin/sh
# Counts the instructions of every NEON kernel on small problems and compares them with the budgets in
# src/test/c/budgets.txt: exact on any machine, so a slower kernel shows without aarch64 hardware.
#
#   sh budgets.sh OUTPUT_DIR            fails if a kernel takes more than 2 % over its budget
#   sh budgets.sh OUTPUT_DIR --update   writes the counts down as the new budgets
#
# Environment: CC, CROSS_CC as for build.sh. Exit code 77: the tools are not here, or the compiler is
# not the one of the budgets; nothing was compared.
set -eu
out=${1:?usage: budgets.sh OUTPUT_DIR [--update]}
update=${2:-}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$(dirname "$0")"
. src/main/c/flags.sh

not_compared() {
  echo "tilewright: NOT COMPARED: instruction budgets: $*"
  exit 77
}

find_compiler
[ -n "$compiler" ] || not_compared "no C compiler"
platform_of "$compiler"
[ -n "$platform" ] || not_compared "no kernels for $machine"
plugin_compiler=$compiler
if [ "$platform" != linux-aarch64 ]; then
  find_cross
  compiler=$cross
  command -v "$compiler" >/dev/null 2>&1 ||
    not_compared "no compiler for linux-aarch64 (Debian: apt-get install $cross_packages)"
fi
# The dynamically linked one: a static qemu loads no plugins.
command -v qemu-aarch64 >/dev/null 2>&1 && qemu-aarch64 --help | grep -q -e '-plugin' ||
  not_compared "no qemu-aarch64 with plugins (Debian: apt-get install qemu-user)"
version="$(basename "$compiler") $("$compiler" -dumpversion | cut -d . -f 1)"

sh build.sh target/classes
library=target/classes/linux-aarch64
[ -e "$library/libtilewright.so" ] || not_compared "the library for linux-aarch64 was not built"
test_flags="$c_flags -D_POSIX_C_SOURCE=200809L -Isrc/main/c"
# shellcheck disable=SC2086
"$compiler" $test_flags -O1 src/test/c/count_test.c -o "$out/count_test" -L"$library" -ltilewright
sysroot=$(dirname "$(dirname "$(realpath "$("$compiler" -print-file-name=libc.so.6)")")")

emulated="qemu-aarch64 -cpu cortex-a53 -L $sysroot -E LD_LIBRARY_PATH=$library"
$emulated "$out/count_test" >/dev/null # fails here if it fails

# qemu up to 8 knows version 1 of its plugin interface, newer ones ask for 2 or more.
counted=
for plugin_version in 1 2 3 4 5 6; do
  # shellcheck disable=SC2086
  "$plugin_compiler" $test_flags -O1 -fPIC -shared -DPLUGIN_VERSION=$plugin_version \
    src/test/c/count_plugin.c -o "$out/count_plugin.so"
  if $emulated -plugin "$out/count_plugin.so" "$out/count_test" >"$out/counts" 2>"$out/errors"; then
    counted=yes
    break
  fi
done
[ -n "$counted" ] || not_compared "$(head -n 1 "$out/errors")"

if [ "$update" = --update ]; then
  {
    echo "# Instructions of each NEON kernel on the problems of count_test.c, as compiled by"
    echo "# $version"
    echo "# Columns: kernel, problem, instructions, instructions for four multiply-adds."
    awk '{ printf "%s %s %d %.2f\n", $1, $2, $4, $4 / $3 }' "$out/counts"
  } >src/test/c/budgets.txt
  echo "tilewright: wrote $(grep -vc '^#' src/test/c/budgets.txt) budgets"
  exit 0
fi
grep -qx "# $version" src/test/c/budgets.txt ||
  not_compared "they are for $(sed -n '2s/# //p' src/test/c/budgets.txt), this is $version"
awk '
  FNR == NR { if ($1 != "#") budget[$1 " " $2] = $3; next }
  {
    name = $1 " " $2
    seen[name] = 1
    if (!(name in budget)) { print name ": no budget"; bad = 1 }
    else if ($4 > 1.02 * budget[name]) {
      printf "%s: %d instructions, %.1f %% over the budget of %d\n", name, $4, 100 * $4 / budget[name] - 100, budget[name]
      bad = 1
    } else if ($4 < 0.98 * budget[name])
      printf "%s: %d instructions, %.1f %% below the budget; write it down\n", name, $4, 100 - 100 * $4 / budget[name]
  }
  END {
    for (name in budget) if (!(name in seen)) { print name ": has a budget and did not run"; bad = 1 }
    if (bad) print "tilewright: sh native/budgets.sh DIR --update writes the new counts down"
    else printf "tilewright: %d instruction budgets hold\n", length(seen)
    exit bad
  }' src/test/c/budgets.txt "$out/counts"
