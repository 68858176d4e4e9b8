#!/bin/sh
# Shows and changes consumer groups: see kafka-consumer-groups.sh --help.
exec "$(dirname "$0")/kafka-run-class.sh" org.apache.kafka.tools.consumer.group.ConsumerGroupCommand "$@"
