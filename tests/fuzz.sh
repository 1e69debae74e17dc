#!/bin/bash
# Fuzzes the reader, the importer with its passes, shape inference, and sessions, with Jazzer.
#
#   tests/fuzz.sh DIR [SECONDS [TARGET...]]
#
# DIR receives what was found: DIR/corpus grows and is used again, DIR/TARGET.log tells, DIR/broken
# holds inputs that broke a promise of docs/reliability.md as the models they stand for. Two targets
# run at once, for 60 seconds each unless told otherwise. The tests must have been compiled: mvn
# test-compile.
# Exit codes: 0 nothing broke, 1 something did, or a target could not run.
set -euo pipefail

[ $# -ge 1 ] || {
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 2
}
mkdir -p "$1"
dir=$(cd -- "$1" && pwd -P)
seconds=${2:-60}
shift $(($# < 2 ? $# : 2))
here=$(cd -- "$(dirname -- "$0")" && pwd -P)
[ $# -gt 0 ] || set -- Session Importer Reader Shape # the slowest first
models=$here/src/test/resources/fuzz/models

class_path=$here/target/test-classes:$(cat "$here/target/classpath") || {
  echo "fuzz: compile the tests first: mvn test-compile" >&2
  exit 1
}
# The JDK that the launcher finds.
java_home=$(TILEWRIGHT_JAVA_OPTS=-XshowSettings:properties "$here/../tilewright" --version 2>&1 |
  sed -n 's/^ *java.home = //p')
[ -n "$java_home" ] || {
  "$here/../tilewright" --version >&2 # which says why
  exit 1
}
java=("$java_home/bin/java")
# Jazzer 0.30 loads its agent itself and uses sun.misc.Unsafe. A small heap: a model must not be able
# to fill it, whatever it claims.
java+=(-Xmx256m -XX:+UseSerialGC -XX:+EnableDynamicAgentLoading --sun-misc-unsafe-memory-access=allow
  --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -cp "$class_path")

fuzz() {
  local target=$1 corpus=$dir/corpus/$1 what=models
  [ "$target" != Shape ] || what=operators
  mkdir -p "$corpus" "$dir/found/$target"
  "${java[@]}" dev.tilewright.fuzz.Seeds "$corpus" $what
  [ $what = operators ] || cp "$models"/* "$corpus"
  # The loops of portable kernels are left as they are: instrumented they take a hundred times as
  # long, and the two seconds that a model may spend on its constants became a hang.
  cd "$dir/found/$target" # where Jazzer writes what reproduces a crash
  "${java[@]}" com.code_intelligence.jazzer.Jazzer --target_class=dev.tilewright.fuzz."${target}Fuzz" \
    --instrumentation_includes='dev.tilewright.**' --instrumentation_excludes='dev.tilewright.fuzz.**:dev.tilewright.op.**' \
    -seed=1 -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="$dir/found/$target/" "$corpus"
}

status=0
wait_for() { # process, target
  if wait "$1"; then
    echo "fuzz: $2: $(grep -E '^stat::number_of_executed_units' "$dir/$2.log" | grep -oE '[0-9]+') inputs, nothing broke"
    return
  fi
  status=1
  echo "fuzz: $2 BROKE, all of it is in $dir/$2.log" >&2
  grep -A 25 -E '== Java Exception|ERROR: libFuzzer' "$dir/$2.log" >&2 || tail -n 25 "$dir/$2.log" >&2
  local inputs=("$dir/found/$2"/{crash,timeout,oom}-*)
  for input in "${inputs[@]}"; do
    [ -e "$input" ] || continue
    mkdir -p "$dir/broken"
    "${java[@]}" dev.tilewright.fuzz.Inputs "$input" "$dir/broken"
    echo "fuzz: the model is $dir/broken/${input##*/}; once mended, keep it in $models" >&2
  done
}

while [ $# -gt 0 ]; do
  fuzz "$1" >"$dir/$1.log" 2>&1 &
  first=$!
  if [ $# -gt 1 ]; then
    fuzz "$2" >"$dir/$2.log" 2>&1 &
    second=$!
    wait_for "$first" "$1"
    wait_for "$second" "$2"
    shift 2
  else
    wait_for "$first" "$1"
    shift
  fi
done
exit $status
