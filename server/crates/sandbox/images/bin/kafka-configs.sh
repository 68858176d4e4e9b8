#!/bin/sh
# Shows and changes settings: see kafka-configs.sh --help.
exec "$(dirname "$0")/kafka-run-class.sh" kafka.admin.ConfigCommand "$@"
