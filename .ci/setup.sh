#!/usr/bin/env bash
# Checks what building and running Klamm needs, and installs what is missing: Debian packages through apt where root or
# sudo is there, else it prints the exact command. Quick when nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

needed=()
want() { command -v "$2" >/dev/null 2>&1 || needed+=("$1"); }
want bubblewrap bwrap
want cmake cmake
want build-essential g++
want pkg-config pkg-config
want chromium chromium
want maven mvn
want npm npm
want openjdk-17-jre-headless java
[ -e /usr/include/x86_64-linux-gnu/curl/curl.h ] || [ -e /usr/include/curl/curl.h ] ||
  [ -e "/usr/include/$(uname -m)-linux-gnu/curl/curl.h" ] || needed+=(libcurl4-openssl-dev)
# For the tests' outside client: librdkafka signs in with SCRAM only when it has OpenSSL.
[ -e /usr/include/openssl/ssl.h ] || needed+=(libssl-dev)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || needed+=(postgresql)

if [ ${#needed[@]} -gt 0 ]; then
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "klamm: install what these Debian packages bring, then try again: ${needed[*]}" >&2
    exit 1
  fi
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
      as_root=(sudo)
    else
      echo "klamm: run this, then try again:  sudo apt-get install -y ${needed[*]}" >&2
      exit 1
    fi
  fi
  echo "klamm: installing ${needed[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${needed[@]}" >/dev/null
fi

go_version() { go env GOVERSION 2>/dev/null | sed 's/^go//'; }
if ! command -v go >/dev/null 2>&1; then
  echo "klamm: Go 1.26 or newer is needed for the sandbox's control plane: https://go.dev/dl/" >&2
  exit 1
fi
if [ "$(printf '%s\n1.26\n' "$(go_version)" | sort -V | head -n 1)" != 1.26 ]; then
  echo "klamm: Go $(go_version) is too old; the sandbox's control plane needs 1.26 or newer: https://go.dev/dl/" >&2
  exit 1
fi
node_major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
if [ "$node_major" -lt 20 ]; then
  echo "klamm: Node.js $(node --version) is too old; 20 or newer is needed: https://nodejs.org/" >&2
  exit 1
fi

if ! command -v cargo >/dev/null 2>&1; then
  echo "klamm: Rust is needed: https://rustup.rs (the version is pinned in rust-toolchain.toml)" >&2
  exit 1
fi
toolchain=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
if command -v rustup >/dev/null 2>&1; then
  rustup toolchain list | grep -q "^$toolchain-" ||
    rustup toolchain install "$toolchain" --profile minimal --component clippy,rustfmt --no-self-update
  if ! rustup target list --toolchain "$toolchain" --installed | grep -qx wasm32-unknown-unknown; then
    rustup target add --toolchain "$toolchain" wasm32-unknown-unknown
  fi
  for component in clippy rustfmt; do
    rustup component list --toolchain "$toolchain" --installed | grep -q "^$component" ||
      rustup component add --toolchain "$toolchain" "$component"
  done
fi
