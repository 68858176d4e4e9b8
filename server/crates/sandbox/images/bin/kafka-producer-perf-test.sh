#!/bin/sh
# Measures a producer: see kafka-producer-perf-test.sh --help.
set -eu

# What is measured is the brokers, so this one tool gets room and the full compiler.
: "${KAFKA_HEAP_OPTS:=-Xmx512M}"
: "${KAFKA_JVM_PERFORMANCE_OPTS:=-XX:+UseSerialGC -Djava.awt.headless=true}"
export KAFKA_HEAP_OPTS KAFKA_JVM_PERFORMANCE_OPTS

exec "$(dirname "$0")/kafka-run-class.sh" org.apache.kafka.tools.ProducerPerformance "$@"
