#!/usr/bin/env bash
# Installs tilesmith to a fresh prefix and uses it from there as another project would: configure,
# build, list, sweep, regenerate, and compile the generated header into a product without the tuner.
set -euo pipefail

readonly work=$PWD/consumer prefix=$PWD/consumer/prefix
rm -rf "$work"
mkdir -p "$work"
cp -r "$TILESMITH_SOURCE_DIR/tests/consumer" "$work/scale"

fail() {
  echo "consumer_test: $1" >&2
  exit 1
}

lines=$(cat "$work"/scale/scale.{h,cc,toml} | wc -l)
((lines <= 40)) || fail "a kernel of one input and one output takes $lines lines, not <= 40"

"$CMAKE" --install "$TILESMITH_BUILD_DIR" --prefix "$prefix" >/dev/null
# Everything but the prefix is out of reach: a path of the checkout left in the package would show.
! grep -rF "$TILESMITH_SOURCE_DIR/" "$prefix"/lib*/cmake || fail "the package names its checkout"

"$CMAKE" -S "$work/scale" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$CXX" >/dev/null
! grep -E -- '-W(all|extra|error|shadow)' "$work/build/compile_commands.json" ||
  fail "a consumer inherits our warnings"
"$CMAKE" --build "$work/build"

cd "$work/build"
./scale list >list.txt
grep -q scale list.txt || fail "its kernel is not listed: $(cat list.txt)"
! grep -q hc_post list.txt || fail "our kernels are listed among its own"
./scale sweep scale --budget 3 --db "$work/scale.db"
./scale query --kernel scale --db "$work/scale.db" --format csv >trials.csv
grep -q 'N_TILE=' trials.csv || fail "the sweep kept no trial: $(cat trials.csv)"
./scale regenerate --db "$work/scale.db" --output tuned_kernels.h
./scale regenerate --db "$work/scale.db" --output tuned_kernels.h --check
grep -q 'namespace tuned::scale ' tuned_kernels.h || fail "the header lacks its kernel: $(cat tuned_kernels.h)"

cat >product.cc <<'END'
#include "scale.h"
#include "tuned_kernels.h"

int main() {
  static float x[65536], y[65536];
  x[65535] = 21;
  const ScaleArgs args{x, y, 65536};
  tuned::scale::Dispatch({.N = 65536}, [&]<auto kTiles> { Scale<kTiles>(args); });
  return y[65535] == 42 ? 0 : 1;
}
END
"$CXX" -std=c++20 -I. -I"$work/scale" product.cc -o product
./product || fail "the product computes something else with the tuned tiles"
