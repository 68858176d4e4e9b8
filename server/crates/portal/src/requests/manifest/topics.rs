//! Topics: new ones, others, adopted ones, and their ends.

use super::{Known, Wish, about, read, refused, written};
use crate::{
    requests::spec::TopicSpec,
    views::{manifest, paging::invalid, tenants::tenancy, topic::replication_factor},
};
use k8s_openapi::api::core::v1::ConfigMap;
use klamm_model::{
    Namespace, ObjectName, Owner, OwnerKind, Problem, ProblemKind, TeamName, Topic, TopicName, WishValue,
};
use klamm_planner::policy::TopicWish;
use klamm_resources::{
    ClusterReference, Config, Deletion, KafkaTopic, KafkaTopicSpec, ObjectManifest, Scalar, TopicDeclaration,
    config_map_manifest, dialect, kafka_topic_manifest, names::annotation,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Known<'_> {
    fn topic(&self, name: &TopicName) -> Option<&Topic> {
        self.seen.inventory.topic(name)
    }

    fn declared(&self, name: &TopicName) -> Result<(&Topic, &klamm_model::Owner), Problem> {
        let cluster = self.cluster();
        let topic = self.topic(name).ok_or_else(|| {
            Problem::new(
                ProblemKind::Invalid,
                format!("spec.topicName: there is no topic {name} in {cluster}, as far as was seen."),
            )
        })?;
        let owner = topic.owner.as_ref().ok_or_else(|| refused(&format!("nobody declares {name}; adopt it first")))?;
        Ok((topic, owner))
    }

    pub(super) fn new_topic(&self, spec: &TopicSpec, team: &TeamName) -> Result<Wish, Problem> {
        let name = &spec.topic_name;
        if let Some(topic) = self.topic(name) {
            let how = if topic.owner.is_some() { "ask to change it" } else { "ask to adopt it" };
            return Err(refused(&format!("there is a topic {name} in {} already; {how}", self.cluster())));
        }
        let tenancy = tenancy(self.seen);
        let namespace = tenancy.home_of(name);
        if namespace == *tenancy.home() && self.declarations.team(&namespace).as_ref() != Some(team) {
            let prefixes = self.prefixes_of(team);
            return Err(invalid(&format!(
                "spec.topicName: {name} is nobody's; topics of team {team} begin with {prefixes}"
            )));
        }
        tenancy.may_declare(&namespace, name).map_err(|error| invalid(&format!("spec.topicName: {error}")))?;
        let owner = self.own(&namespace, team, name.as_str())?;
        let object_name = self.object_name(&namespace, name)?;
        let mut object = KafkaTopic::new(
            object_name.as_str(),
            KafkaTopicSpec {
                cluster: ClusterReference::to(self.cluster()),
                topic_name: (object_name.as_str() != name.as_str()).then(|| name.to_string()),
                partitions: spec.partitions,
                replication_factor: spec.replication_factor,
                config: scalars(spec),
                deletion: None,
                paused: false,
            },
        );
        object.metadata.namespace = Some(namespace.to_string());
        object.metadata.annotations = annotations(spec, None);
        let manifest = written(kafka_topic_manifest(&object))?;
        Ok(Wish {
            subject: name.to_string(),
            object: about("KafkaTopic", &namespace, &object_name),
            owner,
            topic: Some(wish_of(name, &object.spec)),
            reset: None,
            operation: None,
            manifest,
            base: None,
        })
    }

    /// A name for the object that no object of another cluster has.
    fn object_name(&self, namespace: &Namespace, topic: &TopicName) -> Result<ObjectName, Problem> {
        let name = dialect::export_name(topic).map_err(|error| invalid(&format!("spec.topicName: {error}")))?;
        match self.declarations.cluster_of_topic_object(namespace, &name) {
            Some(other) if other != *self.cluster() => {
                let cluster = self.cluster();
                format!("{name}.{}.{}", cluster.namespace, cluster.name)
                    .parse()
                    .map_err(|error| invalid(&format!("spec.topicName: {error}")))
            }
            Some(_) | None => Ok(name),
        }
    }

    fn prefixes_of(&self, team: &TeamName) -> String {
        let tenants = self.seen.declared.tenants.iter().filter(|tenant| tenant.team.as_ref() == Some(team));
        let prefixes: Vec<&str> =
            tenants.flat_map(|tenant| tenant.tenant.topic_prefixes.iter().map(String::as_str)).collect();
        if prefixes.is_empty() {
            format!("nothing in {}: it admits none of their namespaces", self.cluster())
        } else {
            prefixes.join(", ")
        }
    }

    pub(super) fn changed_topic(&self, spec: &TopicSpec, team: &TeamName) -> Result<Wish, Problem> {
        let (topic, owner) = self.declared(&spec.topic_name)?;
        let team = self.own(&owner.namespace, team, topic.name.as_str())?;
        factor_stays(topic, spec)?;
        let base = self.base_of(owner)?;
        let (manifest, wish) = match owner.kind {
            OwnerKind::KafkaTopic => {
                let mut object: KafkaTopic = read(&base)?;
                merge_topic(&mut object, spec);
                (written(kafka_topic_manifest(&object))?, wish_of(&topic.name, &object.spec))
            }
            OwnerKind::ConfigMap => {
                let mut object: ConfigMap = read(&base)?;
                let wish = merge_config_map(&mut object, spec, owner)?;
                (written(config_map_manifest(&object))?, wish)
            }
        };
        if manifest == base {
            return Err(refused(&format!("{} is so already; there is nothing to change", topic.name)));
        }
        Ok(Wish {
            subject: topic.name.to_string(),
            object: about(kind_word(owner.kind), &owner.namespace, &owner.name),
            owner: team,
            topic: Some(wish),
            reset: None,
            operation: None,
            manifest,
            base: Some(base),
        })
    }

    fn base_of(&self, owner: &Owner) -> Result<ObjectManifest, Problem> {
        self.declarations.manifest(owner).ok_or_else(|| {
            let detail = format!(
                "The object {}/{} has just changed or gone. Try again in a moment.",
                owner.namespace, owner.name
            );
            Problem::new(ProblemKind::Unavailable, detail)
        })
    }

    pub(super) fn adopted_topic(&self, spec: &TopicSpec, team: &TeamName) -> Result<Wish, Problem> {
        let name = &spec.topic_name;
        let topic = self.topic(name).ok_or_else(|| {
            invalid(&format!("spec.topicName: there is no topic {name} in {}, as far as was seen", self.cluster()))
        })?;
        if let Some(owner) = &topic.owner {
            return Err(refused(&format!("{name} is declared by {}/{} already", owner.namespace, owner.name)));
        }
        factor_stays(topic, spec)?;
        let namespace = tenancy(self.seen).home_of(name);
        let owner = self.own(&namespace, team, name.as_str())?;
        let object_name = self.object_name(&namespace, name)?;
        let mut object = manifest::adopting(self.seen, &namespace, topic);
        object.metadata.name = Some(object_name.to_string());
        object.spec.topic_name = (object_name.as_str() != name.as_str()).then(|| name.to_string());
        merge_topic(&mut object, spec);
        Ok(Wish {
            subject: name.to_string(),
            object: about("KafkaTopic", &namespace, &object_name),
            owner,
            topic: Some(wish_of(name, &object.spec)),
            reset: None,
            operation: None,
            manifest: written(kafka_topic_manifest(&object))?,
            base: None,
        })
    }

    pub(super) fn ended_topic(&self, name: &TopicName, team: &TeamName) -> Result<Wish, Problem> {
        let (topic, owner) = self.declared(name)?;
        let team = self.own(&owner.namespace, team, name.as_str())?;
        let groups = self.seen.inventory.groups.value().into_iter().flatten();
        let using = groups.filter(|group| {
            let members = group.members.value().is_some_and(|members| !members.is_empty());
            let reads = group.offsets.value().into_iter().flatten().any(|offset| offset.topic == topic.name);
            members && reads
        });
        if let Some(rate) = topic.records_per_second.value().filter(|rate| **rate > 0.0) {
            let detail = format!("{name} is being written, {rate:.1} records a second; stop who writes first");
            return Err(refused(&detail));
        }
        let using: Vec<String> = using.map(|group| group.id.to_string()).take(5).collect();
        if !using.is_empty() {
            let detail = format!(
                "{name} is being read by {}; stop them first, so that nobody loses what they read",
                using.join(", ")
            );
            return Err(refused(&detail));
        }
        let base = self.base_of(owner)?;
        let manifest = match owner.kind {
            OwnerKind::KafkaTopic => {
                let mut object: KafkaTopic = read(&base)?;
                object.spec.deletion = Some(Deletion::Delete);
                written(kafka_topic_manifest(&object))?
            }
            OwnerKind::ConfigMap => {
                let mut object: ConfigMap = read(&base)?;
                let all = object.metadata.annotations.get_or_insert_default();
                all.insert(annotation::DELETION.to_owned(), "delete".to_owned());
                written(config_map_manifest(&object))?
            }
        };
        Ok(Wish {
            subject: name.to_string(),
            object: about(kind_word(owner.kind), &owner.namespace, &owner.name),
            owner: team,
            topic: None,
            reset: None,
            operation: None,
            manifest,
            base: Some(base),
        })
    }
}

