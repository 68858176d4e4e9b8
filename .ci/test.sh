#!/usr/bin/env bash
# Every test, headless, on the real parts: Rust tests (pure, store, sandbox), then the journeys in a real browser through
# a demo that is brought up for them. Ends with one line that counts them all.
set -uo pipefail
cd "$(dirname "$0")/.."
source .ci/demo.sh
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

# Pages drawn by the tests of klamm-app; the journeys compare how they look.
pages=$PWD/target/pages
rm -rf "$pages"
mkdir -p "$pages"
KLAMM_PAGES_DIR=$pages cargo test --locked --workspace --no-fail-fast 2>&1 | tee "$logs/cargo.log"
cargo_status=${PIPESTATUS[0]}
add "$logs/cargo.log" '[0-9]+ passed;' '[0-9]+ failed;'
lap "cargo test"

# Everything that people and programs can ask, once more on the other database. Of the whole workspace, because a part of it
# would be compiled with other features, which takes longer than the tests that need no database.
KLAMM_TEST_DATABASE=postgres cargo test --locked --no-fail-fast --workspace --lib --bins 2>&1 | tee "$logs/postgres.log"
postgres_status=${PIPESTATUS[0]}
add "$logs/postgres.log" '[0-9]+ passed;' '[0-9]+ failed;'
lap "the same on PostgreSQL"

if ! bring_up_demo "$logs" "${KLAMM_TEST_PORT:-3977}"; then
  echo "$passed passed, $((failed + 1)) failed"
  exit 1
fi
lap "the demo's start"
KLAMM_STATE="$state" KLAMM_URL="$url" end2end/run.sh 2>&1 | tee "$logs/journeys.log"
journeys_status=${PIPESTATUS[0]}
add "$logs/journeys.log" '^ *[0-9]+ (passed|flaky)' '^ *[0-9]+ failed'
lap "journeys"

printf 'klamm: tests took %d s in all\n' $((SECONDS - began))
if [ "$cargo_status" -ne 0 ] || [ "$postgres_status" -ne 0 ] || [ "$journeys_status" -ne 0 ]; then
  [ "$failed" -gt 0 ] || failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
