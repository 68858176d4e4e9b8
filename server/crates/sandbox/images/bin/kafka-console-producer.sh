#!/bin/sh
# Sends each line of its input as a record: see kafka-console-producer.sh --help.
exec "$(dirname "$0")/kafka-run-class.sh" org.apache.kafka.tools.ConsoleProducer "$@"
