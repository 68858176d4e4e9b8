#!/usr/bin/env bash
# The figures of BENCHMARKS.md, from a release build, with the machine they were measured on.
set -euo pipefail
cd "$(dirname "$0")/.."
echo "$(date -u +%F), $(nproc) cores, $(awk '/MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo), $(uname -sm), $(rustc --version | cut -d' ' -f1,2)"
cargo bench --locked -p klamm --bench figures | grep -P '\t'
cargo bench --locked -p klamm-portal --bench database | grep -P '\t'
cargo bench --locked -p klamm-monitor --bench history | grep -P '\t'
cargo bench --locked -p klamm-monitor --bench scrape | grep -P '\t'
cargo bench --locked -p klamm-planner --bench mover | grep -P '\t'
