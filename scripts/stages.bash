# Sourced by quickstart, test and .ci/run: names each stage and says how long it took.

# shellcheck disable=SC2034  # the scripts that source this say the total
readonly started=$SECONDS
stage_name=""
stage_begin=0

# stage NAME COMMAND…: runs the command; the script ends at the first one that fails. The command is no
# operand of || or if, for there bash would not stop a function at its first failing line.
stage() {
  stage_name=$1
  stage_begin=$SECONDS
  shift
  echo "== $stage_name"
  "$@"
  echo "== $stage_name: $((SECONDS - stage_begin)) s"
  stage_name=""
}

report_failed_stage() {
  [[ -z "$stage_name" ]] || echo "== $stage_name: FAILED after $((SECONDS - stage_begin)) s" >&2
}
trap report_failed_stage EXIT

# quietly COMMAND…: shows the output only when the command fails.
quietly() {
  local output status=0
  output=$("$@" 2>&1) || status=$?
  ((status == 0)) || printf '%s\n' "$output" >&2
  return "$status"
}