/// A declaration does not move replicas: what is asked for would never be so.
fn factor_stays(topic: &Topic, spec: &TopicSpec) -> Result<(), Problem> {
    let has = i64::from(replication_factor(topic));
    match spec.replication_factor.map(i64::from).filter(|to| *to != has) {
        Some(to) => Err(refused(&format!(
            "spec.replicationFactor: {} has {has}; operators give it {to} by a rebalance that names it with replicationFactor {to}, \
             and then a declaration may say so, too",
            topic.name
        ))),
        None => Ok(()),
    }
}

fn kind_word(kind: OwnerKind) -> &'static str {
    match kind {
        OwnerKind::KafkaTopic => "KafkaTopic",
        OwnerKind::ConfigMap => "ConfigMap",
    }
}

fn scalar(value: &WishValue) -> Scalar {
    match value {
        WishValue::Flag(flag) => Scalar::from(flag.to_string()),
        WishValue::Number(number) => Scalar::from(*number),
        WishValue::Text(text) => Scalar::from(text.clone()),
    }
}

fn scalars(spec: &TopicSpec) -> Config {
    spec.config.iter().filter_map(|(key, value)| Some((key.clone(), scalar(value.as_ref()?)))).collect()
}

/// What people are told of a topic; an empty text takes it away.
fn annotations(spec: &TopicSpec, standing: Option<BTreeMap<String, String>>) -> Option<BTreeMap<String, String>> {
    let mut all = standing.unwrap_or_default();
    let tags = spec.tags.as_ref().map(|tags| tags.join(","));
    let texts = [
        (annotation::DESCRIPTION, spec.description.as_ref()),
        (annotation::CONTACT, spec.contact.as_ref()),
        (annotation::LINK, spec.link.as_ref()),
        (annotation::TAGS, tags.as_ref()),
    ];
    for (key, text) in texts {
        match text.map(|text| text.trim()) {
            Some("") => drop(all.remove(key)),
            Some(text) => drop(all.insert(key.to_owned(), text.to_owned())),
            None => {}
        }
    }
    (!all.is_empty()).then_some(all)
}

