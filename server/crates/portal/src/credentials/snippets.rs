//! What to write into which client, with the real addresses. Pure. Names and passwords are ours: letters, digits and few
//! signs; whatever else came in is written so that it stays text.

use klamm_model::Namespace;
use klamm_resources::{
    Access, TopicGrant,
    injection::{ANNOTATION_CONSUMES, ANNOTATION_PRODUCES},
    sasl_jaas_config,
};
use serde_json::json;
use std::{collections::BTreeMap, fmt::Write as _};
use zeroize::Zeroizing;

/// What snippets are made of.
pub(super) struct About<'a> {
    pub(super) username: &'a str,
    pub(super) password: &'a str,
    pub(super) servers: &'a str,
    pub(super) protocol: &'a str,
    pub(super) secret: &'a str,
    pub(super) namespace: &'a Namespace,
    pub(super) grants: &'a [TopicGrant],
}

impl About<'_> {
    pub(super) fn all(&self) -> BTreeMap<&'static str, Zeroizing<String>> {
        [
            ("java", self.java()),
            ("spring", self.spring()),
            ("librdkafka", self.librdkafka()),
            ("python", self.python()),
            ("go", self.go()),
            ("node", self.node()),
            ("deployment", self.deployment()),
            ("annotations", self.annotations()),
        ]
        .into_iter()
        .map(|(name, text)| (name, Zeroizing::new(text)))
        .collect()
    }

    fn topic(&self) -> &str {
        self.grants.first().map_or("a-topic", |grant| grant.topic.as_str())
    }

    fn group(&self) -> &str {
        let group = self.grants.iter().flat_map(|grant| &grant.groups).next();
        group.map_or("a-group", |group| group.trim_end_matches('*'))
    }

    fn jaas(&self) -> String {
        // What cannot be quoted was never made a password of ours.
        sasl_jaas_config(self.username, self.password).unwrap_or_default()
    }

    fn java(&self) -> String {
        format!(
            "# Kafka's own clients, 3.9 and later.\nbootstrap.servers={}\nsecurity.protocol={}\nsasl.mechanism=SCRAM-SHA-512\n\
             sasl.jaas.config={}\n",
            self.servers,
            self.protocol,
            self.jaas()
        )
    }

    fn spring(&self) -> String {
        format!(
            "spring:\n  kafka:\n    bootstrap-servers: {}\n    consumer:\n      group-id: {}\n    properties:\n      \
             security.protocol: {}\n      sasl.mechanism: SCRAM-SHA-512\n      sasl.jaas.config: {}\n",
            json!(self.servers),
            json!(self.group()),
            self.protocol,
            json!(self.jaas())
        )
    }

    fn librdkafka(&self) -> String {
        format!(
            "# librdkafka 2.6.1 and later: up to 2.3 it cannot sign in with SCRAM-SHA-512 to Kafka 4.1.\n\
             bootstrap.servers={}\nsecurity.protocol={}\nsasl.mechanism=SCRAM-SHA-512\nsasl.username={}\nsasl.password={}\n",
            self.servers, self.protocol, self.username, self.password
        )
    }

    fn python(&self) -> String {
        let mut text = format!(
            "# pip install 'confluent-kafka>=2.6.1'\nfrom confluent_kafka import Consumer, Producer\n\ndoor = {{\n    \
             \"bootstrap.servers\": {},\n    \"security.protocol\": {},\n    \"sasl.mechanism\": \"SCRAM-SHA-512\",\n    \
             \"sasl.username\": {},\n    \"sasl.password\": {},\n}}\n",
            json!(self.servers),
            json!(self.protocol),
            json!(self.username),
            json!(self.password)
        );
        // What cannot fail is no error.
        if let Some(topic) = self.topic_that(Access::produces) {
            let _ = write!(
                text,
                "\nproducer = Producer(door)\nproducer.produce({}, key=\"a key\", value=\"a record\")\nproducer.flush()\n",
                json!(topic)
            );
        }
        if let Some(topic) = self.topic_that(Access::consumes) {
            let _ = write!(
                text,
                "\nconsumer = Consumer(door | {{\"group.id\": {}, \"auto.offset.reset\": \"earliest\"}})\n\
                 consumer.subscribe([{}])\nwhile True:\n    record = consumer.poll(1.0)\n    \
                 if record is not None and record.error() is None:\n        print(record.value())\n",
                json!(self.group()),
                json!(topic)
            );
        }
        text
    }

    /// A topic that it may do this with; none where it may do something else only.
    fn topic_that(&self, may: impl Fn(Access) -> bool) -> Option<&str> {
        let grant = self.grants.iter().find(|grant| may(grant.access));
        grant.map(|grant| grant.topic.as_str()).or_else(|| self.grants.is_empty().then_some("a-topic"))
    }

    fn go(&self) -> String {
        let tls = if self.protocol == "SASL_SSL" { "\n\tkgo.DialTLS()," } else { "" };
        let servers: Vec<String> = self.servers.split(',').map(|server| json!(server).to_string()).collect();
        format!(
            "// go get github.com/twmb/franz-go/pkg/kgo\nclient, err := kgo.NewClient(\n\tkgo.SeedBrokers({}),{tls}\n\t\
             kgo.SASL(scram.Auth{{User: {}, Pass: {}}}.AsSha512Mechanism()),\n\tkgo.ConsumerGroup({}),\n\t\
             kgo.ConsumeTopics({}),\n)\n",
            servers.join(", "),
            json!(self.username),
            json!(self.password),
            json!(self.group()),
            json!(self.topic())
        )
    }

    fn node(&self) -> String {
        format!(
            "// npm install @confluentinc/kafka-javascript\nconst {{ Kafka }} = require('@confluentinc/kafka-javascript').KafkaJS;\n\
             const kafka = new Kafka({{ kafkaJS: {{\n  brokers: {},\n  ssl: {},\n  sasl: {{ mechanism: 'scram-sha-512', \
             username: {}, password: {} }},\n}} }});\n",
            json!(self.servers.split(',').collect::<Vec<_>>()),
            self.protocol == "SASL_SSL",
            json!(self.username),
            json!(self.password)
        )
    }

    /// No password in it: the Secret is mounted, and follows rotations.
    fn deployment(&self) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: my-client\n  namespace: {}\nspec:\n  selector:\n    \
             matchLabels: {{app: my-client}}\n  template:\n    metadata:\n      labels: {{app: my-client}}\n    spec:\n      \
             containers:\n        - name: client\n          image: my-image\n          env:\n            \
             - name: KAFKA_USERNAME\n              valueFrom:\n                secretKeyRef: {{name: {secret}, key: username}}\n            \
             - name: KAFKA_PASSWORD\n              valueFrom:\n                secretKeyRef: {{name: {secret}, key: password}}\n          \
             volumeMounts:\n            # bootstrap.server, sasl.jaas.config, username and password, as files.\n            \
             - {{name: kafka, mountPath: /opt/kafka/auth, readOnly: true}}\n      volumes:\n        - name: kafka\n          \
             secret: {{secretName: {secret}}}\n",
            self.namespace,
            secret = self.secret
        )
    }

    /// The way of the talk: a workload that is labelled gets a credential of its own.
    fn annotations(&self) -> String {
        let consumes: Vec<&str> =
            self.grants.iter().filter(|grant| grant.access.consumes()).map(|grant| grant.topic.as_str()).collect();
        let produces: Vec<&str> =
            self.grants.iter().filter(|grant| grant.access.produces()).map(|grant| grant.topic.as_str()).collect();
        let mut lines = vec![
            "# A Deployment so labelled gets a credential of its own, without anybody copying a password.".to_owned(),
            "metadata:".to_owned(),
            "  labels:".to_owned(),
            "    kafka-operator: inject-credentials".to_owned(),
            "  annotations:".to_owned(),
        ];
        for (key, topics) in [(ANNOTATION_CONSUMES, consumes), (ANNOTATION_PRODUCES, produces)] {
            if !topics.is_empty() {
                lines.push(format!("    {key}: {}", json!(topics.join(","))));
            }
        }
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(grants: &[TopicGrant]) -> String {
        let namespace = "payments".parse().unwrap();
        let about = About {
            username: "payments.app",
            password: super::super::STANDS_HERE,
            servers: "a:9092,b:9092",
            protocol: "SASL_SSL",
            secret: "app",
            namespace: &namespace,
            grants,
        };
        about.all()["python"].to_string()
    }

    fn grant(topic: &str, access: Access) -> TopicGrant {
        let json = json!({ "topic": topic, "access": access, "groups": ["payments.till"] });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn python_writes_and_reads_what_the_credential_may() {
        let (writes, reads) = ("producer.produce(\"", "consumer.subscribe([\"");
        let both = python(&[grant("payments.in", Access::Consume), grant("payments.out", Access::Produce)]);
        for word in [
            format!("{writes}payments.out\""),
            format!("{reads}payments.in\"])"),
            "\"sasl.password\": \"PASSWORD_STANDS_HERE\"".to_owned(),
            "\"group.id\": \"payments.till\"".to_owned(),
        ] {
            assert!(both.contains(&word), "{word}: {both}");
        }
        let one = python(&[grant("payments.in", Access::Consume)]);
        assert!(one.contains(reads) && !one.contains(writes), "{one}");
        let one = python(&[grant("payments.out", Access::Produce)]);
        assert!(one.contains(writes) && !one.contains(reads), "{one}");
        let none = python(&[]);
        assert!(none.contains(reads) && none.contains(writes), "{none}");
    }
}
