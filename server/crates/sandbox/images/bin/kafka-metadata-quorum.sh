#!/bin/sh
# Shows and changes the quorum of controllers: see kafka-metadata-quorum.sh --help.
exec "$(dirname "$0")/kafka-run-class.sh" org.apache.kafka.tools.MetadataQuorumCommand "$@"