/// A topic as this object declares it, with what people are told of it; none where that is not understood.
pub(crate) fn declared(owner: &Owner, object: &ObjectManifest) -> Option<(TopicWish, BTreeMap<String, String>)> {
    match owner.kind {
        OwnerKind::KafkaTopic => {
            let object: KafkaTopic = read(object).ok()?;
            let name = object.spec.topic_name.clone().unwrap_or_else(|| owner.name.to_string()).parse().ok()?;
            Some((wish_of(&name, &object.spec), object.metadata.annotations.unwrap_or_default()))
        }
        OwnerKind::ConfigMap => {
            let object: ConfigMap = read(object).ok()?;
            let wish = wished(dialect::parse(&object).ok()?);
            Some((wish, object.metadata.annotations.unwrap_or_default()))
        }
    }
}

/// The same as the `spec` of a request.
pub(crate) fn told_of(wish: &TopicWish, annotations: &BTreeMap<String, String>) -> Value {
    let text = |key: &str| annotations.get(key);
    let tags = text(annotation::TAGS).map(|tags| tags.split(',').map(str::trim).collect::<Vec<_>>());
    json!({
        "topicName": wish.name,
        "partitions": wish.partitions,
        "replicationFactor": wish.replication_factor,
        "config": wish.config,
        "description": text(annotation::DESCRIPTION),
        "contact": text(annotation::CONTACT),
        "link": text(annotation::LINK),
        "tags": tags,
    })
}

