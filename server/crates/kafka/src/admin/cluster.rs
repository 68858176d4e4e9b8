//! The cluster and its brokers.

use super::words;
use crate::{
    Address, ApiTable, Client, ClientError, KafkaError,
    client::{Ask, Target},
    connection::handshake,
};
use kafka_protocol::messages::{
    self, ApiVersionsRequest, DescribeClusterRequest, DescribeClusterResponse, UnregisterBrokerRequest,
};
use klamm_model::{BrokerId, BrokerState};

/// The cluster as one broker sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterDescription {
    /// Kafka's own cluster id.
    pub cluster_id: String,
    /// In KRaft a random broker that runs, not the leader of the quorum: for that see `describe_quorum`.
    pub controller: Option<BrokerId>,
    /// Brokers by id. Fenced ones are listed by Kafka 4.1 and newer; older ones leave them out.
    pub brokers: Vec<ClusterNode>,
}

/// A broker as the cluster knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterNode {
    /// Its id.
    pub id: BrokerId,
    /// The host it advertises on the listener that was asked.
    pub host: String,
    /// The port beside it.
    pub port: u16,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Running or fenced.
    pub state: BrokerState,
}

impl Client {
    /// The cluster's id and brokers.
    pub async fn describe_cluster(&self) -> Result<ClusterDescription, ClientError> {
        self.cluster_as_told_by(Target::Any).await
    }

    /// The same, as one broker has it.
    pub async fn describe_cluster_at(&self, broker: BrokerId) -> Result<ClusterDescription, ClientError> {
        self.cluster_as_told_by(Target::Broker(broker)).await
    }

    async fn cluster_as_told_by(&self, target: Target) -> Result<ClusterDescription, ClientError> {
        let request = DescribeClusterRequest::default().with_endpoint_type(1).with_include_fenced_brokers(true);
        let ask = Ask::look(&request)
            .to(target)
            .fitted(|request, version| match version {
                0 => request.with_include_fenced_brokers(false).with_endpoint_type(1),
                1 => request.with_include_fenced_brokers(false),
                _ => request,
            })
            .judged(|response| KafkaError::check(response.error_code, response.error_message.as_deref()));
        let description = read(&self.ask(ask).await?);
        let advertised = |node: &ClusterNode| Some((node.id, Address::new(node.host.clone(), node.port).ok()?));
        let fenced = description.brokers.iter().filter(|node| node.state == BrokerState::Fenced).map(|node| node.id);
        self.learn_routes(description.brokers.iter().filter_map(advertised).collect(), fenced.collect());
        Ok(description)
    }

    /// What one broker can do: also the cheapest proof that it lives and lets us in.
    pub async fn api_versions(&self, broker: BrokerId) -> Result<ApiTable, ClientError> {
        let request = ApiVersionsRequest::default()
            .with_client_software_name(words::text("klamm"))
            .with_client_software_version(words::text(env!("CARGO_PKG_VERSION")));
        let ask = Ask::look(&request)
            .to(Target::Broker(broker))
            .judged(|response| KafkaError::check(response.error_code, None));
        self.ask(ask).await.map(|response| handshake::table(&response))
    }

    /// Makes the cluster forget a broker that will not come back. It must be stopped and hold no replicas.
    pub async fn unregister_broker(&self, broker: BrokerId) -> Result<(), ClientError> {
        let request = UnregisterBrokerRequest::default().with_broker_id(messages::BrokerId(broker.0));
        let ask = Ask::change(&request)
            .judged(|response| KafkaError::check(response.error_code, response.error_message.as_deref()));
        self.ask(ask).await.map(drop)
    }
}

fn read(response: &DescribeClusterResponse) -> ClusterDescription {
    let mut brokers: Vec<ClusterNode> = response
        .brokers
        .iter()
        .map(|broker| ClusterNode {
            id: BrokerId(broker.broker_id.0),
            host: broker.host.to_string(),
            port: u16::try_from(broker.port).unwrap_or(0),
            rack: broker.rack.as_deref().map(str::to_owned),
            state: if broker.is_fenced { BrokerState::Fenced } else { BrokerState::Running },
        })
        .collect();
    brokers.sort_by_key(|broker| broker.id);
    ClusterDescription {
        cluster_id: response.cluster_id.to_string(),
        controller: words::broker(response.controller_id),
        brokers,
    }
}
