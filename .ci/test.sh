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
lap() {
  printf 'klamm: %s took %d s (load %s)\n' "$1" $((SECONDS - lap_began)) "$(cut -d' ' -f1 /proc/loadavg)" | tee -a "$logs/minutes"
  lap_began=$SECONDS
}
: >"$logs/minutes"
lap_began=$SECONDS

# Pages drawn by the tests of klamm-app; the journeys compare how they look.
pages=$PWD/target/pages
rm -rf "$pages"
mkdir -p "$pages"
cargo test --locked --workspace --no-run || exit 1
lap "building the tests"
KLAMM_PAGES_DIR=$pages cargo test --locked --workspace --no-fail-fast 2>&1 | tee "$logs/cargo.log"
cargo_status=${PIPESTATUS[0]}
add "$logs/cargo.log" '[0-9]+ passed;' '[0-9]+ failed;'
lap "cargo test"

# Everything that people and programs can ask, once more on the other database: the programs that were just built for the crates
# that keep something. `cargo test -p` would compile them with other features, which takes longer than the tests.
on_postgres() { # crate, its folder
  local program
  program=$(sed -n "s#.*Running unittests .* (\(.*/$1-[0-9a-f]*\))\$#\1#p" "$logs/cargo.log" | head -n 1)
  [ -n "$program" ] || { echo "klamm: no program with the tests of $1 in $logs/cargo.log" >&2; return 1; }
  program=$(realpath "$program")
  (cd "$2" && KLAMM_TEST_DATABASE=postgres "$program")
}
postgres_status=0
for crate in klamm_store:server/crates/store klamm_portal:server/crates/portal klamm:server; do
  on_postgres "${crate%%:*}" "${crate#*:}" || postgres_status=1
done >"$logs/postgres.log" 2>&1
cat "$logs/postgres.log"
add "$logs/postgres.log" '[0-9]+ passed;' '[0-9]+ failed;'
lap "the same on PostgreSQL"

# Pictures need no demo, which would take half of the machine from them.
end2end/run.sh --project pictures --workers 2 2>&1 | tee "$logs/pictures.log"
pictures_status=${PIPESTATUS[0]}
add "$logs/pictures.log" '^ *[0-9]+ (passed|flaky)' '^ *[0-9]+ failed'
lap "pictures"

if ! bring_up_demo "$logs" "${KLAMM_TEST_PORT:-3977}"; then
  echo "$passed passed, $((failed + 1)) failed"
  exit 1
fi
lap "the demo's start"
KLAMM_STATE="$state" KLAMM_URL="$url" end2end/run.sh --project journeys 2>&1 | tee "$logs/journeys.log"
journeys_status=${PIPESTATUS[0]}
add "$logs/journeys.log" '^ *[0-9]+ (passed|flaky)' '^ *[0-9]+ failed'
lap "journeys"

printf 'klamm: tests took %d s in all\n' $((SECONDS - began))
if [ "$cargo_status" -ne 0 ] || [ "$postgres_status" -ne 0 ] || [ "$pictures_status" -ne 0 ] || [ "$journeys_status" -ne 0 ]; then
  [ "$failed" -gt 0 ] || failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
