//! Where a group is to continue. There is no object of Kubernetes that says so: what is agreed to is a document with what is
//! meant for every partition, made from another one with what is committed.

use super::{Known, Wish, refused};
use crate::{
    GroupLook,
    requests::spec::ResetSpec,
    views::{paging::invalid, tenants::tenancy},
};
use klamm_model::{ClusterRef, Namespace, PartitionId, Problem, ProblemKind, TeamName, TopicName, UnixMillis};
use klamm_planner::offsets::{Log, Moved, NotNow, ResetTo, at_rest, resolve, settable};
use klamm_resources::ObjectManifest;
use klamm_store::RequestObject;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Partitions of one request: its offsets are committed at once, as one batch, and people can still look through them.
const MOST_PARTITIONS: usize = 2000;

/// A group as it was when its wish was made out.
#[derive(Clone, Debug)]
pub(crate) struct GroupNow {
    /// None where there is no such group.
    pub(crate) look: Option<GroupLook>,
    /// When brokers were asked.
    pub(crate) at: UnixMillis,
}

/// Where a group would continue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reset {
    pub(crate) to: ResetTo,
    pub(crate) partitions: Vec<Planned>,
    /// Topics whose offsets stay, because there is no such topic any more.
    pub(crate) gone: Vec<TopicName>,
    pub(crate) moved: Moved,
    /// What says the same to Kafka's own tool.
    pub(crate) command: String,
    /// When brokers were asked.
    pub(crate) at: UnixMillis,
    /// Why it cannot be done at this moment.
    pub(crate) not_now: Option<NotNow>,
}

/// Where it would continue with one partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) topic: TopicName,
    pub(crate) partition: PartitionId,
    pub(crate) before: Option<i64>,
    pub(crate) after: i64,
    pub(crate) log: Log,
}

impl Known<'_> {
    /// The namespace that a group belongs to, if its team is the one that asks, with that team.
    pub(crate) fn whose_group(&self, spec: &ResetSpec, team: &TeamName) -> Result<(Namespace, TeamName), Problem> {
        let group = printed(spec.group.as_str());
        let mut other = None;
        for namespace in tenancy(self.seen).owners_of_group(spec.group.as_str()) {
            match self.own(&namespace, team, &format!("group {group}")) {
                Ok(owner) => return Ok((namespace, owner)),
                Err(problem) => other = other.or(Some(problem)),
            }
        }
        Err(other.unwrap_or_else(|| refused(&format!("group {group} is nobody's"))))
    }

    pub(super) fn reset(&self, spec: &ResetSpec, team: &TeamName) -> Result<Wish, Problem> {
        let (namespace, owner) = self.whose_group(spec, team)?;
        let group = self.group.as_ref().ok_or_else(|| {
            Problem::new(ProblemKind::Internal, "Nobody has looked at the group that offsets are to be set of.")
        })?;
        let name = printed(spec.group.as_str());
        let look = group.look.as_ref().ok_or_else(|| {
            refused(&format!(
                "spec.group: there is no group {name} in {}; a group is there once it has committed",
                self.cluster()
            ))
        })?;
        let protocol = settable(look.kind).map_err(|why| refused(&format!("spec.group: {name}: {why}")))?;
        let (partitions, gone) = planned(spec, look)?;
        if partitions.iter().all(|planned| planned.before == Some(planned.after)) {
            return Err(refused(&format!("group {name} continues there already; there is nothing to set")));
        }
        let members = look.members.iter().map(|member| member.client_id.as_str());
        let moved = partitions.iter().filter_map(Planned::moved).fold(Moved::default(), Moved::and);
        let document = |said: fn(&Planned, ResetTo) -> Option<Value>| {
            let of = partitions.iter().filter_map(|planned| Some((planned, said(planned, spec.to)?)));
            document(spec, &namespace, self.cluster(), of)
        };
        let manifest = document(|_, to| Some(written_out(to)));
        let base = document(|planned, _| planned.before.map(Value::from));
        Ok(Wish {
            subject: name,
            object: RequestObject { kind: "Group".to_owned(), namespace, name: spec.group.to_string() },
            owner,
            topic: None,
            operation: None,
            manifest,
            base: Some(base),
            reset: Some(Reset {
                to: spec.to,
                command: self.command(spec),
                not_now: at_rest(protocol, &look.state, members).err(),
                at: group.at,
                partitions,
                gone,
                moved,
            }),
        })
    }

    /// What says the same to Kafka's own tool, which shows it and does nothing until it is told to `--execute`.
    fn command(&self, spec: &ResetSpec) -> String {
        let door = self.seen.declared.doors.first().map_or("$BOOTSTRAP_SERVERS", |door| door.servers.as_str());
        let topics: Vec<String> = spec
            .topics
            .iter()
            .map(|of| match &of.partitions {
                None => format!("--topic {}", of.topic),
                Some(all) => {
                    let all: Vec<String> = all.iter().map(ToString::to_string).collect();
                    format!("--topic {}:{}", of.topic, all.join(","))
                }
            })
            .collect();
        let topics = if topics.is_empty() { "--all-topics".to_owned() } else { topics.join(" ") };
        let to = match spec.to {
            ResetTo::Earliest => "--to-earliest".to_owned(),
            ResetTo::Latest => "--to-latest".to_owned(),
            ResetTo::Moment(_) => format!("--to-datetime {}", in_millis(spec.to)),
            ResetTo::Back(_) => format!("--by-duration {}", spec.to),
            ResetTo::Shift(by) => format!("--shift-by {by}"),
            ResetTo::Offset(offset) => format!("--to-offset {offset}"),
        };
        let group = quoted(spec.group.as_str());
        format!(
            "kafka-consumer-groups.sh --bootstrap-server {door} --group {group} {topics} --reset-offsets {to} --dry-run"
        )
    }
}

