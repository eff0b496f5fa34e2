# Sourced by quickstart, test and .ci/run: names each stage and says how long it took.

# shellcheck disable=SC2034  # the scripts that source this say the total
readonly started=$SECONDS

# stage NAME COMMAND…: runs the command; the script ends at the first one that fails.
stage() {
  local name=$1 begin=$SECONDS
  shift
  echo "== $name"
  "$@" || {
    local status=$?
    echo "== $name: FAILED after $((SECONDS - begin)) s" >&2
    exit "$status"
  }
  echo "== $name: $((SECONDS - begin)) s"
}

# quietly COMMAND…: shows the output only when the command fails.
quietly() {
  local output status=0
  output=$("$@" 2>&1) || status=$?
  ((status == 0)) || printf '%s\n' "$output" >&2
  return "$status"
}
