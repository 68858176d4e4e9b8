#!/bin/sh
# Starts one node of a Kafka cluster: composes its properties, formats its storage once, and becomes the broker.
#
# Secrets come from files, are composed in memory (/run/klamm is an emptyDir of medium Memory) and never become an
# argument of a process. Everything here may be cut off at any line and started again.
set -eu
umask 077

config=/opt/klamm/config
identity=/opt/klamm/identity
run=/run/klamm
data=/var/lib/kafka/data
logs=$data/kafka

# As the first process of a container a shell ignores SIGTERM unless it says otherwise.
trap 'exit 143' TERM INT

say() { echo "klamm: $*" >&2; }
fail() { say "$*"; exit 1; }

admin_password=$(cat /opt/klamm/admin/password)
broker_password=$(cat /opt/klamm/credentials/broker-password)
controller_password=$(cat /opt/klamm/credentials/controller-password)
cluster_id=$(cat "$identity/cluster-id")

# The operator writes the zone of the node on the pod once it is bound. If nobody does, the last known one is right
# far more often than none; a node that never had one waits, because replicas would be placed without regard to zones.
rack=
if [ "$RACK_AWARE" = true ]; then
  waited=0
  while [ ! -s /opt/klamm/pod/rack ]; do
    if [ -s "$data/klamm-rack" ] && [ "$waited" -ge 15 ]; then break; fi
    if [ $((waited % 30)) -eq 0 ]; then say "waiting for the operator to write the zone of this node on the pod"; fi
    sleep 1
    waited=$((waited + 1))
  done
  if [ -s /opt/klamm/pod/rack ]; then
    cat /opt/klamm/pod/rack >"$data/klamm-rack.new"
    mv "$data/klamm-rack.new" "$data/klamm-rack"
  fi
  rack=$(cat "$data/klamm-rack")
  # What the operator writes for a node without a zone.
  if [ "$rack" = - ]; then rack=; fi
fi

in_address() {
  case $1 in
    *:*) echo "[$1]" ;;
    *) echo "$1" ;;
  esac
}
address=$(in_address "$POD_IP")
host=$(in_address "${HOST_IP:-}")

# Composed anew at every start: the address of the pod changes. NODE_PORTS is a list such as "OUTSIDE=31092 PARTNERS=31093".
values="s|@NODE_ID@|$NODE_ID|g;s|@ADDRESS@|$address|g;s|@POD_NAME@|$POD_NAME|g;s|@HOST_IP@|$host|g"
for pair in ${NODE_PORTS:-}; do
  values="$values;s|@NODE_PORT_${pair%%=*}@|${pair#*=}|g"
done
sed -e "$values" "$config/server.properties" >"$run/server.properties"
if [ -n "$rack" ]; then echo "broker.rack=$rack" >>"$run/server.properties"; fi
scram=org.apache.kafka.common.security.scram.ScramLoginModule
plain=org.apache.kafka.common.security.plain.PlainLoginModule
cat >>"$run/server.properties" <<END
listener.name.internal.scram-sha-512.sasl.jaas.config=$scram required username="klamm-broker" password="$broker_password";
listener.name.controller.plain.sasl.jaas.config=$plain required username="klamm-controller" password="$controller_password" user_klamm-controller="$controller_password";
END
cat >"$run/admin.properties" <<END
security.protocol=SASL_PLAINTEXT
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=$scram required username="klamm-admin" password="$admin_password";
END

if [ -f "$logs/meta.properties" ]; then
  # A volume of another cluster would silently become a cluster of its own.
  grep -qx "cluster.id=$cluster_id" "$logs/meta.properties" ||
    fail "this volume belongs to another cluster: $(grep '^cluster.id=' "$logs/meta.properties"), not $cluster_id"
  grep -qx "node.id=$NODE_ID" "$logs/meta.properties" ||
    fail "this volume belongs to another node: $(grep '^node.id=' "$logs/meta.properties"), not $NODE_ID"
else
  mkdir -p "$logs"
  {
    printf '%s\n' --ignore-formatted --config "$run/server.properties" --cluster-id "$cluster_id"
    # A founder that lost its volume must not come back under its old directory id: it would vote without remembering
    # what it had voted for. It joins as a stranger instead.
    if [ "$FOUNDER" = true ] && [ "$(cat "$identity/formed")" != true ]; then
      printf '%s\n' --initial-controllers "$(cat "$identity/initial-controllers")"
      printf '%s\n' --add-scram "SCRAM-SHA-512=[name=klamm-admin,password=$admin_password]"
      printf '%s\n' --add-scram "SCRAM-SHA-512=[name=klamm-broker,password=$broker_password]"
      if [ -s "$identity/release-version" ]; then
        printf '%s\n' --release-version "$(cat "$identity/release-version")"
      fi
    else
      printf '%s\n' --no-initial-controllers
    fi
  } >"$run/format.arguments"
  /opt/kafka/bin/kafka-storage.sh format "@$run/format.arguments"
  rm -f "$run/format.arguments"
fi

export KAFKA_OPTS="-XX:+ExitOnOutOfMemoryError -Djava.net.preferIPv6Addresses=system \
-javaagent:/opt/kafka/agents/jmx_prometheus_javaagent.jar=$address:$EXPORTER_PORT:$config/jmx-exporter.yaml \
-javaagent:/opt/kafka/agents/jolokia-agent-jvm-javaagent.jar=host=$POD_IP,port=$JOLOKIA_PORT,policyLocation=file:$config/jolokia-access.xml \
${JVM_OPTIONS:-}"
exec /opt/kafka/bin/kafka-server-start.sh "$run/server.properties"
