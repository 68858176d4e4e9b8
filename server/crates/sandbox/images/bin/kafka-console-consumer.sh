#!/bin/sh
# Prints records: see kafka-console-consumer.sh --help.
exec "$(dirname "$0")/kafka-run-class.sh" org.apache.kafka.tools.consumer.ConsoleConsumer "$@"
