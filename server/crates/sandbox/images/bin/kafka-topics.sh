#!/bin/sh
# Lists, makes and changes topics: see kafka-topics.sh --help.
exec "$(dirname "$0")/kafka-run-class.sh" org.apache.kafka.tools.TopicCommand "$@"
