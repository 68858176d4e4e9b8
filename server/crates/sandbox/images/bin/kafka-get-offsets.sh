#!/bin/sh
# Prints offsets of partitions: see kafka-get-offsets.sh --help.
exec "$(dirname "$0")/kafka-run-class.sh" org.apache.kafka.tools.GetOffsetShell "$@"
