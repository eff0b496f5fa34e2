#!/usr/bin/env bash
# Help, and every way to mistype a command: one line, the name that was meant, the documented exit code.
source "$(dirname "$0")/common.sh"

expect 0 tilesmith --help
prints 'Exit codes'
expect 0 tilesmith --version
grep -qE '^tilesmith [0-9]+\.[0-9]+\.[0-9]+ \(' out || fail "no version"
for command in list space sweep verify query regenerate doctor db; do
  expect 0 tilesmith $command --help
  prints 'Example'
  [[ ! -s err ]] || fail "help of $command writes to stderr"
done

mistake 1 'which command?' tilesmith
mistake 1 "did you mean 'sweep'?" tilesmith sweeep
mistake 1 "did you mean '--budget'?" tilesmith sweep $kernel --bugdet 3
mistake 1 "did you mean 'hc_post'?" tilesmith sweep hc_pots --problem $problem
mistake 1 "did you mean 'decode-flash'?" tilesmith sweep $kernel --problem decode-flsh
mistake 1 "did you mean 'exhaustive'?" tilesmith sweep $kernel --strategy exaustive
mistake 1 "did you mean 'T_TILE'?" tilesmith verify $kernel --config T_TIEL=4
mistake 1 "did you mean 'json'?" tilesmith list --format jsn
mistake 1 'T_TILE' tilesmith verify $kernel --config T_TILE=four
for budget in 0 0s '' many -5 5parsecs; do
  mistake 1 'udget' tilesmith sweep $kernel "--budget=$budget"
done
[[ ! -e $db ]] || fail "a mistyped sweep created a database"

# Flag, then variable, then default.
TILESMITH_FORMAT=json expect 0 tilesmith list
[[ $(head -c 1 out) == '[' ]] || fail "TILESMITH_FORMAT is not heeded"
TILESMITH_FORMAT=json expect 0 tilesmith list --format csv
[[ $(head -c 6 out) == kernel ]] || fail "--format does not win over its variable"
TILESMITH_STRATEGY=exaustive mistake 1 "did you mean 'exhaustive'?" tilesmith sweep $kernel

# Results that cannot be written are not a success.
code=0
tilesmith list >/dev/full 2>err || code=$?
[[ $code == 1 ]] || fail "exit code $code after writing to a full disk"
says 'could not be written'

expect 0 tilesmith doctor --seconds 0.05 --format json
prints '"fingerprint"'
prints '"read_gbytes_per_s"'
mistake 1 'table or json' tilesmith doctor --format csv
expect 0 tilesmith list --format json
prints "\"kernel\": \"$kernel\""
