#!/usr/bin/env bash
# kill -9 in the middle of a sweep loses at most the config under way, and Ctrl-C none at all.
source "$(dirname "$0")/common.sh"

count() { ask 'SELECT count(*) FROM trial'; }
at_least() { (($(count || echo 0) >= $1)); }

# A process group of its own, as a shell gives a job.
start_sweep() {
  setsid "$TILESMITH" sweep $kernel --problem prefill-flash --budget "$1" >swept 2>log &
  pid=$!
}

start_sweep 40
wait_until 60 at_least 3
kill -KILL -- "-$pid"
code=0
wait "$pid" 2>/dev/null || code=$?
[[ $code == 137 ]] || fail "exit code $code after kill -9"
expect 0 tilesmith db verify
prints sound
before=$(count)
oldest=$(ask 'SELECT max(id) FROM trial')
echo "killed after $before configs"

# What was stored is told, not run again: the old rows keep their ids.
expect 0 tilesmith sweep $kernel --problem prefill-flash --budget $((before + 2)) --format json
grep -qE '"tried": *2\b' out || fail "not exactly the 2 new configs were run"
grep -qE "\"known\": *$before\b" out || fail "not all $before stored configs were known"
[[ $(ask "SELECT count(*) FROM trial WHERE id <= $oldest") == "$before" ]] || fail "rows were replaced"
[[ $(ask "SELECT count(*) FROM session WHERE state = 'running'") == 0 ]] || fail "a dead session runs"
[[ $(ask "SELECT count(*) FROM session WHERE state = 'interrupted'") == 1 ]] || fail "no interrupted one"

start_sweep 60
started=$(count)
wait_until 60 at_least $((started + 1))
begin=$(date +%s%N)
kill -INT "$pid"
code=0
wait "$pid" || code=$?
took=$((($(date +%s%N) - begin) / 1000000))
[[ $code == 130 ]] || fail "exit code $code after Ctrl-C"
((took <= 1000)) || fail "Ctrl-C took $took ms"
grep -q 'interrupted' log || fail "nothing said of the interruption"
[[ $(ask "SELECT count(*) FROM session WHERE state = 'interrupted'") == 2 ]] || fail "session not ended"
expect 0 tilesmith db verify
! pgrep -g "$pid" >/dev/null || fail "children are left"
