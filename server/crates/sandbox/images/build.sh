#!/bin/sh
# Lays out the images of the sandbox: images/build.sh STORE KAFKA_VERSION...
#
# An image of the sandbox is a folder, STORE/<name>/<tag>/rootfs, laid out like the root of the container image of that
# name. An image that is there and made of the same sources is left alone; a new one appears in one step.
set -eu

sources=$(cd "$(dirname "$0")" && pwd)
if [ $# -lt 2 ]; then
  echo "usage: images/build.sh STORE KAFKA_VERSION..." >&2
  exit 2
fi
store=$1
shift

mkdir -p "$store"
store=$(cd "$store" && pwd)
# Two builds at once would take each other's unfinished folders for left-overs.
exec 9>"$store/.lock"
flock 9

# Hash of everything an image is made of, except its version, which is its tag.
sources_hash=$(cd "$sources" && cat build.sh pom.xml bin/*.sh config/*.yaml | sha256sum | cut -d' ' -f1)

# put_in_place UNFINISHED IMAGE: the old folder is put aside until the next build, because brokers may run from it.
put_in_place() {
  if [ -e "$2" ]; then
    mv "$2" "$1.old"
  fi
  mv "$1" "$2"
}

build_kafka() {
  version=$1
  case $version in
    *[!0-9A-Za-z.-]* | .* | '') echo "images/build.sh: '$version' is not a Kafka version" >&2; exit 2 ;;
  esac
  image=$store/klamm.dev/kafka/$version
  if [ "$(cat "$image/.sources" 2>/dev/null)" = "$sources_hash" ]; then
    return
  fi
  if ! command -v mvn >/dev/null; then
    echo "images/build.sh: Maven is needed to fetch Kafka $version; run 'make setup'" >&2
    exit 1
  fi
  echo "fetching Kafka $version" >&2
  mkdir -p "$store/klamm.dev/kafka" "$store/.unfinished"
  unfinished=$store/.unfinished/kafka-$version
  rm -rf "$unfinished" "$unfinished.old"
  kafka=$unfinished/rootfs/opt/kafka
  mkdir -p "$kafka/bin" "$kafka/config"
  mvn --quiet --batch-mode --no-transfer-progress --file "$sources/pom.xml" \
    "-Dkafka.version=$version" "-Dimage.folder=$kafka" package 9>&-
  rm -rf "$kafka/.maven"
  cp "$sources"/bin/*.sh "$kafka/bin/"
  cp "$sources"/config/*.yaml "$kafka/config/"
  chmod 755 "$kafka"/bin/*.sh
  echo "$sources_hash" >"$unfinished/.sources"
  put_in_place "$unfinished" "$image"
}

for version in "$@"; do
  build_kafka "$version"
done

# The shell image is empty: its programs are those of the host, which every container of the sandbox sees under /usr.
mkdir -p "$store/klamm.dev/shell/1/rootfs"
