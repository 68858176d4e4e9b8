#!/usr/bin/env bash
# The long matrices: every sandbox test again and again, because what fails once in ten runs fails on somebody's machine.
# Results go to a dated file, a line a run.
set -uo pipefail
cd "$(dirname "$0")/.."
runs=${KLAMM_SOAK_RUNS:-10}
mkdir -p target/soak
report="target/soak/$(date -u +%F-%H%M).txt"
echo "$(date -u +%FT%TZ) $(nproc) cores, $(git rev-parse --short HEAD), $runs runs" | tee "$report"
failed=0
for run in $(seq "$runs"); do
  if cargo test --locked -p klamm --test sandbox >"target/soak/run.log" 2>&1; then
    outcome=passed
  else
    outcome=failed
    failed=$((failed + 1))
    cp target/soak/run.log "target/soak/$(basename "$report" .txt)-run-$run.log"
  fi
  echo "run $run: $outcome: $(grep -E '^test result' target/soak/run.log | tail -n 1)" | tee -a "$report"
done
# Once: what takes minutes each time and finds the same every time.
if cargo test --locked -p klamm --test sandbox -- --ignored --test-threads 1 >"target/soak/large.log" 2>&1; then
  outcome=passed
else
  outcome=failed
  failed=$((failed + 1))
  cp target/soak/large.log "target/soak/$(basename "$report" .txt)-large.log"
fi
echo "large: $outcome: $(grep -E '^test result' target/soak/large.log | tail -n 1)" | tee -a "$report"
if .ci/fuzz.sh >"target/soak/fuzz.log" 2>&1; then
  outcome=passed
else
  outcome=failed
  failed=$((failed + 1))
fi
echo "fuzz: $outcome: $(tail -n 1 target/soak/fuzz.log)" | tee -a "$report"
echo "$((runs + 2 - failed)) passed, $failed failed" | tee -a "$report"
[ "$failed" -eq 0 ]
