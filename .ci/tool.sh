#!/usr/bin/env bash
# Prints the path of a cargo-installed tool of an exact version, installing it first where it is missing. Tools live in the
# user's cache, so that every clone on this machine shares them.
#   .ci/tool.sh CRATE VERSION BINARY [PROFILE]
# A tool that has little to do is not worth the minutes of an optimised build: give it the profile dev.
set -euo pipefail
crate=$1 version=$2 binary=$3 profile=${4:-release}
root="${XDG_CACHE_HOME:-$HOME/.cache}/klamm/tools/$crate-$version"
if [ ! -x "$root/bin/$binary" ]; then
  echo "klamm: installing $crate $version (once)" >&2
  # A target folder of its own: the profile and features differ from the workspace's.
  export CARGO_TARGET_DIR="$root/build"
  # A tool runs for seconds: half of the optimiser's work is never earned back.
  export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
  # The lock file a tool ships with may name versions that have left the registry since.
  cargo install --locked --quiet --profile "$profile" --root "$root" "$crate@$version" >&2 ||
    cargo install --quiet --profile "$profile" --root "$root" "$crate@$version" >&2
  rm -rf "$root/build"
fi
echo "$root/bin/$binary"
