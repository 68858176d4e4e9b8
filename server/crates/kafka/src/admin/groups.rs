//! Consumer groups of every protocol: who is there, who is in them.

use super::words;
use crate::{
    Client, ClientError, KafkaError,
    client::{Ask, Target},
};
use bytes::{Buf, Bytes};
use futures::{StreamExt, stream};
use kafka_protocol::{
    messages::{
        self, ConsumerGroupDescribeRequest, DescribeGroupsRequest, ListGroupsRequest, ShareGroupDescribeRequest,
        consumer_group_describe_response as consumer, describe_groups_response as classic,
        list_groups_response::ListedGroup, share_group_describe_response as share,
    },
    protocol::StrBytes,
};
use klamm_model::{BrokerId, GroupId, GroupKind, PartitionId, TopicName};
use std::collections::BTreeMap;

/// A group as its coordinator lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupListing {
    /// `group.id`.
    pub id: GroupId,
    /// Which protocol it speaks.
    pub kind: GroupKind,
    /// Its state in Kafka's words; none from brokers older than 2.6.
    pub state: Option<String>,
    /// `consumer` for consumers; Kafka Connect and others have words of their own.
    pub protocol_type: String,
    /// The broker that coordinates it, and so has to be asked about it.
    pub coordinator: BrokerId,
}

/// All groups of the cluster, as far as brokers answered.
#[derive(Debug, Default)]
pub struct GroupListings {
    /// Groups by id.
    pub groups: BTreeMap<GroupId, GroupListing>,
    /// Brokers that did not answer; the groups they coordinate are missing above.
    pub unanswered: BTreeMap<BrokerId, ClientError>,
}

/// A group with its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDescription {
    /// Its state in Kafka's words.
    pub state: String,
    /// Name of the assignor in use; empty while there is none.
    pub assignor: String,
    /// Who is in it.
    pub members: Vec<GroupMemberDescription>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMemberDescription {
    /// Given by the coordinator.
    pub id: String,
    /// `group.instance.id`, for static members.
    pub instance_id: Option<String>,
    /// `client.id`.
    pub client_id: String,
    /// Where it connects from.
    pub host: String,
    /// What it reads.
    pub assigned: BTreeMap<TopicName, Vec<PartitionId>>,
}

/// Groups in one question to their coordinator.
const GROUPS: usize = 200;
/// Questions under way at once.
const QUESTIONS: usize = 8;

/// What one coordinator said of each of some groups.
pub(super) type Said<T> = Result<Vec<(GroupId, Result<T, KafkaError>)>, ClientError>;

impl Client {
    /// All groups. Fails only when not even the brokers could be listed.
    pub async fn list_groups(&self) -> Result<GroupListings, ClientError> {
        let brokers = self.describe_cluster().await?.brokers;
        let running = brokers.into_iter().filter(|b| b.state == klamm_model::BrokerState::Running).map(|b| b.id);
        Ok(self.list_groups_at(running).await)
    }

    /// All groups these brokers coordinate.
    pub async fn list_groups_at(&self, brokers: impl IntoIterator<Item = BrokerId>) -> GroupListings {
        let ask = |broker| async move { (broker, self.groups_of(broker).await) };
        let mut answers = stream::iter(brokers.into_iter().map(ask)).buffer_unordered(QUESTIONS);
        let mut listings = GroupListings::default();
        while let Some((broker, answer)) = answers.next().await {
            match answer {
                Ok(groups) => listings.groups.extend(groups.into_iter().map(|group| (group.id.clone(), group))),
                Err(error) => drop(listings.unanswered.insert(broker, error)),
            }
        }
        listings
    }

    async fn groups_of(&self, broker: BrokerId) -> Result<Vec<GroupListing>, ClientError> {
        let request = ListGroupsRequest::default();
        let ask = Ask::look(&request)
            .to(Target::Broker(broker))
            .judged(|response| KafkaError::check(response.error_code, None));
        let response = self.ask(ask).await?;
        Ok(response.groups.iter().filter_map(|group| listing(group, broker)).collect())
    }

    /// Groups with their members, asked of their coordinators.
    pub async fn describe_groups(
        &self,
        groups: impl IntoIterator<Item = &GroupListing>,
    ) -> BTreeMap<GroupId, Result<GroupDescription, ClientError>> {
        self.describe_groups_as(groups, |description| description).await
    }

