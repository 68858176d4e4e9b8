//! Guards, refusals and acts in full sentences.

use super::words::{self, count};
use super::{Act, Guard, Refusal, Short, host};
use klamm_model::{BrokerId, Known, PartitionId, TopicName, UnixMillis, human_bytes};
use std::collections::BTreeSet;

impl Guard {
    /// The word for it in status and answers.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Paused => "Paused",
            Self::OtherOperation(_) => "OtherOperation",
            Self::Unseen(_) => "Unseen",
            Self::AcceptUnavailable(_) => "AcceptUnavailable",
            Self::WindowClosed(_) => "WindowClosed",
            Self::NodesAway(_) => "NodesAway",
            Self::NodeStuck(..) => "NodeStuck",
            Self::NodeCordoned { .. } => "NodeCordoned",
            Self::LogRecovery(_) => "LogRecovery",
            Self::Soak(..) => "Soak",
            Self::FinaliseSoak(_) => "FinaliseSoak",
            Self::UnderReplicated { .. } => "UnderReplicated",
            Self::InSync { .. } => "InSync",
            Self::Minimum { .. } => "Minimum",
            Self::OnlyCopy { .. } => "OnlyCopy",
            Self::Quorum { .. } => "Quorum",
            Self::NoController => "NoController",
            Self::ForeignMoves(_) => "ForeignMoves",
            Self::Moving { .. } => "Moving",
            Self::NoRoom { .. } => "NoRoom",
            Self::NoLeader { .. } => "NoLeader",
            Self::Leaders(_) => "Leaders",
            Self::NotEmpty(..) => "NotEmpty",
            Self::NotShownYet(_) => "NotShownYet",
            Self::Unheard { .. } => "Unheard",
        }
    }

    /// What people read.
    pub fn message(&self) -> String {
        match self {
            Self::Paused => "Paused: it goes on when somebody resumes it.".to_owned(),
            Self::OtherOperation(name) => format!("Waiting until operation {name} of this cluster is over."),
            Self::Unseen(sentences) => {
                format!("Waiting because something that decides could not be seen. {}", sentences.join(" "))
            }
            Self::AcceptUnavailable(topics) => format!(
                "Waiting until an operator accepts by name (acceptUnavailable) that {} will be unavailable while brokers \
                 restart, or lose what only one broker has: there is no replica to spare.",
                words::topics(topics.iter())
            ),
            Self::WindowClosed(opens) => {
                format!("Waiting for the next maintenance window, which opens on {}.", moment(*opens))
            }
            Self::NodesAway(nodes) => format!(
                "Waiting because {} {} not serve.",
                words::nodes(nodes),
                if nodes.len() == 1 { "does" } else { "do" }
            ),
            Self::NodeStuck(node, why) => format!(
                "Node {node} does not come up as it is declared now: {} No other node is taken down before it is well.",
                sentence(why)
            ),
            Self::NodeCordoned { node, hosts, volume } => cordoned(*node, hosts, volume.as_deref()),
            Self::LogRecovery(node) => {
                format!("Waiting while node {node} reads its logs after a hard end: interrupted, it would begin anew.")
            }
            Self::Soak(node, until) => format!(
                "Waiting until {}: node {node} came back a short while ago and has to stay well first.",
                moment(*until)
            ),
            Self::FinaliseSoak(until) => format!(
                "Waiting until {}: all nodes have to run their version for longer before there is no way back from it.",
                moment(*until)
            ),
            Self::UnderReplicated { partitions, allowed } => {
                let allowed = if *allowed == 0 { String::new() } else { format!(", and {allowed} may") };
                let verb = if partitions.len() == 1 { "lacks" } else { "lack" };
                let how_many = count(partitions.len() as u64, "partition");
                format!("Waiting because {how_many} {verb} replicas{allowed}: {}.", words::partitions(partitions))
            }
            Self::InSync { broker, partitions } => in_sync(*broker, partitions),
            Self::Minimum { minimum, partitions } => below(*minimum, partitions),
            Self::OnlyCopy { broker, partitions } => format!(
                "Waiting before restarting broker {broker}, whose storage goes with its pod: no other replica in sync has {}.",
                words::partitions(partitions)
            ),
            Self::Quorum { controller, caught_up, needed, behind } => {
                let others = if *caught_up == 1 { "1 other controller has" } else { "other controllers have" };
                let others = if *caught_up == 1 { others.to_owned() } else { format!("{caught_up} {others}") };
                let verb = if *needed == 1 { "is" } else { "are" };
                let first = format!(
                    "Waiting before restarting controller {controller}: {others} everything, and {needed} {verb} needed."
                );
                behind.iter().take(NAMED).fold(first, |text, (id, lag)| format!("{text} {}", lags(*id, *lag)))
            }
            Self::NoController => "Waiting because there is no active controller at this moment.".to_owned(),
            Self::ForeignMoves(partitions) => format!(
                "Waiting because replicas of {} are on their way, which this operation did not set going.",
                words::partitions(partitions)
            ),
            Self::Moving { partitions, bytes } => {
                let rest = match bytes {
                    Known::Known(bytes) => format!(", with {} still to come", human_bytes(*bytes)),
                    Known::Unknown => String::new(),
                };
                format!("Waiting for {} whose replicas are on their way{rest}.", count(*partitions, "partition"))
            }
            Self::NoRoom { broker, partitions, needed, free } => format!(
                "Waiting for room on broker {broker}: {} to go there, the smallest takes {}, and {} are free above the reserve.",
                if *partitions == 1 { "1 partition has".to_owned() } else { format!("{partitions} partitions have") },
                human_bytes(*needed),
                human_bytes(*free)
            ),
            Self::NoLeader { partitions, example } => no_leader(*partitions, example),
            Self::Leaders(partitions) => format!(
                "Waiting until {} led again where it is preferred: {}.",
                if partitions.len() == 1 {
                    "1 partition is".to_owned()
                } else {
                    format!("{} partitions are", partitions.len())
                },
                words::partitions(partitions)
            ),
            Self::NotEmpty(broker, replicas) => {
                format!("Broker {broker} still has {} in its log dirs.", count(*replicas, "replica"))
            }
            Self::NotShownYet(what) => what.clone(),
            Self::Unheard { doubt: _, what } => {
                format!(
                    "{} It is looked once more: brokers may not have heard of moves that are just over.",
                    sentence(what)
                )
            }
        }
    }

    /// The partitions it is about, people's topics first.
    pub fn partitions(&self) -> Vec<(TopicName, PartitionId)> {
        match self {
            Self::UnderReplicated { partitions, .. }
            | Self::OnlyCopy { partitions, .. }
            | Self::ForeignMoves(partitions)
            | Self::Leaders(partitions) => words::in_order(partitions),
            Self::InSync { partitions, .. } | Self::Minimum { partitions, .. } => {
                words::in_order(partitions.iter().map(|short| &short.partition))
            }
            Self::NoLeader { example, .. } => vec![example.clone()],
            Self::NoRoom { .. }
            | Self::Paused
            | Self::OtherOperation(_)
            | Self::Unseen(_)
            | Self::AcceptUnavailable(_)
            | Self::WindowClosed(_)
            | Self::NodesAway(_)
            | Self::NodeStuck(..)
            | Self::NodeCordoned { .. }
            | Self::LogRecovery(_)
            | Self::Soak(..)
            | Self::FinaliseSoak(_)
            | Self::Quorum { .. }
            | Self::NoController
            | Self::Moving { .. }
            | Self::NotEmpty(..)
            | Self::NotShownYet(_)
            | Self::Unheard { .. } => Vec::new(),
        }
    }

    /// The nodes it is about.
    pub fn brokers(&self) -> Vec<BrokerId> {
        match self {
            Self::NodesAway(nodes) => nodes.iter().copied().collect(),
            Self::NodeStuck(node, _)
            | Self::LogRecovery(node)
            | Self::Soak(node, _)
            | Self::NotEmpty(node, _)
            | Self::OnlyCopy { broker: node, .. }
            | Self::NoRoom { broker: node, .. }
            | Self::NodeCordoned { node, .. } => vec![*node],
            Self::InSync { broker, partitions } => {
                let others = behind(partitions).into_iter().filter(|id| id != broker);
                std::iter::once(*broker).chain(others).collect()
            }
            Self::Minimum { partitions, .. } => behind(partitions).into_iter().collect(),
            Self::Quorum { controller, behind, .. } => {
                std::iter::once(*controller).chain(behind.iter().map(|(id, _)| *id)).collect()
            }
            Self::Paused
            | Self::OtherOperation(_)
            | Self::Unseen(_)
            | Self::AcceptUnavailable(_)
            | Self::WindowClosed(_)
            | Self::FinaliseSoak(_)
            | Self::UnderReplicated { .. }
            | Self::NoController
            | Self::ForeignMoves(_)
            | Self::Moving { .. }
            | Self::Leaders(_)
            | Self::NoLeader { .. }
            | Self::NotShownYet(_)
            | Self::Unheard { .. } => Vec::new(),
        }
    }
}

