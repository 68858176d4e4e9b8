#!/bin/sh
# Says what each broker understands: see kafka-broker-api-versions.sh --help.
exec "$(dirname "$0")/kafka-run-class.sh" org.apache.kafka.tools.BrokerApiVersionsCommand "$@"
