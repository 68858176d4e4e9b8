//! Records, read where the leaders have them: without a group, without committing, as many bytes as are asked for.

use super::words;
use crate::{
    Client, ClientError, KafkaError,
    client::{Ask, Target},
};
use bytes::Bytes;
use kafka_protocol::messages::{
    self, FetchRequest,
    fetch_request::{FetchPartition, FetchTopic},
    fetch_response::PartitionData,
};
use klamm_model::{BrokerId, Isolation, PartitionId, TopicName};
use std::collections::BTreeMap;

/// As the protocol counts them. Leaders that are asked for what is committed stop at the first transaction that is still open, and
/// name those that were aborted.
pub(super) fn level(isolation: Isolation) -> i8 {
    match isolation {
        Isolation::Uncommitted => 0,
        Isolation::Committed => 1,
    }
}

/// What is asked of one leader about a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchQuestion {
    /// Those that stand first are served first.
    pub places: Vec<FetchPlace>,
    /// Bytes of all of them. The first batch comes whole, however large it is.
    pub bytes: u32,
    /// Whose records.
    pub isolation: Isolation,
}

/// Where a partition is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchPlace {
    /// Its index.
    pub partition: PartitionId,
    /// From this offset on.
    pub offset: i64,
    /// So many bytes. The batch that holds the offset comes whole.
    pub bytes: u32,
}

/// What a leader sent of a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Batches; see [`crate::records::batches`].
    pub bytes: Bytes,
    /// Transactions that were aborted: whose, and from which offset on. Told for [`Isolation::Committed`] alone.
    pub aborted: Vec<AbortedTransaction>,
}

/// A transaction that does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Whose it was.
    pub producer: i64,
    /// Where it began.
    pub first_offset: i64,
}

/// The last version that names topics; later ones have ids only.
const NAMES_TOPICS: i16 = 12;
/// No session: every question stands for itself.
const NO_SESSION: i32 = -1;

impl Client {
    /// Reads what there is, without waiting for more.
    pub async fn fetch(
        &self,
        topic: &TopicName,
        leader: BrokerId,
        question: &FetchQuestion,
    ) -> Result<BTreeMap<PartitionId, Result<Fetched, KafkaError>>, ClientError> {
        let bytes = |bytes: u32| i32::try_from(bytes).unwrap_or(i32::MAX);
        let partition = |place: &FetchPlace| {
            FetchPartition::default()
                .with_partition(place.partition.0)
                .with_current_leader_epoch(-1)
                .with_fetch_offset(place.offset)
                .with_last_fetched_epoch(-1)
                .with_log_start_offset(-1)
                .with_partition_max_bytes(bytes(place.bytes))
        };
        let partitions = question.places.iter().map(partition).collect();
        let request = FetchRequest::default()
            .with_replica_id(messages::BrokerId(-1))
            .with_max_wait_ms(0)
            .with_min_bytes(0)
            .with_max_bytes(bytes(question.bytes))
            .with_isolation_level(level(question.isolation))
            .with_session_epoch(NO_SESSION)
            .with_topics(vec![FetchTopic::default().with_topic(words::topic(topic)).with_partitions(partitions)]);
        let ask = Ask::look(&request)
            .to(Target::Broker(leader))
            .up_to(NAMES_TOPICS)
            .judged(|response| KafkaError::check(response.error_code, None));
        let response = self.ask(ask).await?;
        let told = response.responses.into_iter().filter(|told| *told.topic.0 == *topic.as_str());
        Ok(told.flat_map(|told| told.partitions).map(outcome).collect())
    }
}

fn outcome(data: PartitionData) -> (PartitionId, Result<Fetched, KafkaError>) {
    let aborted = data.aborted_transactions.unwrap_or_default().into_iter().map(|transaction| AbortedTransaction {
        producer: transaction.producer_id.0,
        first_offset: transaction.first_offset,
    });
    let fetched = Fetched { bytes: data.records.unwrap_or_default(), aborted: aborted.collect() };
    (PartitionId(data.partition_index), KafkaError::check(data.error_code, None).map(|()| fetched))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ClientConfig, ErrorCode,
        stand_in::{Reply, StandIn, cluster},
    };
    use kafka_protocol::messages::{
        DescribeClusterRequest, FetchResponse, ProducerId,
        fetch_response::{AbortedTransaction as Told, FetchableTopicResponse},
    };
    use std::sync::OnceLock;

    fn question(isolation: Isolation) -> FetchQuestion {
        let place = |partition, offset| FetchPlace { partition: PartitionId(partition), offset, bytes: 1000 };
        FetchQuestion { places: vec![place(7, 41), place(0, 0)], bytes: 5000, isolation }
    }

    #[tokio::test]
    async fn a_question_goes_to_the_leader_without_a_session_and_aborted_transactions_are_told() {
        let address = std::sync::Arc::new(OnceLock::new());
        let own = address.clone();
        let broker = StandIn::usual(move |heard| {
            if heard.is::<DescribeClusterRequest>() {
                return cluster(&heard, &[own.get().cloned().unwrap()]);
            }
            let request: FetchRequest = heard.read::<FetchRequest>();
            assert_eq!((heard.version, request.session_epoch, request.replica_id.0), (12, -1, -1));
            assert_eq!((request.max_wait_ms, request.max_bytes, request.isolation_level), (0, 5000, 1));
            let asked: Vec<_> = request.topics[0].partitions.iter().map(|p| (p.partition, p.fetch_offset)).collect();
            assert_eq!(asked, [(7, 41), (0, 0)], "in the order that was asked for");
            let aborted = Told::default().with_producer_id(ProducerId(5)).with_first_offset(41);
            // More than lists of other answers may have, as one piece.
            let good = PartitionData::default()
                .with_partition_index(7)
                .with_aborted_transactions(Some(vec![aborted]))
                .with_records(Some(vec![1; 3 << 20].into()));
            let moved = PartitionData::default().with_partition_index(0).with_error_code(6);
            let topic = FetchableTopicResponse::default()
                .with_topic(words::topic(&"payments.a".parse().unwrap()))
                .with_partitions(vec![good, moved]);
            match heard.answer::<FetchRequest>(&FetchResponse::default().with_responses(vec![topic])) {
                Reply::Say(frames) => Reply::Say(frames),
                other => other,
            }
        })
        .await;
        address.set(broker.address.clone()).unwrap();
        let client = Client::new(ClientConfig { bootstrap: vec![broker.address.clone()], ..ClientConfig::new() });
        let topic = "payments.a".parse().unwrap();
        let mut told = client.fetch(&topic, BrokerId(1), &question(Isolation::Committed)).await.unwrap();
        let good = told.remove(&PartitionId(7)).unwrap().unwrap();
        assert_eq!((good.bytes.len(), good.aborted.len()), (3 << 20, 1));
        assert_eq!(good.aborted[0], AbortedTransaction { producer: 5, first_offset: 41 });
        let moved = told.remove(&PartitionId(0)).unwrap().unwrap_err();
        assert_eq!(moved.code, ErrorCode::NotLeaderOrFollower);
    }
}
