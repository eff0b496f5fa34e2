#!/usr/bin/env bash
# The generated header in a product: all three kernels through Dispatch at tuned, untuned and ragged
# shapes, against their goldens, with no tuner linked.
source "$(dirname "$0")/common.sh"
: "${TILESMITH_SOURCE_DIR:?the checkout}"

# Two configs of each: what they are worth does not matter here, that the header carries them does.
expect 0 tilesmith sweep hc_post expert_shared --problem decode-flash --budget 2 --quiet
expect 0 tilesmith sweep indexer_qr_rope --problem decode --budget 2 --quiet
expect 0 tilesmith regenerate --output tuned_kernels.h

readonly kernels=$TILESMITH_SOURCE_DIR/kernels
"${CXX:-g++}" -std=c++20 -O2 -march=native -ffp-contract=off -fopenmp -I "$TILESMITH_SOURCE_DIR" -I . \
  "$TILESMITH_SOURCE_DIR"/tests/system/dispatch.cc \
  "$kernels"/{expert_shared,hc_post,indexer_qr_rope}/*_golden.cc "$kernels"/golden/rounding.cc -o product
expect 0 ./product
[[ $(grep -c ' exact ok$' out) == 3 ]] || fail "not three exact matches"
[[ $(grep -c ' ok$' out) == 10 ]] || fail "not ten right shapes"
! grep -q ' none ' out || fail "a shape was left without tiles"
