#!/bin/sh
# Records what a broker's exporter and its Jolokia agent say: record.sh IMAGE RULES OUT
#
# IMAGE is a folder of the sandbox's images (…/klamm.dev/kafka/<version>/rootfs/opt/kafka), RULES a configuration of the
# JMX exporter. OUT gets the export, OUT.json what Jolokia answers. The broker stands alone, has a topic with a name of
# dots, a producer, a consumer, a client with a quota, a user with one, and somebody who asks as clients did in 2015.
set -eu

image=$1
rules=$2
out=$3
at=127.0.0.77
folder=$(mktemp -d)
broker=
end() {
  if [ -n "$broker" ]; then kill -9 "$broker" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap end EXIT INT TERM

login="org.apache.kafka.common.security.plain.PlainLoginModule required"
cat >"$folder/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=$at:19093
controller.listener.names=CONTROLLER
listeners=CONTROLLER://$at:19093,PLAIN://$at:19092,USERS://$at:19094
advertised.listeners=PLAIN://$at:19092,USERS://$at:19094
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,USERS:SASL_PLAINTEXT
inter.broker.listener.name=PLAIN
listener.name.users.sasl.enabled.mechanisms=PLAIN
listener.name.users.plain.sasl.jaas.config=$login user_alice="alice";
log.dirs=$folder/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
log.cleaner.dedupe.buffer.size=8388608
END
cat >"$folder/alice.properties" <<END
security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=$login username="alice" password="alice";
client.id=alice's
END
echo "client.id=limited" >"$folder/limited.properties"

export LOG_DIR="$folder" KAFKA_HEAP_OPTS="-Xmx256m"
"$image/bin/kafka-storage.sh" format --standalone --cluster-id AAAAAAAAAAAAAAAAAAAAAA --config "$folder/server.properties" >/dev/null
KAFKA_OPTS="-javaagent:$image/agents/jmx_prometheus_javaagent.jar=$at:19779:$rules -javaagent:$image/agents/jolokia-agent-jvm-javaagent.jar=host=$at,port=18778" \
  "$image/bin/kafka-server-start.sh" "$folder/server.properties" >"$folder/log" 2>&1 &
broker=$!
tool() {
  name=$1
  shift
  timeout 60 "$image/bin/$name.sh" "$@" >>"$folder/tools" 2>&1 || { tail -5 "$folder/tools" >&2; }
}
tries=0
until python3 -c "import socket; socket.create_connection(('$at', 19092), 1)" 2>/dev/null; do
  tries=$((tries + 1))
  [ "$tries" -lt 90 ] || { tail -20 "$folder/log" >&2; exit 1; }
  sleep 1
done
tool kafka-topics --bootstrap-server "$at:19092" --create --topic payments.orders-v1 --partitions 2 --replication-factor 1
tool kafka-configs --bootstrap-server "$at:19092" --alter --add-config producer_byte_rate=100000 --entity-type clients --entity-name limited
tool kafka-configs --bootstrap-server "$at:19092" --alter --add-config producer_byte_rate=100000,consumer_byte_rate=100000,request_percentage=50 --entity-type users --entity-name alice
produce() {
  config=$1
  port=$2
  tool kafka-producer-perf-test --topic payments.orders-v1 --num-records 500 --record-size 100 --throughput 100 \
    --producer-props "bootstrap.servers=$at:$port" --producer.config "$folder/$config.properties"
}
produce limited 19092 &
limited=$!
produce alice 19094
wait "$limited"
timeout 60 "$image/bin/kafka-console-consumer.sh" --bootstrap-server "$at:19094" --topic payments.orders-v1 --group readers --from-beginning \
  --consumer.config "$folder/alice.properties" >>"$folder/tools" 2>&1 &
consumer=$!
# ListOffsets in version 0 and ApiVersions in version 0, by hand: size, api key, api version, correlation, client id, body.
python3 - "$at" <<'END'
import socket, struct, sys
for key, body in ((2, struct.pack('>ii', -1, 0)), (18, b''), (3, struct.pack('>i', 0))):
    head = struct.pack('>hhih', key, 0, 7, 3) + b'old'
    try:
        with socket.create_connection((sys.argv[1], 19092), 5) as broker:
            broker.settimeout(5)
            broker.sendall(struct.pack('>i', len(head + body)) + head + body)
            broker.recv(64)
    except OSError:
        pass
END
sleep 6
curl -sf "http://$at:19779/metrics" >"$out"
curl -sf --data "@$(dirname "$0")/jolokia-question.json" "http://$at:18778/jolokia/" >"$out.json" || true
kill "$consumer" 2>/dev/null || true
