#!/usr/bin/env bash
# Operations on real clusters at length: every sandbox test that takes too long for `make test`, every test of operations, chaos from
# a seed, and the API asked whatever it allows. Each test is a process of its own with a time limit, so that one that fails or hangs
# does not hide the others. What came of each is a line of a table: target/soak/<time>/table.md, and docs/soak.md when all of them ran.
#   KLAMM_SOAK_SEED     where chance begins (default: the time); the table says which it was
#   KLAMM_SOAK_MINUTES  how long chaos goes on asking for things (default 20; with less, docs/soak.md stays as it is)
#   KLAMM_SOAK_ONLY     only tests whose names match this regular expression (docs/soak.md stays as it is)
#   KLAMM_SOAK_LIMIT    seconds that a test may take, chaos its minutes beside, and the one of all versions twice (default 1500)
#   KLAMM_SOAK_RUNS     besides, all sandbox tests of `make test` this many times: what fails once in ten runs fails on somebody's
#                       machine (default 0)
#   KLAMM_SOAK_AT_ONCE  how many tests run beside each other; chaos runs alone (default 2)
#   KLAMM_CARGO         what to call in place of cargo
set -uo pipefail
cd "$(dirname "$0")/.."
cargo=${KLAMM_CARGO:-cargo}
export KLAMM_SOAK_SEED=${KLAMM_SOAK_SEED:-$(date +%s)} KLAMM_SOAK_MINUTES=${KLAMM_SOAK_MINUTES:-20}
only=${KLAMM_SOAK_ONLY:-}
limit=${KLAMM_SOAK_LIMIT:-1500}
runs=${KLAMM_SOAK_RUNS:-0}
at_once=${KLAMM_SOAK_AT_ONCE:-2}
minutes=20

folder=$PWD/target/soak/$(date -u +%F-%H%M)
table=$folder/table.md
mkdir -p "$folder/rows"

# Of the whole workspace, as `make test` builds it: with the features of one crate everything would be compiled once more.
sandbox_tests() { "$cargo" test --locked --workspace --test sandbox "$@"; }
listed() { sandbox_tests -- --list --format terse "$@" | sed -n 's/: test$//p'; }

# facts LOG WORD: the rest of every line that a test told the table under this word (klamm_testkit::soak).
facts() { sed -n "s/^.*soak: $2 //p" "$1"; }

# joined SEPARATOR: the lines of the input, one behind the other.
joined() { awk -v separator="$1" 'NR > 1 { printf "%s", separator } { printf "%s", $0 }'; }

