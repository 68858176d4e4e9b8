#!/bin/sh
# Builds the control plane of the sandbox: control-plane/build.sh BINARY
#
# BINARY is built again only when one of the sources here has changed. Where KUBEBUILDER_ASSETS has every one of the
# programs, nothing is built at all.
set -eu

sources=$(cd "$(dirname "$0")" && pwd)
if [ $# -ne 1 ]; then
  echo "usage: control-plane/build.sh BINARY" >&2
  exit 2
fi
mkdir -p "$(dirname "$1")"
binary=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  missing=
  for program in etcd kube-apiserver kube-controller-manager kube-scheduler kubectl; do
    [ -x "$KUBEBUILDER_ASSETS/$program" ] || missing="$missing $program"
  done
  if [ -z "$missing" ]; then
    exit 0
  fi
  echo "control-plane/build.sh: $KUBEBUILDER_ASSETS is without$missing, so these come from the build" >&2
fi

# Two builds at once would only halve each other's speed.
exec 9>"$binary.lock"
flock 9

hash=$(cd "$sources" && cat build.sh go.mod go.sum main.go | sha256sum | cut -d' ' -f1)
if [ -x "$binary" ] && [ "$(cat "$binary.sources" 2>/dev/null)" = "$hash" ]; then
  exit 0
fi
if ! command -v go >/dev/null; then
  echo "control-plane/build.sh: Go is needed to build the control plane; run 'make setup'" >&2
  exit 1
fi

version=$(sed -n 's|^[[:space:]]*k8s.io/kubernetes \(v[0-9.]*\)$|\1|p' "$sources/go.mod")
echo "building Kubernetes $version: about five minutes the first time" >&2
# The version has to be linked in: without it the API server takes itself for 0.0.0 and refuses its own feature gates.
linked=k8s.io/component-base/version.gitVersion=$version
(cd "$sources" && CGO_ENABLED=0 go build -mod=readonly -trimpath -ldflags "-s -w -X $linked" -o "$binary.new" . 9>&-)
rm -f "$binary.sources"
mv "$binary.new" "$binary"
echo "$hash" >"$binary.sources"
