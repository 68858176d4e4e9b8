//! Groups: listed and described by their coordinators, with what they have committed.

use super::{Question, index, text};
use crate::estate::world::{Group, Protocol};
use bytes::{BufMut, Bytes, BytesMut};
use kafka_protocol::messages::{
    self, ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse, DescribeGroupsRequest, DescribeGroupsResponse,
    FindCoordinatorRequest, FindCoordinatorResponse, ListGroupsRequest, ListGroupsResponse, OffsetFetchRequest,
    OffsetFetchResponse, ShareGroupDescribeRequest, ShareGroupDescribeResponse, TopicName,
    consumer_group_describe_response as consumer, describe_groups_response as classic,
    find_coordinator_response::Coordinator,
    list_groups_response::ListedGroup,
    offset_fetch_response::{OffsetFetchResponseGroup, OffsetFetchResponsePartitions, OffsetFetchResponseTopics},
    share_group_describe_response as share,
};
use std::collections::BTreeMap;

const COORDINATOR_NOT_AVAILABLE: i16 = 15;
const NOT_COORDINATOR: i16 = 16;
const GROUP_ID_NOT_FOUND: i16 = 69;

/// A member of a group, in the words of no protocol.
struct Member {
    id: String,
    client: String,
    host: String,
    /// Partitions of each topic.
    assigned: BTreeMap<usize, Vec<i32>>,
}

impl Question<'_> {
    /// The group of that id, when this broker is its coordinator; else the error that says so.
    fn group(&self, id: &str, protocols: &[Protocol]) -> Result<&Group, i16> {
        let group = self.shared.places.groups.get(id).and_then(|place| self.groups().get(*place));
        let group = group.filter(|group| protocols.contains(&group.protocol)).ok_or(GROUP_ID_NOT_FOUND)?;
        if self.coordinates(group) { Ok(group) } else { Err(NOT_COORDINATOR) }
    }

    fn coordinates(&self, group: &Group) -> bool {
        self.condition.coordinator(group, self.shared.addresses.len()) == Some(self.broker)
    }

    /// Members with their partitions, dealt out in turn.
    fn members(&self, group: &Group) -> Vec<Member> {
        let member = |n: usize| Member {
            id: format!("consumer-{n}-{:016x}", group.coordinator * 1_000 + n),
            client: format!("reader-{n}"),
            host: format!("/10.0.{}.{}", group.coordinator, n + 1),
            assigned: BTreeMap::new(),
        };
        let mut members: Vec<Member> = (0..group.members).map(member).collect();
        let mut turn = 0;
        for (place, topic) in self.read_by(group) {
            for n in 0..topic.partitions.len() {
                let count = members.len().max(1);
                if let Some(member) = members.get_mut(turn % count) {
                    member.assigned.entry(place).or_default().push(index(n));
                }
                turn += 1;
            }
        }
        members
    }

    fn read_by<'a>(&'a self, group: &'a Group) -> impl Iterator<Item = (usize, &'a crate::estate::world::Topic)> {
        group.reads.iter().filter_map(|place| Some((*place, self.topics().get(*place)?)))
    }

    fn name(&self, place: usize) -> TopicName {
        TopicName(self.topics().get(place).map(|topic| topic.name.clone()).unwrap_or_default())
    }
}

pub(super) fn coordinator(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<FindCoordinatorRequest>()?;
    let brokers = question.shared.addresses.len();
    let found = |key: kafka_protocol::protocol::StrBytes| {
        let group = question.shared.places.groups.get(&*key).and_then(|place| question.groups().get(*place));
        // Groups that nobody knows would be coordinated by somebody, too.
        let broker = group.map_or(Some(1), |group| question.condition.coordinator(group, brokers));
        let answer = Coordinator::default().with_key(key);
        match broker {
            Some(broker) => answer.with_node_id(messages::BrokerId(broker)),
            None => answer.with_error_code(COORDINATOR_NOT_AVAILABLE),
        }
    };
    let coordinators = request.coordinator_keys.into_iter().map(found).collect();
    let response = FindCoordinatorResponse::default().with_coordinators(coordinators);
    question.heard.answer::<FindCoordinatorRequest>(&response)
}

pub(super) fn list(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let listed = |group: &Group| {
        let (protocol, kind) = match group.protocol {
            Protocol::Classic => ("consumer", "classic"),
            Protocol::Consumer => ("consumer", "consumer"),
            Protocol::Share => ("share", "share"),
        };
        ListedGroup::default()
            .with_group_id(messages::GroupId(group.id.clone()))
            .with_protocol_type(text(protocol))
            .with_group_state(text(group.state))
            .with_group_type(text(kind))
    };
    let own = question.groups().iter().filter(|group| question.coordinates(group));
    let response = ListGroupsResponse::default().with_groups(own.map(listed).collect());
    question.heard.answer::<ListGroupsRequest>(&response)
}