    /// The same, keeping of each description only what `keep` makes of it: thousands of them are large.
    pub async fn describe_groups_as<T>(
        &self,
        groups: impl IntoIterator<Item = &GroupListing>,
        keep: fn(GroupDescription) -> T,
    ) -> BTreeMap<GroupId, Result<T, ClientError>> {
        let ask = |(broker, kind, ids): (BrokerId, GroupKind, Vec<GroupId>)| async move {
            let answer = match kind {
                GroupKind::Consumer => self.describe_consumer(broker, &ids).await,
                GroupKind::Share => self.describe_share(broker, &ids).await,
                GroupKind::Classic | GroupKind::Unknown => self.describe_classic(broker, &ids).await,
                GroupKind::Streams => Err(ClientError::NotSupported("describing streams groups")),
            };
            (ids, answer)
        };
        let questions = by_coordinator(groups);
        let mut answers = stream::iter(questions.into_iter().map(ask)).buffer_unordered(QUESTIONS);
        let mut outcomes = BTreeMap::new();
        while let Some((ids, answer)) = answers.next().await {
            let kept = answer.map(|said| said.into_iter().map(|(id, outcome)| (id, outcome.map(keep))).collect());
            spread(&mut outcomes, ids, kept, "the description of groups");
        }
        outcomes
    }

    async fn describe_classic(&self, broker: BrokerId, ids: &[GroupId]) -> Said<GroupDescription> {
        let request = DescribeGroupsRequest::default().with_groups(ids.iter().map(wire_group).collect());
        let response = self.ask(Ask::look(&request).to(Target::Broker(broker))).await?;
        let outcome = |group: &classic::DescribedGroup| {
            let checked = KafkaError::check(group.error_code, group.error_message.as_deref());
            let description = || GroupDescription {
                state: group.group_state.to_string(),
                assignor: group.protocol_data.to_string(),
                members: group.members.iter().map(|member| classic_member(member, &group.protocol_type)).collect(),
            };
            Some((GroupId::new(&*group.group_id.0).ok()?, checked.map(|()| description())))
        };
        Ok(response.groups.iter().filter_map(outcome).collect())
    }

    async fn describe_consumer(&self, broker: BrokerId, ids: &[GroupId]) -> Said<GroupDescription> {
        let request = ConsumerGroupDescribeRequest::default().with_group_ids(ids.iter().map(wire_group).collect());
        let response = self.ask(Ask::look(&request).to(Target::Broker(broker))).await?;
        let outcome = |group: &consumer::DescribedGroup| {
            let checked = KafkaError::check(group.error_code, group.error_message.as_deref());
            let description = || GroupDescription {
                state: group.group_state.to_string(),
                assignor: group.assignor_name.to_string(),
                members: group.members.iter().map(consumer_member).collect(),
            };
            Some((GroupId::new(&*group.group_id.0).ok()?, checked.map(|()| description())))
        };
        Ok(response.groups.iter().filter_map(outcome).collect())
    }

    async fn describe_share(&self, broker: BrokerId, ids: &[GroupId]) -> Said<GroupDescription> {
        let request = ShareGroupDescribeRequest::default().with_group_ids(ids.iter().map(wire_group).collect());
        let response = self.ask(Ask::look(&request).to(Target::Broker(broker))).await?;
        let outcome = |group: &share::DescribedGroup| {
            let checked = KafkaError::check(group.error_code, group.error_message.as_deref());
            let description = || GroupDescription {
                state: group.group_state.to_string(),
                assignor: group.assignor_name.to_string(),
                members: group.members.iter().map(share_member).collect(),
            };
            Some((GroupId::new(&*group.group_id.0).ok()?, checked.map(|()| description())))
        };
        Ok(response.groups.iter().filter_map(outcome).collect())
    }
}

/// Groups in pieces that can be asked of one broker in one question.
pub(super) fn by_coordinator<'a>(
    groups: impl IntoIterator<Item = &'a GroupListing>,
) -> Vec<(BrokerId, GroupKind, Vec<GroupId>)> {
    let mut sorted: BTreeMap<(BrokerId, GroupKind), Vec<GroupId>> = BTreeMap::new();
    for group in groups {
        sorted.entry((group.coordinator, group.kind)).or_default().push(group.id.clone());
    }
    let pieces = |((broker, kind), ids): ((BrokerId, GroupKind), Vec<GroupId>)| {
        ids.chunks(GROUPS).map(|piece| (broker, kind, piece.to_vec())).collect::<Vec<_>>()
    };
    sorted.into_iter().flat_map(pieces).collect()
}

/// Gives every group its outcome: its own, or why there is none.
pub(super) fn spread<T>(
    outcomes: &mut BTreeMap<GroupId, Result<T, ClientError>>,
    ids: Vec<GroupId>,
    answer: Said<T>,
    what: &'static str,
) {
    match answer {
        Ok(answers) => {
            let mut answers: BTreeMap<_, _> = answers.into_iter().collect();
            for id in ids {
                let missing = crate::ProtocolError::Mismatched { what };
                let outcome = match answers.remove(&id) {
                    Some(outcome) => outcome.map_err(|source| ClientError::Broker { what, source }),
                    None => Err(ClientError::Protocol { what, source: missing }),
                };
                outcomes.insert(id, outcome);
            }
        }
        Err(error) => {
            let error = std::sync::Arc::new(error);
            for id in ids {
                outcomes.insert(id, Err(ClientError::Shared(error.clone())));
            }
        }
    }
}

pub(super) fn wire_group(id: &GroupId) -> messages::GroupId {
    messages::GroupId(words::text(id.as_str()))
}

