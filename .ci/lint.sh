#!/usr/bin/env bash
# Format, clippy in both worlds, dependency rules. Warnings are errors here and nowhere else.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf '\nklamm: %s\n' "$*"; }

say "format"
cargo fmt --all --check
say "clippy, server"
cargo clippy --locked --workspace --all-targets -- -D warnings
say "clippy, browser"
cargo clippy --locked -p klamm-app --lib --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings
say "dependencies"
# cargo-deny looks at crates of other platforms too, which no build here has fetched.
cargo fetch --locked --quiet
"$(.ci/tool.sh cargo-deny 0.20.2 cargo-deny dev)" --offline check bans licenses sources
say "no file longer than a sitting, no file with a name that says nothing"
long=$(git ls-files -co --exclude-standard '*.rs' | while read -r f; do
  [ -f "$f" ] && n=$(wc -l <"$f") && [ "$n" -gt 450 ] && echo "$n $f"
done || true)
[ -z "$long" ] || { echo "$long"; exit 1; }
if git ls-files -co --exclude-standard | grep -E '(^|/)(utils?|helpers?|common|misc)(\.[a-z]+|/)'; then exit 1; fi
say "control plane"
test -z "$(gofmt -l server/crates/sandbox/control-plane)"
say "lint passed"
