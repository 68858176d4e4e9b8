//! Asks the brokers how they are.

use super::observed::{Answer, KafkaSeen, Observed, QuorumSeen, address, is_running};
use crate::runtime::{Context, Dial};
use klamm_kafka::{Address, Authentication, Client, ClientError};
use klamm_model::{BrokerId, ClusterRef};
use klamm_resources::{managed, names::label};
use kube::ResourceExt;
use std::{collections::BTreeMap, time::Duration};

/// How long one look may wait for brokers; the next look comes soon.
const PATIENCE: Duration = Duration::from_secs(4);

/// Where the brokers of a cluster that Klamm runs are now.
pub(crate) fn broker_addresses(observed: &Observed) -> BTreeMap<BrokerId, Address> {
    observed
        .pods
        .values()
        .filter(|pod| pod.labels().contains_key(label::BROKER) && is_running(pod))
        .filter_map(|pod| {
            let id = pod.labels().get(label::NODE_ID)?.parse().ok()?;
            Some((BrokerId(id), Address::new(address(pod)?, managed::INTERNAL_PORT).ok()?))
        })
        .collect()
}

/// Asks, and keeps the connection that other reconcilers use current.
pub(crate) async fn ask(context: &Context, cluster: &ClusterRef, dial: Dial, sign_in: Authentication) -> KafkaSeen {
    let nobody = match &dial {
        Dial::Pods(pods) => pods.is_empty(),
        Dial::Bootstrap(addresses) => addresses.is_empty(),
    };
    if nobody {
        context.connections.judge(cluster, Some(format!("no broker of {cluster} runs")));
        return KafkaSeen::NotAsked;
    }
    let client = context.connections.dial(cluster, dial, sign_in).await;
    let seen = look(&client.with_timeout(PATIENCE)).await;
    context.connections.judge(
        cluster,
        match &seen {
            KafkaSeen::Answered(_) => None,
            KafkaSeen::NotAsked => Some(format!("no broker of {cluster} runs")),
            KafkaSeen::Silent(why) => Some(format!("the brokers of {cluster} do not answer: {why}")),
            KafkaSeen::Refused(why) => Some(format!("the brokers of {cluster} refuse Klamm: {why}")),
        },
    );
    seen
}

async fn look(client: &Client) -> KafkaSeen {
    let description = match client.describe_cluster().await {
        Ok(description) => description,
        Err(error @ ClientError::Authentication(_)) => return KafkaSeen::Refused(error.explain()),
        Err(error) => return KafkaSeen::Silent(error.explain()),
    };
    // Without a leader of the quorum these are not answered; that is a finding, not a failure.
    let (quorum, features) = tokio::join!(client.describe_quorum(), client.describe_features());
    let features = features.ok();
    KafkaSeen::Answered(Box::new(Answer {
        cluster_id: description.cluster_id,
        brokers: description.brokers.iter().map(|broker| (broker.id.0, broker.state)).collect(),
        quorum: quorum.ok().map(|quorum| QuorumSeen {
            leader: quorum.leader.map(|leader| leader.0),
            voters: quorum.voters.iter().map(|voter| (voter.id.0, voter.directory_id)).collect(),
            observers: quorum
                .observers
                .iter()
                .filter_map(|observer| Some((observer.id.0, observer.directory_id?)))
                .collect(),
        }),
        metadata_version: features.as_ref().and_then(|features| Some(features.metadata_version()?.to_string())),
        software: features.as_ref().and_then(|features| Some(features.software()?.to_string())),
    }))
}
