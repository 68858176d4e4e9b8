#!/bin/sh
# Starts a broker or controller in the foreground: kafka-server-start.sh SERVER.PROPERTIES [--override NAME=VALUE]...
set -eu

base=$(cd "$(dirname "$0")/.." && pwd)
if [ $# -eq 0 ]; then
  echo "usage: kafka-server-start.sh SERVER.PROPERTIES [--override NAME=VALUE]..." >&2
  exit 1
fi

# The serial collector and the quick compiler alone, because several brokers share a machine of few cores and live for minutes.
: "${KAFKA_HEAP_OPTS:=-Xmx256M -Xms256M}"
: "${KAFKA_JVM_PERFORMANCE_OPTS:=-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true}"
: "${KAFKA_LOG4J_OPTS:=-Dlog4j2.configurationFile=file:$base/config/log4j2.yaml}"
export KAFKA_HEAP_OPTS KAFKA_JVM_PERFORMANCE_OPTS KAFKA_LOG4J_OPTS

exec "$base/bin/kafka-run-class.sh" -name kafkaServer -loggc kafka.Kafka "$@"
