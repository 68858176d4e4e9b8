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

# archive_classes ROOTFS: what a broker has loaded and verified until it serves, kept for the next start of it, which is then
# done with half of the work. Java takes an archive only for the very paths it was made of, so this broker runs where brokers of
# the image will. Without an archive everything goes on as before, only slower.
archive_classes() {
  scratch=$(mktemp -d)
  cat >"$scratch/server.properties" <<'PROPERTIES'
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
controller.listener.names=CONTROLLER
listeners=BROKER://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093
listener.security.protocol.map=BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=BROKER
sasl.enabled.mechanisms=PLAIN
listener.name.broker.sasl.enabled.mechanisms=SCRAM-SHA-512,PLAIN
listener.name.broker.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.broker.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="a" user_a="a";
listener.name.controller.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="a" password="a" user_a="a";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:a
log.dirs=/tmp/logs
offsets.topic.replication.factor=1
PROPERTIES
  if ! bwrap --ro-bind / / --tmpfs /opt --bind "$1/opt/kafka" /opt/kafka --bind "$scratch" /tmp --dev /dev --proc /proc \
    --unshare-net --unshare-pid --die-with-parent /bin/sh -euc '
      cd /tmp
      export LOG_DIR=/tmp KAFKA_HEAP_OPTS=-Xmx256m
      /opt/kafka/bin/kafka-storage.sh format -t klammklammklammklamm00 -c server.properties
      export KAFKA_OPTS=-XX:ArchiveClassesAtExit=/opt/kafka/classes.jsa
      /opt/kafka/bin/kafka-server-start.sh server.properties >broker.log 2>&1 &
      tries=600
      until grep -q "Kafka Server started" broker.log; do
        tries=$((tries - 1))
        [ $tries -gt 0 ]
        sleep 0.1
      done
      kill $!
      wait $! || true
      test -s /opt/kafka/classes.jsa' >"$scratch/said" 2>&1 9>&-; then
    echo "images/build.sh: no archive of classes for $1, brokers of it will start more slowly" >&2
    tail -n 5 "$scratch/said" "$scratch/broker.log" >&2 || true
  fi
  rm -rf "$scratch"
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
  archive_classes "$unfinished/rootfs"
  echo "$sources_hash" >"$unfinished/.sources"
  put_in_place "$unfinished" "$image"
}

for version in "$@"; do
  build_kafka "$version"
done

# The shell image is empty: its programs are those of the host, which every container of the sandbox sees under /usr.
mkdir -p "$store/klamm.dev/shell/1/rootfs"
