#!/bin/sh
# Lists and changes who may do what: see kafka-acls.sh --help.
exec "$(dirname "$0")/kafka-run-class.sh" org.apache.kafka.tools.AclCommand "$@"