/// Names that are told one by one.
const NAMED: usize = 3;

fn cordoned(node: BrokerId, hosts: &BTreeSet<String>, volume: Option<&str>) -> String {
    let (many, all) = if hosts.len() == 1 { ("is", "it") } else { ("are", "one of them") };
    let called = host::called(hosts);
    let why = match volume {
        Some(volume) => format!("its volume {volume} can be on {called} only, which {many} cordoned"),
        None => format!("only {called} would be fit for its pod, and {many} cordoned"),
    };
    format!(
        "Waiting before restarting node {node}, which would not come up again: {why}. It goes on when {all} is uncordoned \
         (kubectl uncordon), or another one is fit."
    )
}

fn in_sync(broker: BrokerId, partitions: &[Short]) -> String {
    let Some(first) = first(partitions) else { return format!("Waiting before restarting broker {broker}.") };
    let Short { partition, replicas, in_sync, behind, left: _, needs } = first;
    let name = words::partition(partition);
    let text = format!(
        "Waiting before restarting broker {broker}: {name} has {in_sync} of {replicas} replicas in sync and needs {needs} \
         without broker {broker}."
    );
    with_others(text, partitions, first, &behind.iter().copied().filter(|id| *id != broker).collect())
}

/// What nobody leads.
fn no_leader(partitions: u64, example: &(TopicName, PartitionId)) -> String {
    let partitions =
        if partitions == 1 { "1 partition that is".to_owned() } else { format!("{partitions} partitions that are") };
    let example = words::partition(example);
    format!(
        "Waiting because nobody leads {partitions} to be moved, such as {example}: nobody can send what is in them."
    )
}

