#!/bin/sh
# Runs tests of the Java and C kernels on an aarch64 JVM that qemu emulates, on a Linux machine with apt.
#
#   tests/aarch64.sh DIR [CLASS...]
#
# DIR receives Debian's aarch64 JDK and qemu, about 250 MB, unpacked and not installed; what is
# there already is used again. The tests must have been compiled: mvn test-compile. The C kernels are
# tested if the build could make them (native/build.sh); if not, it says so.
# QEMU_CPU: which processor (default: neoverse-n1). FIXTURES: part of the names of the small models
# to run (default: network).
# Exit codes: 0 passed, 1 a test failed or could not run, 77 the packages could not be had.
set -eu

suite=trixie # the first with a JDK 25

[ $# -ge 1 ] || {
  sed -n '2,13s/^# \{0,1\}//p' "$0" >&2
  exit 2
}
mkdir -p "$1"
dir=$(cd -- "$1" && pwd -P)
shift
here=$(cd -- "$(dirname -- "$0")" && pwd -P)
root=$dir/root
java=$root/usr/lib/jvm/java-25-openjdk-arm64/bin/java
qemu=$dir/qemu/usr/bin/qemu-aarch64

unavailable() {
  echo "aarch64: NOT TESTED: $*" >&2
  exit 77
}

# The Debian mirror that this machine's apt is set up for.
mirror() {
  # shellcheck disable=SC2016  # apt-get expands it
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1
}

# fetch ARCHITECTURE PACKAGE...: downloads into $state/debs, with an apt state of its own.
fetch() {
  state=$dir/apt-$1
  architecture=$1
  shift
  mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/debs" \
    "$state/etc/apt.conf.d" "$state/etc/preferences.d"
  : >"$state/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $from $suite main" >"$state/etc/sources.list"
  cat >"$state/apt.conf" <<END
APT::Architecture "$architecture";
APT::Architectures { "$architecture"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "$state";
Dir::State::lists "$state/lists";
Dir::State::status "$state/status";
Dir::Cache "$state/cache";
Dir::Etc "$state/etc";
END
  APT_CONFIG=$state/apt.conf apt-get -qq update || return 1
  (cd "$state/debs" && APT_CONFIG=$state/apt.conf apt-get -qq download "$@")
}

if [ ! -x "$java" ] || [ ! -x "$qemu" ]; then
  for tool in apt-get dpkg dpkg-deb; do
    command -v "$tool" >/dev/null || unavailable "no $tool on this machine"
  done
  from=$(mirror)
  [ -n "$from" ] || unavailable "apt is not set up for a Debian mirror"
  rm -rf "$dir"/apt-* "$root" "$dir/qemu"
  fetch "$(dpkg --print-architecture)" qemu-user || unavailable "qemu-user of $suite cannot be fetched"
  mkdir "$dir/qemu"
  dpkg-deb --fsys-tarfile "$state"/debs/*.deb | tar -x -C "$dir/qemu" ./usr/bin/qemu-aarch64
  fetch arm64 openjdk-25-jre-headless libc6 libgcc-s1 zlib1g libstdc++6 ||
    unavailable "openjdk-25-jre-headless of $suite cannot be fetched"
  mkdir -p "$root/usr/lib"
  ln -s usr/lib "$root/lib" # one merged /usr, as installed systems have
  for package in "$state"/debs/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink
  done
  rm -rf "$dir"/apt-*
  # Absolute links would lead out of the root.
  find "$root" -type l -lname '/*' | while IFS= read -r link; do
    to=$(readlink "$link")
    [ ! -e "$root$to" ] || ln -sfn "$(realpath -m --relative-to="$(dirname "$link")" "$root$to")" "$link"
  done
fi
[ -x "$qemu" ] || unavailable "the package has no $qemu"

class_path=$here/target/test-classes:$(cat "$here/target/classpath") || {
  echo "aarch64: compile the tests first: mvn test-compile" >&2
  exit 1
}
backends=vector
native=
if [ -e "$here/../native/target/classes/linux-aarch64/libtilewright.so" ]; then
  backends=vector,native
  native='dev.tilewright.cnative.NativeConvTest dev.tilewright.cnative.NativeOperatorsTest$Highest'
else
  echo "aarch64: NOT TESTED: the C kernels: native/build.sh has not built them for linux-aarch64" >&2
fi
if [ $# -eq 0 ]; then
  # shellcheck disable=SC2086
  set -- dev.tilewright.vector.VectorMachineTest dev.tilewright.conv.ConvConformanceTest \
    dev.tilewright.SmallModelsTest $native
fi
exec "$qemu" -cpu "${QEMU_CPU:-neoverse-n1}" -L "$root" "$java" \
  --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -XX:+UseSerialGC -Xshare:auto -Djava.awt.headless=true \
  -Dtilewright.vector.draws=1 -Dtilewright.test.bits=128 -Dtilewright.test.fma=true \
  -Dtilewright.test.backends=$backends -Dtilewright.test.quick=true -Dtilewright.test.every=3 \
  -Dtilewright.test.fixtures="${FIXTURES-network}" \
  -cp "$class_path" dev.tilewright.SelectedTests "$@"
