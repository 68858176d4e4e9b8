#!/bin/sh
# Runs a class of this image's Kafka: kafka-run-class.sh [-name NAME] [-loggc] CLASS [ARGUMENT]...
#
# Stands where Apache's script of the same name stands and takes the same variables: JAVA_HOME, CLASSPATH, LOG_DIR,
# JMX_PORT, KAFKA_JMX_OPTS, KAFKA_OPTS, KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_LOG4J_OPTS, KAFKA_GC_LOG_OPTS.
# The defaults are those of a short tool on a small machine; what runs long sets its own before it comes here.
set -eu

base=$(cd "$(dirname "$0")/.." && pwd)

while [ $# -gt 0 ]; do
  case $1 in
    -name) shift 2 ;;
    # Apache's would write the collector's log beside the image, which is read-only here. KAFKA_GC_LOG_OPTS still counts.
    -loggc) shift ;;
    -*) echo "kafka-run-class.sh: option $1 is not known in this image" >&2; exit 2 ;;
    *) break ;;
  esac
done
if [ $# -eq 0 ]; then
  echo "usage: kafka-run-class.sh [-name NAME] [-loggc] CLASS [ARGUMENT]..." >&2
  exit 2
fi

if [ -n "${JAVA_HOME:-}" ]; then java=$JAVA_HOME/bin/java; else java=java; fi

classpath=${CLASSPATH:-}
for jar in "$base"/libs/*.jar; do
  classpath=${classpath:+$classpath:}$jar
done

: "${KAFKA_HEAP_OPTS:=-Xmx128M}"
: "${KAFKA_JVM_PERFORMANCE_OPTS:=-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true}"
: "${KAFKA_LOG4J_OPTS:=-Dlog4j2.configurationFile=file:$base/config/tools-log4j2.yaml}"
: "${KAFKA_JMX_OPTS:=}"
if [ -n "${JMX_PORT:-}" ]; then
  KAFKA_JMX_OPTS="${KAFKA_JMX_OPTS:--Dcom.sun.management.jmxremote -Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false} -Dcom.sun.management.jmxremote.port=$JMX_PORT"
fi

# Classes as a broker had loaded them when the image was made. Java looks whether they still fit, and loads anew what does not.
archive=
if [ -r "$base/classes.jsa" ]; then archive="-XX:SharedArchiveFile=$base/classes.jsa -Xshare:auto -Xlog:cds=off -Xlog:cds+dynamic=off"; fi

# Unquoted on purpose: each of these holds several options.
# shellcheck disable=SC2086
exec "$java" $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS $archive ${KAFKA_GC_LOG_OPTS:-} $KAFKA_JMX_OPTS \
  "-Dkafka.logs.dir=${LOG_DIR:-/tmp}" $KAFKA_LOG4J_OPTS -cp "$classpath" ${KAFKA_OPTS:-} "$@"