pub(super) fn describe_classic(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<DescribeGroupsRequest>()?;
    let member = |member: Member| {
        classic::DescribedGroupMember::default()
            .with_member_id(text(&member.id))
            .with_client_id(text(&member.client))
            .with_client_host(text(&member.host))
            .with_member_assignment(assignment(question, &member))
    };
    let described = |id: messages::GroupId| {
        let answer = classic::DescribedGroup::default().with_group_id(id.clone());
        match question.group(&id, &[Protocol::Classic]) {
            Err(code) => answer.with_error_code(code),
            Ok(group) => answer
                .with_group_state(text(group.state))
                .with_protocol_type(text("consumer"))
                .with_protocol_data(text("range"))
                .with_members(question.members(group).into_iter().map(member).collect()),
        }
    };
    let groups = request.groups.into_iter().map(described).collect();
    question.heard.answer::<DescribeGroupsRequest>(&DescribeGroupsResponse::default().with_groups(groups))
}

/// `ConsumerProtocolAssignment` in version 1.
fn assignment(question: &Question<'_>, member: &Member) -> Bytes {
    let mut bytes = BytesMut::new();
    bytes.put_i16(1);
    bytes.put_i32(index(member.assigned.len()));
    for (place, partitions) in &member.assigned {
        let name = question.name(*place);
        bytes.put_i16(i16::try_from(name.len()).unwrap_or(i16::MAX));
        bytes.put_slice(name.as_bytes());
        bytes.put_i32(index(partitions.len()));
        for partition in partitions {
            bytes.put_i32(*partition);
        }
    }
    bytes.put_i32(-1);
    bytes.freeze()
}

pub(super) fn describe_consumer(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<ConsumerGroupDescribeRequest>()?;
    let member = |member: Member| {
        let assigned = member.assigned.iter().map(|(place, partitions)| {
            consumer::TopicPartitions::default()
                .with_topic_name(question.name(*place))
                .with_partitions(partitions.clone())
        });
        consumer::Member::default()
            .with_member_id(text(&member.id))
            .with_client_id(text(&member.client))
            .with_client_host(text(&member.host))
            .with_member_epoch(7)
            .with_assignment(consumer::Assignment::default().with_topic_partitions(assigned.collect()))
    };
    let described = |id: messages::GroupId| {
        let answer = consumer::DescribedGroup::default().with_group_id(id.clone());
        match question.group(&id, &[Protocol::Consumer]) {
            Err(code) => answer.with_error_code(code),
            Ok(group) => answer
                .with_group_state(text(group.state))
                .with_group_epoch(7)
                .with_assignment_epoch(7)
                .with_assignor_name(text("uniform"))
                .with_members(question.members(group).into_iter().map(member).collect()),
        }
    };
    let groups = request.group_ids.into_iter().map(described).collect();
    let response = ConsumerGroupDescribeResponse::default().with_groups(groups);
    question.heard.answer::<ConsumerGroupDescribeRequest>(&response)
}

pub(super) fn describe_share(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<ShareGroupDescribeRequest>()?;
    let member = |member: Member| {
        let assigned = member.assigned.iter().map(|(place, partitions)| {
            share::TopicPartitions::default().with_topic_name(question.name(*place)).with_partitions(partitions.clone())
        });
        share::Member::default()
            .with_member_id(text(&member.id))
            .with_client_id(text(&member.client))
            .with_client_host(text(&member.host))
            .with_member_epoch(7)
            .with_assignment(share::Assignment::default().with_topic_partitions(assigned.collect()))
    };
    let described = |id: messages::GroupId| {
        let answer = share::DescribedGroup::default().with_group_id(id.clone());
        match question.group(&id, &[Protocol::Share]) {
            Err(code) => answer.with_error_code(code),
            Ok(group) => answer
                .with_group_state(text(group.state))
                .with_group_epoch(7)
                .with_assignment_epoch(7)
                .with_assignor_name(text("simple"))
                .with_members(question.members(group).into_iter().map(member).collect()),
        }
    };
    let groups = request.group_ids.into_iter().map(described).collect();
    let response = ShareGroupDescribeResponse::default().with_groups(groups);
    question.heard.answer::<ShareGroupDescribeRequest>(&response)
}

pub(super) fn committed(question: &Question<'_>) -> anyhow::Result<Bytes> {
    let request = question.heard.read::<OffsetFetchRequest>()?;
    let answer = |id: messages::GroupId| {
        let answer = OffsetFetchResponseGroup::default().with_group_id(id.clone());
        match question.group(&id, &[Protocol::Classic, Protocol::Consumer]) {
            // A group nobody knows has committed nothing; that is no error.
            Err(GROUP_ID_NOT_FOUND) => answer,
            Err(code) => answer.with_error_code(code),
            Ok(group) => answer.with_topics(topics_of(question, group)),
        }
    };
    let groups = request.groups.into_iter().map(|group| answer(group.group_id)).collect();
    question.heard.answer::<OffsetFetchRequest>(&OffsetFetchResponse::default().with_groups(groups))
}

fn topics_of(question: &Question<'_>, group: &Group) -> Vec<OffsetFetchResponseTopics> {
    let topic = |(_, topic): (usize, &crate::estate::world::Topic)| {
        let partitions = topic.partitions.iter().enumerate().map(|(n, partition)| {
            OffsetFetchResponsePartitions::default()
                .with_partition_index(index(n))
                .with_committed_offset(group.committed(partition, question.condition.age))
        });
        OffsetFetchResponseTopics::default()
            .with_name(TopicName(topic.name.clone()))
            .with_partitions(partitions.collect())
    };
    question.read_by(group).map(topic).collect()
}
