//! The object that declares a topic, and the one that would where none does.

use super::tenants::tenancy;
use crate::ObservedCluster;
use klamm_model::{Known, Namespace, Topic, TopicManifest};
use klamm_monitor::Declarations;
use klamm_planner::topics::belongs_to_operations;
use klamm_resources::{
    ClusterReference, Config, Deletion, KafkaTopic, KafkaTopicSpec, ManifestError, Scalar, dialect,
    kafka_topic_manifest,
};
use std::fmt::Write;

/// Numbers up to here survive every reader of YAML and JSON.
const EXACT: u64 = 1 << 53;

/// What declares a topic.
pub(crate) fn of_topic(
    seen: &ObservedCluster,
    declarations: &Declarations,
    topic: &Topic,
) -> Result<TopicManifest, ManifestError> {
    if let Some(owner) = topic.owner.clone() {
        return Ok(match declarations.manifest(&owner) {
            Some(manifest) => TopicManifest::Declared { owner, yaml: manifest.yaml()? },
            None => TopicManifest::NotAtHand { owner },
        });
    }
    if topic.name.is_internal() {
        return Ok(TopicManifest::KafkasOwn);
    }
    let namespace = tenancy(seen).home_of(&topic.name);
    let object = adopting(seen, &namespace, topic);
    let mut yaml = format!(
        "# No object declares {}. Applied as it is, this one takes the topic on and changes nothing.\n",
        topic.name
    );
    if topic.config == Known::Unknown {
        // Writing to a String cannot fail.
        let _ = writeln!(yaml, "# What is set on the topic could not be read and is left out; it stays as it is.");
    }
    yaml.push_str(&kafka_topic_manifest(&object)?.yaml()?);
    Ok(TopicManifest::Adoption { namespace, yaml })
}

/// The KafkaTopic that takes a topic on as it is: what it does not name stays. The number of replicas is left to whoever
/// moves them.
pub(crate) fn adopting(seen: &ObservedCluster, namespace: &Namespace, topic: &Topic) -> KafkaTopic {
    let set = topic.config.value().into_iter().flatten();
    let config: Config = set
        .filter(|(key, _)| !belongs_to_operations(key))
        .filter_map(|(key, entry)| Some((key.clone(), scalar(entry.value.as_deref()?))))
        .collect();
    let object_name = dialect::export_name(&topic.name).map_or_else(|_| "topic".to_owned(), String::from);
    let mut object = KafkaTopic::new(
        &object_name,
        KafkaTopicSpec {
            cluster: ClusterReference::to(&seen.inventory.cluster),
            topic_name: (object_name != topic.name.as_str()).then(|| topic.name.to_string()),
            partitions: i32::try_from(topic.partitions.len()).ok().filter(|partitions| *partitions > 0),
            replication_factor: None,
            config,
            deletion: Some(Deletion::Retain),
            paused: false,
        },
    );
    object.metadata.namespace = Some(namespace.to_string());
    object
}

/// Numbers without quotes, as people write them.
fn scalar(value: &str) -> Scalar {
    let number = value.parse::<i64>().ok().filter(|number| number.to_string() == value);
    number.filter(|number| number.unsigned_abs() < EXACT).map_or_else(|| Scalar::from(value), Scalar::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Declared, DeclaredTenant,
        views::samples::{inventory, topic},
    };
    use klamm_model::{ConfigEntry, ConfigSource, Owner, OwnerKind};
    use klamm_planner::tenancy::Tenant;
    use serde_json::json;

    fn seen() -> ObservedCluster {
        let tenant = Tenant {
            namespace: "payments".parse().unwrap(),
            topic_prefixes: vec!["payments.".to_owned()],
            group_prefixes: Vec::new(),
        };
        let tenants = vec![DeclaredTenant { tenant, team: None }];
        let declared = Declared { tenants, ..Declared::default() };
        ObservedCluster { inventory: inventory("kafka/demo", Vec::new()).into(), declared }
    }

    fn undeclared(name: &str, config: &[(&str, &str)]) -> Topic {
        let entry = |value: &str| ConfigEntry { value: Some(value.to_owned()), source: ConfigSource::Topic };
        let config = config.iter().map(|(key, value)| ((*key).to_owned(), entry(value))).collect();
        Topic { config: Known::Known(config), ..topic(name, &[(&[0], &[0]), (&[1], &[1])]) }
    }

    fn yaml(topic: &Topic) -> (String, String) {
        match of_topic(&seen(), &Declarations::default(), topic).unwrap() {
            TopicManifest::Adoption { namespace, yaml } => (namespace.to_string(), yaml),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_topic_nobody_declares_comes_with_the_object_that_would_take_it_on() {
        let set = [
            ("retention.ms", "3600000"),
            ("cleanup.policy", "compact"),
            ("flush.ms", "9223372036854775807"),
            ("preallocate", "true"),
            ("leader.replication.throttled.replicas", "*"),
        ];
        let (namespace, yaml) = yaml(&undeclared("payments.Left_over", &set));
        assert_eq!(namespace, "payments");
        let (comment, document) = yaml.split_once('\n').unwrap();
        assert!(comment.starts_with("# No object declares payments.Left_over."), "{comment}");
        let read: KafkaTopic = serde_saphyr::from_str(document).unwrap();
        assert_eq!((read.spec.topic_name.as_deref(), read.spec.partitions), (Some("payments.Left_over"), Some(2)));
        let config: Vec<_> =
            read.spec.config.iter().map(|(key, value)| (key.as_str(), value.text().unwrap().into_owned())).collect();
        let kept = [&set[1], &set[2], &set[3], &set[0]].map(|(key, value)| (*key, (*value).to_owned()));
        assert_eq!(config, kept, "throttles are operations' business");
        assert!(document.contains("retention.ms: 3600000\n"), "{document}");
    }

    #[test]
    fn what_could_not_be_read_is_said_and_left_out() {
        let blind = Topic { config: Known::Unknown, ..undeclared("elsewhere", &[]) };
        let (namespace, yaml) = yaml(&blind);
        assert_eq!(namespace, "kafka");
        assert!(yaml.contains("could not be read") && !yaml.contains("config:"), "{yaml}");
        assert!(yaml.contains("\n  name: elsewhere\n") && !yaml.contains("topicName"), "{yaml}");
    }

    #[test]
    fn a_declared_topic_comes_with_its_object_and_kafkas_own_with_none() {
        let owner =
            Owner { kind: OwnerKind::KafkaTopic, namespace: "payments".parse().unwrap(), name: "a".parse().unwrap() };
        let topic = Topic { owner: Some(owner.clone()), ..undeclared("payments.a", &[]) };
        let declarations = Declarations::default();
        let told = |topic: &Topic| of_topic(&seen(), &declarations, topic).unwrap();
        assert_eq!(told(&topic), TopicManifest::NotAtHand { owner: owner.clone() });
        let object = json!({
            "metadata": { "name": "a", "namespace": "payments" },
            "spec": { "cluster": { "name": "demo", "namespace": "kafka" }, "topicName": "payments.a" },
        });
        declarations.saw_topic(&serde_json::from_value(object).unwrap());
        match told(&topic) {
            TopicManifest::Declared { owner: of, yaml } => {
                assert_eq!(of, owner);
                assert!(yaml.contains("kind: KafkaTopic\n"), "{yaml}");
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(told(&undeclared("__consumer_offsets", &[])), TopicManifest::KafkasOwn);
    }
}