# row NUMBER SCENARIO WHAT OUTCOME SECONDS LOG: what came of something, under the number of its row.
row() {
  local number=$1
  shift
  local records worst
  # What was acknowledged and read of all loads of a test, and of all that watched the one that saw the worst.
  records=$(facts "$5" load | awk '{ a += $1; r += $3 } END { if (NR) printf "%d / %d", a, r }')
  worst=$(facts "$5" watched | awk '
    $2 == "of" { margin = $1 - $6; if (!found || margin < least) { least = margin; found = 1; text = $1 " of " $3 " (min " $6 ")" } }
    END { print text }')
  printf '| %s | %s | %s | %d:%02d | %s | %s |\n' "$1" "$2" "$3" $(($4 / 60)) $(($4 % 60)) "${records:-–}" "${worst:-–}" >"$folder/rows/$(printf %03d "$number")"
  printf '%-7s %4d s  %s\n' "$3" "$4" "$1"
}

# How many rows there are that passed, and that did not.
passed() { cat "$folder"/rows/* | grep -c '| passed |'; }
failed() { cat "$folder"/rows/* | grep -vc '| passed |'; }

# scenario NUMBER NAME: one test in a process of its own.
scenario() {
  local number=$1 name=$2 log scratch began seconds outcome status may what
  log="$folder/${name//::/.}.log"
  # Folders of sandboxes outlive the process that made them; here they are found, and their logs kept where something failed.
  scratch=$(mktemp -d "${TMPDIR:-/tmp}/klamm-soak.XXXXXX")
  may=$limit
  case $name in
    *::chaos::*) may=$((limit + KLAMM_SOAK_MINUTES * 60)) ;;
    *::versions::*) may=$((limit * 2)) ;;
  esac
  began=$SECONDS
  TMPDIR=$scratch timeout --kill-after=60 "$may" \
    "$cargo" test --locked --workspace --test sandbox -- --include-ignored --exact "$name" --nocapture >"$log" 2>&1
  status=$?
  seconds=$((SECONDS - began))
  if [ $status -eq 0 ] && grep -q '^test result: ok. 1 passed' "$log"; then
    outcome=passed
  elif [ $status -eq 124 ] || [ $status -eq 137 ]; then
    outcome="hung"
  else
    outcome=failed
  fi
  ended "$scratch"
  if [ "$outcome" != passed ]; then
    mkdir -p "$folder/${name//::/.}.logs"
    cp -r "$scratch"/*/logs "$scratch"/*/up.log "$folder/${name//::/.}.logs" 2>/dev/null
  fi
  rm -rf "$scratch"
  what=$(facts "$log" sum | joined '; ')
  # Names of tests are sentences.
  [ -n "$what" ] || what=$(tr '_' ' ' <<<"${name##*::}")
  row "$number" "$(sed 's/::[^:]*$//; s/::/ · /g; s/_/ /g' <<<"$name")" "$what" "$outcome" "$seconds" "$log"
}

# ended SCRATCH: waits until the sandbox of a test, which ends with it, has ended, and ends it where it does not.
ended() {
  local deadline=$((SECONDS + 60))
  while pgrep -f -- "--state $1/" >/dev/null && [ $SECONDS -lt $deadline ]; do
    read -rt 1 <> <(:) || true
  done
  pgrep -f -- "--state $1/" | xargs -r kill -KILL
}

# step NUMBER NAME WHAT COMMAND...: something else that belongs to the table.
step() {
  local number=$1 name=$2 what=$3 log began outcome
  shift 3
  log="$folder/${name// /-}.log"
  began=$SECONDS
  if "$@" >"$log" 2>&1; then outcome=passed; else outcome=failed; fi
  row "$number" "$name" "$what" "$outcome" $((SECONDS - began)) "$log"
}

write_table() {
  local commit machine versions chaos
  commit=$(git rev-parse --short HEAD)
  # The table itself is not what was tried.
  [ -z "$(git status --porcelain -- . ':!docs/soak.md')" ] || commit="$commit with changes that are not committed"
  machine="$(nproc) cores ($(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)), $(awk '/^MemTotal/ { printf "%d GiB", $2 / 1048576 + 0.5 }' /proc/meminfo)"
  versions=$(ls target/sandbox/images/klamm.dev/kafka 2>/dev/null | sort -V | joined ', ')
  # Only what was made from a seed has one.
  chaos=$(cat "$folder"/*.log | sed -n 's/^.*soak: seed //p' | sort -u | joined ', ')
  chaos=${chaos:+"seed $chaos, $KLAMM_SOAK_MINUTES minutes"}
  cat >"$table" <<TABLE
# What the long tests found

Written by \`make soak\` ([.ci/soak.sh](../.ci/soak.sh)): every long test on a real API server and real brokers, each in a process of
its own. Under most of them an idempotent producer with \`acks=all\` writes, consumers look for every acknowledged record, and a watcher
that shares no code with the planner looks at every partition and the quorum twice a second.

| | |
|---|---|
| date | $started |
| commit | $commit |
| machine | $machine |
| images of Kafka | $versions |
| chaos | ${chaos:-none} |
| outcome | $(passed) passed, $(failed) not |

Records: acknowledged to the producer / read in the end. Worst: the fewest in-sync replicas that ran of any partition with more
than one, and how many it must have; where it is fewer than those, an announced fault took them, or the test did on purpose.

| scenario | what happened | outcome | min:s | records | worst |
|---|---|---|---|---|---|
$(cat "$folder"/rows/*)
TABLE
}

started="$(date -u '+%F %H:%M') UTC"
echo "klamm: soak with seed $KLAMM_SOAK_SEED; logs are in $folder"
# Built before anything is timed.
if ! sandbox_tests --no-run; then
  exit 1
fi
names=$( { listed --ignored; listed operations::; } | awk '!seen[$0]++')
[ -z "$only" ] || names=$(grep -E -- "$only" <<<"$names")
if [ -z "$names" ]; then
  echo "klamm: there is no test to run" >&2
  exit 1
fi
number=0
later=""
for name in $names; do
  number=$((number + 1))
  case $name in
    *::chaos::*)
      later="$later $number:$name"
      continue
      ;;
  esac
  while [ "$(jobs -rp | wc -l)" -ge "$at_once" ]; do
    wait -n
  done
  scenario "$number" "$name" &
done
wait
for one in $later; do
  scenario "${one%%:*}" "${one#*:}"
done
if [ -z "$only" ]; then
  for run in $(seq "$runs"); do
    step $((number += 1)) "sandbox tests $run of $runs" "all of make test's, two at a time" sandbox_tests
  done
  step $((number += 1)) "journeys" "in a browser, with axe on every page in both themes and both widths" .ci/looks.sh
  step $((number += 1)) "HTTP API" "asked whatever its description allows, and much that it does not" .ci/fuzz.sh
fi
write_table
if [ -z "$only" ] && [ "$KLAMM_SOAK_MINUTES" -ge "$minutes" ]; then
  cp "$table" docs/soak.md
  echo "klamm: the table is in docs/soak.md"
else
  echo "klamm: the table is in $table"
fi
echo "$(passed) passed, $(failed) failed"
[ "$(failed)" -eq 0 ]
