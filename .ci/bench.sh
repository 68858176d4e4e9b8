#!/usr/bin/env bash
# The figures of BENCHMARKS.md, from a release build, with the machine they were measured on.
set -euo pipefail
cd "$(dirname "$0")/.."
echo "$(date -u +%F), $(nproc) cores, $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo), $(uname -sm), $(rustc --version | cut -d' ' -f1,2)"
# Some figures are taken in a browser.
end2end/install.sh
# Of the whole workspace: with the features of each crate by itself everything would be compiled again and again.
measure() { cargo bench --locked --workspace --bench "$1" | grep -P '\t'; }
measure figures
measure database
measure history
measure scrape
measure mover
