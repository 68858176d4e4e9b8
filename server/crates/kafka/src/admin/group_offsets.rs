//! What groups have committed.

use super::groups::{GroupListing, Said, by_coordinator, spread, wire_group};
use super::words;
use crate::{
    Client, ClientError, KafkaError,
    client::{Ask, Target},
};
use futures::{StreamExt, stream};
use kafka_protocol::messages::{
    OffsetFetchRequest, offset_fetch_request::OffsetFetchRequestGroup, offset_fetch_response::OffsetFetchResponseGroup,
};
use klamm_model::{BrokerId, GroupId, GroupKind, GroupOffset, PartitionId};
use std::collections::BTreeMap;

/// The last version that names topics; later ones have ids only.
const NAMES_TOPICS: i16 = 9;
const QUESTIONS: usize = 8;

impl Client {
    /// Everything these groups have committed, asked of their coordinators, many groups in one question. Share groups
    /// commit nothing of this kind and are left out.
    pub async fn fetch_group_offsets(
        &self,
        groups: impl IntoIterator<Item = &GroupListing>,
    ) -> BTreeMap<GroupId, Result<Vec<GroupOffset>, ClientError>> {
        let groups = groups.into_iter().filter(|group| group.kind != GroupKind::Share);
        let ask = |(broker, _, ids): (BrokerId, GroupKind, Vec<GroupId>)| async move {
            let answer = self.offsets_of(broker, &ids).await;
            (ids, answer)
        };
        let questions = by_coordinator(groups);
        let mut answers = stream::iter(questions.into_iter().map(ask)).buffer_unordered(QUESTIONS);
        let mut outcomes = BTreeMap::new();
        while let Some((ids, answer)) = answers.next().await {
            spread(&mut outcomes, ids, answer, "the offsets of groups");
        }
        outcomes
    }

    async fn offsets_of(&self, broker: BrokerId, ids: &[GroupId]) -> Said<Vec<GroupOffset>> {
        let group = |id: &GroupId| OffsetFetchRequestGroup::default().with_group_id(wire_group(id)).with_topics(None);
        let request = OffsetFetchRequest::default().with_groups(ids.iter().map(group).collect());
        let ask = Ask::look(&request).to(Target::Broker(broker)).up_to(NAMES_TOPICS);
        let response = self.ask(ask).await?;
        Ok(response.groups.iter().filter_map(outcome).collect())
    }
}

fn outcome(group: &OffsetFetchResponseGroup) -> Option<(GroupId, Result<Vec<GroupOffset>, KafkaError>)> {
    let id = GroupId::new(&*group.group_id.0).ok()?;
    Some((id, KafkaError::check(group.error_code, None).and_then(|()| committed(group))))
}

fn committed(group: &OffsetFetchResponseGroup) -> Result<Vec<GroupOffset>, KafkaError> {
    let mut offsets = Vec::new();
    for topic in &group.topics {
        let Some(name) = words::topic_name(&topic.name) else { continue };
        for partition in &topic.partitions {
            KafkaError::check(partition.error_code, None)?;
            if partition.committed_offset >= 0 {
                offsets.push(GroupOffset {
                    topic: name.clone(),
                    partition: PartitionId(partition.partition_index),
                    committed: partition.committed_offset,
                });
            }
        }
    }
    offsets.sort_by(|left, right| (&left.topic, left.partition).cmp(&(&right.topic, right.partition)));
    Ok(offsets)
}
