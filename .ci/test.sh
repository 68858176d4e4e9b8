#!/usr/bin/env bash
# Every test, headless, on the real parts: Rust tests (pure, store, sandbox), then the journeys in a real browser through
# a demo that is brought up for them. Ends with one line that counts them all.
set -uo pipefail
cd "$(dirname "$0")/.."
logs=target/test-logs
mkdir -p "$logs"
began=$SECONDS
failed=0
passed=0

count() { # file, extended regexp with the number in front of the word
  grep -oE "$2" "$1" | grep -oE '[0-9]+' | awk '{ sum += $1 } END { print sum + 0 }'
}
add() { # file, what passed, what failed
  local p f
  p=$(count "$1" "$2"); f=$(count "$1" "$3")
  passed=$((passed + ${p:-0})); failed=$((failed + ${f:-0}))
}
lap() { printf 'klamm: %s took %d s\n' "$1" $((SECONDS - lap_began)) | tee -a "$logs/minutes"; lap_began=$SECONDS; }
: >"$logs/minutes"
lap_began=$SECONDS

cargo test --locked --workspace --no-fail-fast 2>&1 | tee "$logs/cargo.log"
cargo_status=${PIPESTATUS[0]}
add "$logs/cargo.log" '[0-9]+ passed;' '[0-9]+ failed;'
lap "cargo test"

state=$(mktemp -d "${TMPDIR:-/tmp}/klamm-journeys.XXXXXX")
port=${KLAMM_TEST_PORT:-3977}
target/debug/klamm sandbox up --demo --state "$state" --port "$port" >"$logs/demo.log" 2>&1 &
demo=$!
end_demo() {
  kill -INT "$demo" 2>/dev/null
  wait "$demo" 2>/dev/null
  cp -r "$state/logs" "$logs/demo-logs" 2>/dev/null
  rm -rf "$state"
}
trap end_demo EXIT
deadline=$((SECONDS + 300))
until grep -q '^klamm: ready at' "$logs/demo.log"; do
  if ! kill -0 "$demo" 2>/dev/null || [ $SECONDS -gt $deadline ]; then
    echo "klamm: the demo did not become ready; its last words:" >&2
    tail -n 40 "$logs/demo.log" >&2
    echo "$passed passed, $((failed + 1)) failed"
    exit 1
  fi
  read -rt 1 <> <(:) || true
done
lap "the demo's start"
KLAMM_STATE="$state" KLAMM_URL="http://127.0.0.1:$port" end2end/run.sh 2>&1 | tee "$logs/journeys.log"
journeys_status=${PIPESTATUS[0]}
add "$logs/journeys.log" '^ *[0-9]+ passed' '^ *[0-9]+ failed'
lap "journeys"

printf 'klamm: tests took %d s in all\n' $((SECONDS - began))
if [ "$cargo_status" -ne 0 ] || [ "$journeys_status" -ne 0 ]; then
  [ "$failed" -gt 0 ] || failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