fn merge_topic(object: &mut KafkaTopic, spec: &TopicSpec) {
    object.spec.partitions = spec.partitions.or(object.spec.partitions);
    object.spec.replication_factor = spec.replication_factor.or(object.spec.replication_factor);
    for (key, value) in &spec.config {
        match value {
            Some(value) => drop(object.spec.config.insert(key.clone(), scalar(value))),
            None => drop(object.spec.config.remove(key)),
        }
    }
    object.metadata.annotations = annotations(spec, object.metadata.annotations.take());
}

/// In the dialect that the ConfigMap speaks; what else stands in it stays.
fn merge_config_map(object: &mut ConfigMap, spec: &TopicSpec, owner: &Owner) -> Result<TopicWish, Problem> {
    let mut declaration = dialect::parse(object).map_err(|error| {
        refused(&format!("ConfigMap {}/{} is not understood: {error}", owner.namespace, owner.name))
    })?;
    declaration.partitions = spec.partitions.or(declaration.partitions);
    let factor = spec.replication_factor.map(i16::try_from).transpose();
    let factor = factor.map_err(|_| invalid("spec.replicationFactor: 32767 is the most"))?;
    declaration.replication_factor = factor.or(declaration.replication_factor);
    for (key, value) in &spec.config {
        match value {
            Some(value) => drop(declaration.config.insert(key.clone(), value.text())),
            None => drop(declaration.config.remove(key)),
        }
    }
    let printed = dialect::print(&declaration, &owner.namespace, &owner.name)
        .map_err(|error| refused(&format!("ConfigMap {}/{} cannot say that: {error}", owner.namespace, owner.name)))?;
    // A name that says what the object's own name says already is left to whoever wrote it.
    let name = object.data.as_mut().and_then(|data| data.remove_entry("name"));
    object.data = printed.data;
    if let (Some((key, name)), Some(data)) = (name, &mut object.data) {
        data.entry(key).or_insert(name);
    }
    object.metadata.annotations = annotations(spec, object.metadata.annotations.take());
    Ok(wished(declaration))
}

fn wished(declaration: TopicDeclaration) -> TopicWish {
    TopicWish {
        name: declaration.name,
        partitions: declaration.partitions.and_then(|count| u64::try_from(count).ok()),
        replication_factor: declaration.replication_factor.and_then(|count| u64::try_from(count).ok()),
        config: declaration.config,
    }
}

fn wish_of(name: &TopicName, spec: &KafkaTopicSpec) -> TopicWish {
    let texts = spec.config.iter().filter_map(|(key, value)| Some((key.clone(), value.text()?.into_owned())));
    TopicWish {
        name: name.clone(),
        partitions: spec.partitions.and_then(|count| u64::try_from(count).ok()),
        replication_factor: spec.replication_factor.and_then(|count| u64::try_from(count).ok()),
        config: texts.collect(),
    }
}
