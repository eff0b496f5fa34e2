#!/usr/bin/env bash
# Sizes of spaces, and broken space files: one line with file, line number and remedy.
source "$(dirname "$0")/common.sh"

cat >good.toml <<'TOML'
kernel = "toy"
[tiles]
A_TILE = [1, 2, 4]
B_TILE = [1, 2, 4]
[default]
A_TILE = 1
B_TILE = 2
[constraints]
"small enough" = "A_TILE * B_TILE <= 8"
[[problem]]
name = "only"
N = 64
[[ragged]]
N = 7
TOML

expect 0 tilesmith space --file good.toml --format json
prints '"cartesian"'
grep -qE '"valid": *8\b' out || fail "not 8 valid configs"
grep -qE '"small enough": *1\b' out || fail "not 1 pruned config"
expect 0 tilesmith space --file good.toml
prints 'A_TILE=1|2|4'
prints 'small enough'
expect 0 tilesmith space $kernel --problem $problem --format csv
[[ $(wc -l <out) == 2 ]] || fail "one problem is not one row"

# broken TEXT SED-SCRIPT: the good file, edited, is refused with the text and a line number.
broken() {
  sed -E "$2" good.toml >bad.toml
  ! cmp -s good.toml bad.toml || fail "the edit '$2' changes nothing"
  mistake 1 "$1" tilesmith space --file bad.toml
  grep -qE 'bad\.toml(:[0-9]+)?: ' err || fail "no file in the message after '$2'"
}
broken 'A_TILE' 's/^A_TILE = \[.*/A_TILE = []/'
broken 'A_TILE' 's/^A_TILE = \[.*/A_TILE = [1, "two"]/'
broken 'bad.toml:7' 's/^B_TILE = 2/B_TILE 2/'
broken 'A_TIEL' 's/A_TILE \* B/A_TIEL * B/'
broken 'A_TILE' 's/^A_TILE = 1/A_TILE = 3/'
broken 'small enough' 's/<= 8/<= 1/'
broken 'default' '/^\[default\]/,/^B_TILE = 2/d'
broken 'ragged' '/ragged/,$d'
broken 'problem' '/^\[\[problem/,/^N = 64/d'
broken 'tilse' 's/^\[tiles\]/[tilse]/'
mistake 1 'missing.toml' tilesmith space --file missing.toml
mistake 1 "of kernel 'toy'" tilesmith sweep $kernel --space good.toml
