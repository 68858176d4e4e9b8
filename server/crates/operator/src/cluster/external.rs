//! A cluster that somebody else runs: Klamm connects, and says whether it can.

use super::{
    ask::ask,
    identity::password,
    observed::{Answer, KafkaSeen},
    publish::{Outcome, publish},
    trouble::Trouble,
};
use crate::runtime::{Context, Dial, explain};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use klamm_kafka::{Address, Authentication, Credentials};
use klamm_model::{BrokerState, ClusterRef, ObjectName};
use klamm_resources::{
    ClusterReason, ConditionStatus, ConditionType, ConditionUpdate, ExternalCluster, KafkaCluster, KafkaClusterStatus,
    clear_condition, set_condition,
};
use kube::Api;
use std::collections::BTreeMap;

/// The name under which the addresses of an external cluster are shown.
const LISTENER: &str = "external";

pub(super) async fn look(
    context: &Context,
    object: &KafkaCluster,
    cluster: &ClusterRef,
    declared: &ExternalCluster,
    problems: Vec<Trouble>,
) -> Outcome {
    let previous = object.status.clone().unwrap_or_default();
    let seen = match sign_in(context, cluster, declared.secret_name.as_ref()).await {
        Ok(sign_in) => {
            let addresses =
                declared.bootstrap_servers.iter().filter_map(|a| Address::new(a.host.clone(), a.port).ok()).collect();
            Ok(ask(context, cluster, Dial::Bootstrap(addresses), sign_in).await)
        }
        Err(trouble) => {
            context.connections.judge(cluster, Some(trouble.message.clone()));
            Err(trouble)
        }
    };
    let status = status(&previous, object.metadata.generation, declared, &seen, &problems, Timestamp::now());
    let has_problems = !problems.is_empty() || !matches!(seen, Ok(KafkaSeen::Answered(_)));
    publish(context, object, &previous, status, has_problems).await
}

async fn sign_in(
    context: &Context,
    cluster: &ClusterRef,
    secret_name: Option<&ObjectName>,
) -> Result<Authentication, Trouble> {
    let Some(name) = secret_name else { return Ok(Authentication::None) };
    let missing = |message: String| Trouble { reason: ClusterReason::SecretMissing, message };
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), cluster.namespace.as_str());
    let secret = secrets
        .get_opt(name.as_str())
        .await
        .map_err(|error| missing(format!("the Secret {name} cannot be read: {}", explain(&error))))?
        .ok_or_else(|| {
            missing(format!("the Secret {name} of external.secretName does not exist in {}", cluster.namespace))
        })?;
    let key = |key: &str| {
        password(&secret, key).ok_or_else(|| missing(format!("the Secret {name} has no key {key}, or it is empty")))
    };
    let user = key("username")?;
    Ok(Authentication::ScramSha512(Credentials::new(user.reveal(), key("password")?)))
}

fn status(
    previous: &KafkaClusterStatus,
    generation: Option<i64>,
    declared: &ExternalCluster,
    seen: &Result<KafkaSeen, Trouble>,
    problems: &[Trouble],
    now: Timestamp,
) -> KafkaClusterStatus {
    let servers = declared.bootstrap_servers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let mut status = KafkaClusterStatus {
        observed_generation: generation,
        bootstrap_servers: BTreeMap::from([(LISTENER.to_owned(), servers.clone())]),
        brokers: Vec::new(),
        ..previous.clone()
    };
    let update = match seen {
        Ok(KafkaSeen::Answered(answer)) => {
            let message = answered(&mut status, answer);
            ConditionUpdate::new(ConditionType::Ready, ConditionStatus::True, ClusterReason::Serving, message)
        }
        other => {
            let (reason, message) = match other {
                Err(trouble) => (trouble.reason, trouble.message.clone()),
                Ok(KafkaSeen::Refused(why)) => (
                    ClusterReason::AuthenticationFailed,
                    format!("{servers} refuses these credentials: {why}; correct the Secret of external.secretName"),
                ),
                Ok(KafkaSeen::Silent(why)) => (
                    ClusterReason::KafkaUnreachable,
                    format!("{servers} does not answer: {why}; check external.bootstrapServers and the network"),
                ),
                Ok(KafkaSeen::NotAsked | KafkaSeen::Answered(_)) => {
                    (ClusterReason::KafkaUnreachable, "external.bootstrapServers names nobody".to_owned())
                }
            };
            ConditionUpdate::new(ConditionType::Ready, ConditionStatus::False, reason, message)
        }
    };
    set_condition(&mut status.conditions, update, generation, now);
    for type_ in [ConditionType::Progressing, ConditionType::Waiting] {
        clear_condition(&mut status.conditions, type_);
    }
    match problems.first() {
        Some(worst) => {
            let message = problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ");
            let update = ConditionUpdate::new(ConditionType::Degraded, ConditionStatus::True, worst.reason, message);
            set_condition(&mut status.conditions, update, generation, now);
        }
        None => drop(clear_condition(&mut status.conditions, ConditionType::Degraded)),
    }
    status
}

fn answered(status: &mut KafkaClusterStatus, answer: &Answer) -> String {
    let running = answer.brokers.values().filter(|state| **state == BrokerState::Running).count();
    status.cluster_id = Some(answer.cluster_id.clone());
    status.metadata_version.clone_from(&answer.metadata_version);
    status.kafka_version.clone_from(&answer.software);
    status.brokers_ready = Some(format!("{running}/{}", answer.brokers.len()));
    format!("{running} of {} brokers serve", answer.brokers.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_resources::condition;

    fn declared() -> ExternalCluster {
        ExternalCluster { bootstrap_servers: vec!["broker-1:9092".parse().unwrap()], secret_name: None }
    }

    fn ready(seen: &Result<KafkaSeen, Trouble>) -> (String, String, String) {
        let status = status(&KafkaClusterStatus::default(), Some(1), &declared(), seen, &[], Timestamp::UNIX_EPOCH);
        let ready = condition(&status.conditions, ConditionType::Ready).unwrap().clone();
        (ready.status, ready.reason, ready.message)
    }

    #[test]
    fn every_way_not_to_connect_is_named_and_says_what_to_do() {
        let (status, reason, message) = ready(&Ok(KafkaSeen::Refused("no".to_owned())));
        assert_eq!((status.as_str(), reason.as_str()), ("False", "AuthenticationFailed"));
        assert!(message.contains("correct the Secret"), "{message}");
        let (_, reason, message) = ready(&Ok(KafkaSeen::Silent("refused".to_owned())));
        assert_eq!(reason, "KafkaUnreachable");
        assert!(message.contains("broker-1:9092"), "{message}");
        let lost = Trouble { reason: ClusterReason::SecretMissing, message: "gone".to_owned() };
        assert_eq!(ready(&Err(lost)).1, "SecretMissing");
    }

    #[test]
    fn a_cluster_that_answers_is_ready_with_what_it_says() {
        let answer = Answer {
            cluster_id: "abc".to_owned(),
            brokers: BTreeMap::from([(1, BrokerState::Running), (2, BrokerState::Fenced)]),
            metadata_version: Some("4.1-IV1".to_owned()),
            ..Answer::default()
        };
        let seen = Ok(KafkaSeen::Answered(Box::new(answer)));
        let status = status(&KafkaClusterStatus::default(), Some(1), &declared(), &seen, &[], Timestamp::UNIX_EPOCH);
        assert!(klamm_resources::holds(&status.conditions, ConditionType::Ready));
        assert_eq!(status.brokers_ready.as_deref(), Some("1/2"));
        assert_eq!(status.cluster_id.as_deref(), Some("abc"));
    }
}