fn below(minimum: u32, partitions: &[Short]) -> String {
    let text = format!("Waiting before min.insync.replicas becomes {minimum}");
    let Some(first) = first(partitions) else { return format!("{text}.") };
    let Short { partition, replicas, in_sync, behind, left: _, needs: _ } = first;
    let text = format!("{text}: {} has {in_sync} of {replicas} replicas in sync.", words::partition(partition));
    with_others(text, partitions, first, &behind.iter().copied().collect())
}

/// The one that is told with its numbers, people's first.
fn first(partitions: &[Short]) -> Option<&Short> {
    partitions.iter().min_by_key(|short| (short.partition.0.is_internal(), &short.partition))
}

/// Who lacks replicas beside the first, and who is to bring that one its own.
fn with_others(mut text: String, partitions: &[Short], first: &Short, coming: &BTreeSet<BrokerId>) -> String {
    let others: BTreeSet<_> =
        partitions.iter().map(|short| &short.partition).filter(|one| **one != first.partition).cloned().collect();
    if !others.is_empty() {
        let verb = if others.len() == 1 { "lacks" } else { "lack" };
        text = format!("{text} {} {verb} replicas in sync too.", words::partitions(&others));
    }
    if !coming.is_empty() {
        let verb = if coming.len() == 1 { "is" } else { "are" };
        text = format!("{text} {} {verb} catching up.", words::capital(&words::brokers(coming)));
    }
    text
}

/// Brokers whose replicas are behind or away.
fn behind(partitions: &[Short]) -> BTreeSet<BrokerId> {
    partitions.iter().flat_map(|short| short.behind.iter().copied()).collect()
}

