#!/usr/bin/env bash
# The way most people go: sweep, query, regenerate, and the check that guards the committed header.
source "$(dirname "$0")/common.sh"

mistake 1 /nonexistent tilesmith sweep $kernel --problem $problem --compiler /nonexistent
[[ ! -e $db ]] || fail "a sweep without a compiler created a database"

# Nothing passes because nothing compiles: a row each, an empty answer.
expect 5 tilesmith sweep $kernel --problem $problem --budget 2 --compile-limit 0.001 --db none.db
says 'compile_timeout'
# The default itself fails the gate, here for want of memory.
expect 2 tilesmith sweep $kernel --problem $problem --budget 1 --memory-limit 1 --db poor.db
says "repeat: $TILESMITH verify $kernel"
# As it stands, with a space, flags and a limit of its own, it does repeat the failure.
sed "s/^name = \"$problem\"/name = \"own\"/" \
  "$TILESMITH_SOURCE_DIR/search_spaces/$kernel.toml" >own.toml
expect 2 tilesmith sweep $kernel --problem own --space own.toml --budget 1 --memory-limit 1 \
  --cxxflags '-O2 -DWORDS="a b"' --db poor.db
repro=$(sed -n 's/.*repeat: //p' err)
expect 2 bash -c "$repro"
prints crashed
expect 0 bash -c "${repro/--memory-limit 1/}"

expect 0 tilesmith sweep $kernel --problem $problem --budget 4 --dry-run
prints '0 known, 4 to run'
[[ ! -e $db ]] || fail "a dry run created a database"

expect 0 tilesmith sweep $kernel --problem $problem --budget 4
prints "$kernel"
says '4/4'
[[ $(ask 'SELECT count(*) FROM trials') == 4 ]] || fail "not 4 trials"
expect 0 tilesmith sweep $kernel --problem $problem --budget 4 --dry-run
prints '4 known, 0 to run'
newest=$(ask 'SELECT max(id) || max(created_at) FROM trials')
expect 0 tilesmith sweep $kernel --problem $problem --budget 4 --format json --quiet
[[ ! -s err ]] || fail "--quiet is not"
grep -qE '"tried": *0\b' out || fail "known configs were run again"
[[ $(ask 'SELECT max(id) || max(created_at) FROM trials') == "$newest" ]] || fail "rows were replaced"
expect 0 tilesmith sweep $kernel --problem $problem --budget 2 --fresh --quiet --format csv
grep -qE "^kernel,problem,config,status,verdict,median_ns,default_median_ns,speedup" out ||
  fail "the documented columns are not there"
[[ $(ask 'SELECT max(id) || max(created_at) FROM trials') != "$newest" ]] || fail "--fresh is not"

expect 0 tilesmith query --kernel $kernel --top 2
[[ -s out ]] || fail "no rows"
expect 0 tilesmith query --where 'T_TILE >= 1 AND median_ns < 1e12' --format json
prints "\"$problem\""
mistake 5 'nothing matches' tilesmith query --where 'T_TILE > 100000'
mistake 5 'no rows' tilesmith query --sql 'SELECT 1 WHERE 0'
mistake 1 "'median_ns'" tilesmith query --where 'median_n < 5'
mistake 1 "'$kernel'" tilesmith query --kernel hc_pots
mistake 1 "'wrong'" tilesmith query --status wrnog
mistake 1 'SELECT' tilesmith query --sql 'DELETE FROM trial'
mistake 1 "did you mean 'config'?" tilesmith query --sql 'SELECT cnfig FROM trials'
mistake 1 'excludes' tilesmith query --sql 'SELECT 1' --kernel $kernel
[[ $(ask 'SELECT count(*) FROM trials') == 4 ]] || fail "--sql may delete"

mistake 4 'tuned_kernels.h' tilesmith regenerate --check
expect 0 tilesmith regenerate
header=results/tuned_kernels.h
[[ -s $header ]] || fail "no header"
cp $header first.h
expect 0 tilesmith regenerate
cmp $header first.h || fail "the same evidence gave other bytes"
expect 0 tilesmith regenerate --check
expect 0 tilesmith regenerate --output -
cmp out first.h || fail "stdout got something else"
# A tile of the tuned problem changed by hand.
sed -i -E 's/(Tiles kDecodeFlash = .*\.T_TILE = )[0-9]+/\17/' $header
! cmp -s $header first.h || fail "the edit changes nothing"
expect 4 tilesmith regenerate --check
prints "$header"
prints 'T_TILE=7'
[[ $(wc -l <err) == 1 ]] || fail "not one line on stderr"
cp first.h $header
expect 0 tilesmith regenerate --check

expect 0 tilesmith verify $kernel --problem $problem --config T_TILE=1
prints '1 config, 1 problem, 2 seeds'
prints '0 failed'

# A database without selections has nothing to say, and says so.
echo '{"tilesmith_export": 1, "tables": []}' >nothing.json
expect 0 tilesmith db import nothing.json --db empty.db
mistake 5 empty.db tilesmith regenerate --db empty.db
mistake 5 'nothing matches' tilesmith query --db empty.db
