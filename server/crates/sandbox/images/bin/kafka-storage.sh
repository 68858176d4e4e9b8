#!/bin/sh
# Formats a broker's storage: see kafka-storage.sh --help.
exec "$(dirname "$0")/kafka-run-class.sh" kafka.tools.StorageTool "$@"