/// Every partition that is meant, with where it would continue, and the topics that are not there any more.
fn planned(spec: &ResetSpec, look: &GroupLook) -> Result<(Vec<Planned>, Vec<TopicName>), Problem> {
    for of in &spec.topics {
        let topic = &of.topic;
        if look.gone.contains(topic) {
            return Err(refused(&format!("spec.topics: there is no topic {topic}")));
        }
        let is_there = |id: &&i32| look.logs.contains_key(&(topic.clone(), PartitionId(**id)));
        if let Some(missing) = of.partitions.iter().flatten().find(|id| !is_there(id)) {
            return Err(refused(&format!("spec.topics: topic {topic} has no partition {missing}")));
        }
    }
    if look.logs.len() > MOST_PARTITIONS {
        return Err(invalid(&format!(
            "spec.topics: these are {} partitions, and {MOST_PARTITIONS} are the most; name topics, in several requests",
            look.logs.len()
        )));
    }
    if look.logs.is_empty() {
        return Err(refused("spec.topics: the group has committed nothing that is still there; name topics"));
    }
    let mut all = Vec::new();
    for ((topic, partition), log) in &look.logs {
        let log = log.ok_or_else(|| {
            let detail =
                format!("{topic}-{partition} has no leader that says where its log begins and ends. Try again.");
            Problem::new(ProblemKind::Unavailable, detail)
        })?;
        let before = look.committed.get(&(topic.clone(), *partition)).copied();
        let after = resolve(spec.to, log, before).map_err(|why| refused(&format!("{topic}-{partition}: {why}")))?;
        all.push(Planned { topic: topic.clone(), partition: *partition, before, after, log });
    }
    Ok((all, look.gone.iter().cloned().collect()))
}

impl Planned {
    /// None where nothing is committed: nobody knows from where the group would have read.
    pub(crate) fn moved(&self) -> Option<Moved> {
        Some(Moved::between(self.before?, self.after, self.log))
    }
}

/// A document of kind `Group`: equal wishes are equal texts. It is no object of Kubernetes, and has no version of one.
fn document<'a>(
    spec: &ResetSpec,
    namespace: &Namespace,
    cluster: &ClusterRef,
    said: impl Iterator<Item = (&'a Planned, Value)>,
) -> ObjectManifest {
    let mut offsets: BTreeMap<&TopicName, Map<String, Value>> = BTreeMap::new();
    for (planned, value) in said {
        offsets.entry(&planned.topic).or_default().insert(planned.partition.to_string(), value);
    }
    let document = json!({
        "kind": "Group",
        "metadata": { "name": spec.group, "namespace": namespace },
        "spec": { "cluster": { "name": cluster.name, "namespace": cluster.namespace }, "offsets": offsets },
    });
    ObjectManifest::from_json(document.to_string())
}

/// An offset is a number, everything else a word.
fn written_out(to: ResetTo) -> Value {
    match to {
        ResetTo::Offset(offset) => Value::from(offset),
        ResetTo::Earliest | ResetTo::Latest | ResetTo::Moment(_) | ResetTo::Back(_) | ResetTo::Shift(_) => {
            Value::from(to.to_string())
        }
    }
}

/// Kafka's tool wants milliseconds.
fn in_millis(to: ResetTo) -> String {
    let text = to.to_string();
    match text.strip_suffix('Z') {
        Some(seconds) if !seconds.contains('.') => format!("{seconds}.000Z"),
        Some(seconds) => {
            let (whole, rest) = seconds.split_once('.').unwrap_or((seconds, ""));
            format!("{whole}.{rest:0<3}Z")
        }
        None => text,
    }
}

/// As a shell takes it for one word that means nothing else.
fn quoted(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// An id may hold a thousand bytes of anything; in a sentence its beginning is enough.
fn printed(group: &str) -> String {
    const LONGEST: usize = 100;
    let mut characters = group.chars();
    let mut shown: String =
        characters.by_ref().take(LONGEST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}