fn listing(group: &ListedGroup, coordinator: BrokerId) -> Option<GroupListing> {
    let kind = match &*group.group_type.to_ascii_lowercase() {
        // Brokers older than 3.8 do not say, and know no other.
        "" | "classic" => GroupKind::Classic,
        "consumer" => GroupKind::Consumer,
        "share" => GroupKind::Share,
        "streams" => GroupKind::Streams,
        _ => GroupKind::Unknown,
    };
    Some(GroupListing {
        // The empty group id of consumers that only commit is no group to people.
        id: GroupId::new(&*group.group_id.0).ok()?,
        kind,
        state: (!group.group_state.is_empty()).then(|| group.group_state.to_string()),
        protocol_type: group.protocol_type.to_string(),
        coordinator,
    })
}

fn optional(text: Option<&StrBytes>) -> Option<String> {
    text.map(ToString::to_string)
}

fn ids(indexes: &[i32]) -> Vec<PartitionId> {
    indexes.iter().copied().map(PartitionId).collect()
}

fn classic_member(member: &classic::DescribedGroupMember, protocol_type: &str) -> GroupMemberDescription {
    // What other protocols put there is their own business.
    let assigned = if protocol_type == "consumer" { assignment(&member.member_assignment) } else { None };
    GroupMemberDescription {
        id: member.member_id.to_string(),
        instance_id: optional(member.group_instance_id.as_ref()),
        client_id: member.client_id.to_string(),
        host: member.client_host.to_string(),
        assigned: assigned.unwrap_or_default(),
    }
}

fn consumer_member(member: &consumer::Member) -> GroupMemberDescription {
    let partitions = member.assignment.topic_partitions.iter();
    GroupMemberDescription {
        id: member.member_id.to_string(),
        instance_id: optional(member.instance_id.as_ref()),
        client_id: member.client_id.to_string(),
        host: member.client_host.to_string(),
        assigned: partitions.filter_map(|t| Some((words::topic_name(&t.topic_name)?, ids(&t.partitions)))).collect(),
    }
}

fn share_member(member: &share::Member) -> GroupMemberDescription {
    let partitions = member.assignment.topic_partitions.iter();
    GroupMemberDescription {
        id: member.member_id.to_string(),
        instance_id: None,
        client_id: member.client_id.to_string(),
        host: member.client_host.to_string(),
        assigned: partitions.filter_map(|t| Some((words::topic_name(&t.topic_name)?, ids(&t.partitions)))).collect(),
    }
}

/// `ConsumerProtocolAssignment` in any version: what matters comes first and never changed. Written by clients, so trusted
/// with nothing.
fn assignment(bytes: &Bytes) -> Option<BTreeMap<TopicName, Vec<PartitionId>>> {
    let mut bytes = bytes.clone();
    bytes.try_get_i16().ok()?;
    let topics = bytes.try_get_i32().ok()?;
    let mut assigned = BTreeMap::new();
    for _ in 0..topics {
        let length = usize::try_from(bytes.try_get_i16().ok()?).ok()?;
        let name = (bytes.remaining() >= length).then(|| bytes.split_to(length))?;
        let name = TopicName::new(std::str::from_utf8(&name).ok()?).ok()?;
        let count = bytes.try_get_i32().ok()?;
        let mut partitions = Vec::new();
        for _ in 0..count {
            partitions.push(PartitionId(bytes.try_get_i32().ok()?));
        }
        assigned.insert(name, partitions);
    }
    Some(assigned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BufMut;
    use proptest::prelude::*;

    #[test]
    fn assignments_of_classic_members_are_read() {
        let mut bytes = bytes::BytesMut::new();
        bytes.put_i16(1);
        bytes.put_i32(1);
        bytes.put_i16(3);
        bytes.put_slice(b"a.b");
        bytes.put_i32(2);
        bytes.put_i32(0);
        bytes.put_i32(7);
        bytes.put_i32(-1);
        let assigned = assignment(&bytes.freeze()).unwrap();
        assert_eq!(assigned[&TopicName::new("a.b").unwrap()], vec![PartitionId(0), PartitionId(7)]);
    }

    #[test]
    fn questions_go_to_coordinators_in_pieces() {
        let listing = |n: usize, broker: i32| GroupListing {
            id: GroupId::new(format!("g{n}")).unwrap(),
            kind: GroupKind::Classic,
            state: None,
            protocol_type: "consumer".to_owned(),
            coordinator: BrokerId(broker),
        };
        let groups: Vec<_> = (0..450).map(|n| listing(n, 1)).chain([listing(900, 2)]).collect();
        let questions = by_coordinator(&groups);
        assert_eq!(questions.iter().map(|q| q.2.len()).collect::<Vec<_>>(), [200, 200, 50, 1]);
    }

    proptest! {
        #[test]
        fn whatever_a_client_calls_its_assignment_is_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = assignment(&Bytes::from(bytes));
        }
    }
}