fn lags(controller: BrokerId, lag: Known<u64>) -> String {
    match lag {
        Known::Known(records) => format!("Controller {controller} is {} behind.", count(records, "record")),
        Known::Unknown => format!("How far behind controller {controller} is, is not known."),
    }
}

/// Without a second full stop.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

/// `29 Nov 2026, 16:00:05 UTC`.
pub(super) fn moment(at: UnixMillis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map_or_else(
        |_| "a moment that no calendar has".to_owned(),
        |at| at.strftime("%-d %b %Y, %H:%M:%S UTC").to_string(),
    )
}

impl Refusal {
    /// What people read.
    pub fn message(&self) -> String {
        match self {
            Self::Path(why) | Self::Replicas(why) | Self::Quorum(why) | Self::Feature(why) => sentence(why),
            Self::Settings(settings) => settings.iter().map(|one| sentence(one)).collect::<Vec<_>>().join(" "),
            Self::Factor { topic, factor, brokers } => format!(
                "Topic {topic} has {} and there would be only {}.",
                count(u64::from(*factor), "replica"),
                count(u64::from(*brokers), "broker")
            ),
            Self::BelowMinimum { topic, factor, minimum } => format!(
                "Topic {topic} would have {} and needs {minimum} in sync: lower its min.insync.replicas first, or ask for at least \
                 {minimum}.",
                count(u64::from(*factor), "replica"),
            ),
            Self::TooFewReplicas { minimum, factor, topics } => {
                let have = if topics.len() == 1 { "which has" } else { "which have" };
                format!(
                    "With min.insync.replicas {minimum} nobody could write with acks=all to {}, {have} fewer replicas (as few as \
                     {factor}): declare {factor} at most, or give them more replicas or a min.insync.replicas of their own first.",
                    words::topics(topics.iter()),
                )
            }
            Self::NoSuchNode(nodes) => {
                format!("There {} no {}.", if nodes.len() == 1 { "is" } else { "are" }, words::nodes(nodes))
            }
        }
    }
}

impl Act {
    /// What people read when it is done.
    pub fn words(&self) -> String {
        match self {
            Self::Configure(scopes) => {
                let told = scopes.iter().map(|(scope, keys)| {
                    format!("{} for {}", keys.keys().map(String::as_str).collect::<Vec<_>>().join(", "), scope.called())
                });
                format!("Changing {} without a restart.", told.collect::<Vec<_>>().join("; "))
            }
            Self::Replace(node) => format!("Restarting node {node} as it is declared."),
            Self::Create(nodes) => format!("Adding {}.", words::nodes(nodes)),
            Self::Cordon(brokers) => format!("Placing no new replicas on {}.", words::nodes(brokers)),
            Self::Uncordon(brokers) => format!("Placing new replicas on {} again.", words::nodes(brokers)),
            Self::Throttle(throttle) => format!(
                "Limiting replication to {} a second on {}.",
                human_bytes(throttle.rate),
                words::nodes(&throttle.brokers)
            ),
            Self::Unthrottle(throttle) => {
                format!("Taking away the limit on replication on {}.", words::nodes(&throttle.brokers))
            }
            Self::Move(replicas) => {
                let partitions = replicas.keys().cloned().collect();
                format!("Moving replicas of {}.", words::partitions(&partitions))
            }
            Self::CancelMoves(partitions) => {
                format!("Leaving replicas of {} where they were.", words::partitions(partitions))
            }
            Self::Restore(replicas) => {
                let partitions = replicas.keys().cloned().collect();
                format!("Putting replicas of {} into the order of before.", words::partitions(&partitions))
            }
            Self::Elect(partitions) => {
                format!("Having {} led where it is preferred.", count(partitions.len() as u64, "partition"))
            }
            Self::AddVoter(controller) => format!("Giving controller {controller} a vote."),
            Self::RemoveVoter(controller) => format!("Taking the vote of controller {controller}."),
            Self::Unregister(broker) => format!("Having the controller forget broker {broker}."),
            Self::Remove(node) => format!("Taking node {node} away."),
            Self::SetFeatures(levels) => {
                let told: Vec<String> = levels.iter().map(|(feature, level)| format!("{feature} to {level}")).collect();
                format!("Setting {}.", told.join(", "))
            }
        }
    }
}
