//! The metadata quorum (KIP-595, KIP-836, KIP-853).

use super::words;
use crate::{Client, ClientError, DirectoryId, ErrorCode, KafkaError, client::Ask};
use kafka_protocol::messages::{
    AddRaftVoterRequest, DescribeQuorumRequest, DescribeQuorumResponse, RemoveRaftVoterRequest, TopicName,
    add_raft_voter_request, describe_quorum_request, describe_quorum_response::ReplicaState,
};
use klamm_model::{BrokerId, Known, UnixMillis};

/// The quorum as its leader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuorumDescription {
    /// The active controller; none while there is an election.
    pub leader: Option<BrokerId>,
    /// Grows with every election.
    pub leader_epoch: i32,
    /// End of what is agreed on.
    pub high_watermark: i64,
    /// Those who vote.
    pub voters: Vec<QuorumReplica>,
    /// Those who only follow: brokers, and controllers that have not been made voters.
    pub observers: Vec<QuorumReplica>,
}

/// One who has a copy of the metadata log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuorumReplica {
    /// Its node id.
    pub id: BrokerId,
    /// Its metadata directory; none in quorums with a static list of voters, and from older brokers.
    pub directory_id: Option<DirectoryId>,
    /// Where its copy ends; unknown until it has fetched.
    pub log_end_offset: Known<i64>,
    /// When it last fetched.
    pub last_fetch: Known<UnixMillis>,
    /// When it last had everything.
    pub last_caught_up: Known<UnixMillis>,
}

impl QuorumDescription {
    /// Everybody who has a copy.
    pub fn replicas(&self) -> impl Iterator<Item = &QuorumReplica> {
        self.voters.iter().chain(&self.observers)
    }

    /// For how many milliseconds `replica` has lacked something, by the leader's clock, which is the one that wrote down when
    /// others fetched. Controllers take each other for caught up below `controller.quorum.fetch.timeout.ms`.
    pub fn millis_behind(&self, replica: &QuorumReplica) -> Known<u64> {
        let leader = self.leader.and_then(|id| self.voters.iter().find(|voter| voter.id == id));
        match (leader.map(|leader| leader.last_caught_up), replica.last_caught_up) {
            (Some(Known::Known(now)), Known::Known(then)) => {
                Known::Known(u64::try_from(now.0.saturating_sub(then.0)).unwrap_or(0))
            }
            _ => Known::Unknown,
        }
    }

    /// How many records `replica` is behind the leader.
    pub fn lag(&self, replica: &QuorumReplica) -> Known<u64> {
        let leader = self.leader.and_then(|id| self.voters.iter().find(|voter| voter.id == id));
        match (leader.map(|leader| leader.log_end_offset), replica.log_end_offset) {
            (Some(Known::Known(leader)), Known::Known(own)) => u64::try_from(leader.saturating_sub(own)).ok().into(),
            _ => Known::Unknown,
        }
    }
}

/// A controller that is to vote. It must run already, as an observer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVoter {
    /// Its node id.
    pub id: BrokerId,
    /// The id of its metadata directory.
    pub directory_id: DirectoryId,
    /// Where other controllers reach it.
    pub endpoints: Vec<VoterEndpoint>,
}

/// Where a controller listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoterEndpoint {
    /// The name of the listener.
    pub listener: String,
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
}

const METADATA_TOPIC: &str = "__cluster_metadata";

impl Client {
    /// Who leads, votes and follows, and how far each is. Brokers pass the question on to the leader.
    pub async fn describe_quorum(&self) -> Result<QuorumDescription, ClientError> {
        let partition = describe_quorum_request::PartitionData::default().with_partition_index(0);
        let topic = describe_quorum_request::TopicData::default()
            .with_topic_name(TopicName(words::text(METADATA_TOPIC)))
            .with_partitions(vec![partition]);
        let request = DescribeQuorumRequest::default().with_topics(vec![topic]);
        let response = self.ask(Ask::look(&request).judged(judge)).await?;
        let partition = response.topics.first().and_then(|topic| topic.partitions.first());
        let Some(partition) = partition else {
            let source =
                KafkaError { code: ErrorCode::UnknownServerError, message: Some("the answer is empty".to_owned()) };
            return Err(ClientError::Broker { what: "DescribeQuorum", source });
        };
        let mut voters: Vec<_> = partition.current_voters.iter().map(replica).collect();
        let mut observers: Vec<_> = partition.observers.iter().map(replica).collect();
        voters.sort_by_key(|replica| replica.id);
        observers.sort_by_key(|replica| replica.id);
        Ok(QuorumDescription {
            leader: words::broker(partition.leader_id),
            leader_epoch: partition.leader_epoch,
            high_watermark: partition.high_watermark,
            voters,
            observers,
        })
    }

    /// Makes a controller a voter; it has to follow the log already.
    pub async fn add_raft_voter(&self, voter: &NewVoter) -> Result<(), ClientError> {
        let listener = |endpoint: &VoterEndpoint| {
            add_raft_voter_request::Listener::default()
                .with_name(words::text(&endpoint.listener))
                .with_host(words::text(&endpoint.host))
                .with_port(endpoint.port)
        };
        let request = AddRaftVoterRequest::default()
            .with_cluster_id(None)
            .with_timeout_ms(self.broker_timeout_ms())
            .with_voter_id(voter.id.0)
            .with_voter_directory_id(words::uuid(voter.directory_id.as_bytes()))
            .with_listeners(voter.endpoints.iter().map(listener).collect());
        let ask = Ask::change(&request)
            .judged(|response| KafkaError::check(response.error_code, response.error_message.as_deref()));
        self.ask(ask).await.map(drop)
    }

    /// Takes a controller's vote away.
    pub async fn remove_raft_voter(&self, id: BrokerId, directory_id: DirectoryId) -> Result<(), ClientError> {
        let request = RemoveRaftVoterRequest::default()
            .with_cluster_id(None)
            .with_voter_id(id.0)
            .with_voter_directory_id(words::uuid(directory_id.as_bytes()));
        let ask = Ask::change(&request)
            .judged(|response| KafkaError::check(response.error_code, response.error_message.as_deref()));
        self.ask(ask).await.map(drop)
    }
}

fn judge(response: &DescribeQuorumResponse) -> Result<(), KafkaError> {
    KafkaError::check(response.error_code, response.error_message.as_deref())?;
    let mut partitions = response.topics.iter().flat_map(|topic| &topic.partitions);
    partitions.try_for_each(|p| KafkaError::check(p.error_code, p.error_message.as_deref()))
}

fn replica(state: &ReplicaState) -> QuorumReplica {
    let at = |millis: i64| Known::from((millis >= 0).then_some(UnixMillis(millis)));
    let directory = *state.replica_directory_id.as_bytes();
    QuorumReplica {
        id: BrokerId(state.replica_id.0),
        directory_id: (directory != [0; 16]).then(|| DirectoryId::from_bytes(directory)),
        log_end_offset: (state.log_end_offset >= 0).then_some(state.log_end_offset).into(),
        last_fetch: at(state.last_fetch_timestamp),
        last_caught_up: at(state.last_caught_up_timestamp),
    }
}
