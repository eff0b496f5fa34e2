# shellcheck shell=bash disable=SC2034
# Sourced by the scripts here: a fresh folder with a database and a variant cache of its own, and the
# words expectations are written in. Needs $TILESMITH, the program under test.
set -euo pipefail
: "${TILESMITH:?the program under test}"

# The caller's own settings must not leak in.
for variable in $(compgen -e TILESMITH_); do
  case $variable in
    TILESMITH_SOURCE_DIR | TILESMITH_BUILD_DIR | TILESMITH_COMPILER_LAUNCHER) ;;
    *) unset "$variable" ;;
  esac
done

here=$(mktemp -d)
trap 'chmod -R u+w "$here"; rm -rf "$here"' EXIT
cd "$here"
mkdir search_spaces results
export XDG_CACHE_HOME=$here/cache
readonly db=results/tilesmith.db

# The smallest real question there is.
readonly kernel=hc_post problem=decode-flash

tilesmith() { "$TILESMITH" "$@"; }

fail() {
  echo "$(basename "$0"): line ${BASH_LINENO[1]}: $*" >&2
  [[ ! -s $here/out ]] || sed 's/^/  stdout: /' "$here/out" >&2
  [[ ! -s $here/err ]] || sed 's/^/  stderr: /' "$here/err" >&2
  exit 1
}

# expect CODE COMMAND…: runs it, keeps what it writes in out and err, and wants this exit code.
expect() {
  local want=$1 code=0
  shift
  "$@" >"$here/out" 2>"$here/err" || code=$?
  [[ $code == "$want" ]] || fail "exit code $code, not $want, of: $*"
}

# mistake CODE TEXT COMMAND…: one line on stderr with the text in it.
mistake() {
  local code=$1 text=$2
  shift 2
  expect "$code" "$@"
  grep -qF -- "$text" "$here/err" || fail "stderr lacks '$text' after: $*"
  [[ $(wc -l <"$here/err") == 1 ]] || fail "not one line on stderr after: $*"
  grep -q '^tilesmith: ' "$here/err" || fail "stderr does not say who speaks after: $*"
}

prints() { grep -qF -- "$1" "$here/out" || fail "stdout lacks '$1'"; }
says() { grep -qF -- "$1" "$here/err" || fail "stderr lacks '$1'"; }

# The first cell of a SELECT.
ask() { tilesmith query --db "$db" --format csv --sql "$1" 2>"$here/err" | sed -n 2p | tr -d '\r'; }

# wait_until SECONDS COMMAND…: until it succeeds.
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" 2>/dev/null; do
    ((SECONDS < end)) || fail "still not: $*"
    sleep 0.05
  done
}
