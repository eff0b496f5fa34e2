#!/usr/bin/env bash
# Databases that are missing, corrupt, of a newer version, locked or read-only: one line that names the
# file, and never a changed file.
source "$(dirname "$0")/common.sh"

for command in query regenerate 'db verify' 'db vacuum' 'db export'; do
  # shellcheck disable=SC2086
  mistake 1 missing.db tilesmith $command --db missing.db
  [[ ! -e missing.db ]] || fail "'$command' created a database"
done
mistake 1 missing.db tilesmith db merge missing.db --db merged.db
[[ ! -e merged.db ]] || fail "'db merge' created a database"

head -c 100000 /dev/urandom >corrupt.db
cp corrupt.db before
for command in query regenerate 'db verify' 'db vacuum' "sweep $kernel --problem $problem --budget 1"; do
  # shellcheck disable=SC2086
  expect 1 tilesmith $command --db corrupt.db
  says corrupt.db
done
cmp -s corrupt.db before || fail "a corrupt database was changed"

expect 0 tilesmith sweep $kernel --problem $problem --budget 2 --quiet --db good.db
expect 0 tilesmith db verify --db good.db
prints sound

# The file format keeps user_version, big-endian, in bytes 60 to 63.
cp good.db newer.db
printf '\x00\x00\x03\xe7' | dd of=newer.db bs=1 seek=60 conv=notrunc status=none
mistake 1 newer tilesmith query --db newer.db
mistake 1 newer tilesmith db merge good.db newer.db --db merged.db
[[ ! -e merged.db ]] || fail "'db merge' of a newer database left an empty one"
mistake 1 newer tilesmith sweep $kernel --problem $problem --budget 2 --quiet --db newer.db

# A page in the middle overwritten.
cp good.db torn.db
dd if=/dev/urandom of=torn.db bs=4096 seek=3 count=2 conv=notrunc status=none
expect 1 tilesmith db verify --db torn.db
says torn.db

printf 'not a database' >text.db
expect 1 tilesmith query --db text.db
says text.db

# Reading works without the right to write; writing says so. Root may write anywhere.
chmod a-w good.db
if [[ ! -w good.db ]]; then
  expect 0 tilesmith query --db good.db
  mistake 1 good.db tilesmith sweep $kernel --problem $problem --budget 3 --quiet --db good.db
fi
chmod u+w good.db
mistake 1 /proc/ tilesmith sweep $kernel --problem $problem --budget 1 --quiet --db /proc/none/my.db

if command -v sqlite3 >/dev/null; then
  mkfifo hold
  sqlite3 good.db <hold >/dev/null 2>&1 &
  exec 3>hold
  echo 'BEGIN EXCLUSIVE; CREATE TABLE held (x);' >&3
  wait_until 10 bash -c '! sqlite3 -cmd ".timeout 0" good.db "BEGIN IMMEDIATE; ROLLBACK;"'
  mistake 1 good.db tilesmith sweep $kernel --problem $problem --budget 3 --quiet --db good.db
  echo 'ROLLBACK;' >&3
  exec 3>&-
  wait
fi

# Carrying results from one to another, both ways, loses nothing.
expect 0 tilesmith db export --db good.db --output good.json
expect 0 tilesmith db import good.json --db imported.db
expect 0 tilesmith db merge good.db --db merged.db
for copy in imported.db merged.db; do
  expect 0 tilesmith db verify --db $copy
  for form in good.db $copy; do
    tilesmith query --db $form --format csv \
      --sql 'SELECT kernel, problem, config, status, median_ns FROM trials ORDER BY config' >$form.csv
  done
  cmp good.db.csv $copy.csv || fail "$copy differs"
done
expect 0 tilesmith db vacuum --db merged.db
expect 1 tilesmith db import good.db --db other.db
mistake 1 good.db tilesmith db import good.db --db other.db
