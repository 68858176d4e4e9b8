//! The task that looks at one cluster, again and again.

use crate::{
    Declarations, Monitor, MonitorOptions,
    connect::{self, NodePod, NotReachable},
    declared::declared,
    hosts, nodes,
    vitals::{NewestRecords, Said, Vitals},
};
use futures::{FutureExt, future::BoxFuture};
use klamm_kafka::{
    Addresses, Client,
    collect::{Collector, Depth, revise, unanswered},
};
use klamm_model::{BrokerId, ClusterRef, Gap, GapCause, Inventory, Part, Reachability, UnixMillis};
use klamm_resources::KafkaCluster;
use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

/// Configuration of all topics and members of groups change rarely and cost most: seen at every so-manieth look.
const EVERYTHING_EVERY: u32 = 5;

/// So many times as long as a look took goes by from its beginning to the next,
const A_SMALL_PART: u32 = 8;
/// but no longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// So much of a look goes by in waiting for a broker that does not answer;
const SILENCE: Duration = Duration::from_secs(3);
/// and after such a look so much goes by at least.
const A_BREATH: Duration = Duration::from_secs(1);

/// What one task looks at, and with what.
pub(crate) struct Subject {
    pub(crate) name: ClusterRef,
    pub(crate) newest: watch::Receiver<Arc<KafkaCluster>>,
    pub(crate) client: kube::Client,
    pub(crate) declarations: Declarations,
    pub(crate) options: MonitorOptions,
}

/// A Kafka client and what it was made from; made anew when that changes.
struct Connection {
    client: Client,
    collector: Collector,
    made_from: String,
    /// Looks so far; every few of them are deeper.
    looks: u32,
}

/// Looks until `stop`.
pub(crate) async fn run(mut subject: Subject, monitor: Arc<Monitor>, stop: CancellationToken) {
    let mut connection = None;
    let mut said = Said::default();
    let mut previous = Arc::new(Inventory::unseen(subject.name.clone()));
    let mut newest_records = NewestRecords::default();
    let mut due = Instant::now();
    loop {
        let asking: BoxFuture<'_, Infallible> =
            meanwhile(&mut newest_records, connection.as_ref(), monitor.vitals(&subject.name), &previous).boxed();
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep_until(due) => {}
            changed = subject.newest.changed() => if changed.is_err() { break },
            never = asking => match never {},
        }
        let cluster = subject.newest.borrow_and_update().clone();
        let began = Instant::now();
        let look = tokio::time::timeout(subject.options.within, look(&subject, &cluster, &mut connection, &previous));
        let mut next = tokio::select! {
            () = stop.cancelled() => break,
            looked = look => match looked {
                Ok(Ok((inventory, unready))) => {
                    said.unready = unready;
                    inventory
                }
                Ok(Err(reason)) => unanswered(&previous, reason.to_string(), now()),
                Err(_) => {
                    let seconds = subject.options.within.as_secs();
                    unanswered(&previous, format!("brokers took longer than {seconds} s to answer"), now())
                }
            },
        };
        monitor.reached(&subject.name, connection.as_ref().map(|standing| standing.client.clone()));
        revise(&previous, &mut next);
        let edition = subject.declarations.edition(&subject.name);
        let declared =
            declared(&cluster, next.brokers.len(), edition, |namespace| subject.declarations.team(namespace));
        if let Some(vitals) = monitor.vitals(&subject.name) {
            // Somebody who stands still gets later though nothing else changes.
            if vitals.observe(&next, now()) {
                next.revisions.numbers += 1;
            }
            said.refresh(&subject.declarations, &subject.name, edition, now());
            vitals.judge(&next, &declared, &said, now());
        }
        previous = monitor.publish(&subject.name, next, declared);
        due = began + next_after(began.elapsed(), &previous, &subject.options);
    }
    if let Some(Connection { client, .. }) = connection {
        client.close().await;
    }
}

/// Between two looks brokers are asked what nobody waits for; what they have not said by the next look they are asked again.
async fn meanwhile(
    newest_records: &mut NewestRecords,
    connection: Option<&Connection>,
    vitals: Option<Arc<Vitals>>,
    seen: &Inventory,
) -> Infallible {
    if let Some((connection, vitals)) = connection.zip(vitals)
        && seen.reachability == Reachability::Reachable
    {
        newest_records.ask(&connection.client, &vitals, seen, now()).await;
    }
    std::future::pending().await
}

/// From the beginning of a look to that of the next. Waiting for a broker that does not answer is no work for anybody, and
/// what becomes of it is of interest.
fn next_after(took: Duration, seen: &Inventory, options: &MonitorOptions) -> Duration {
    let is_silent = seen.gaps.iter().any(|gap| gap.part == Part::Broker && gap.cause == GapCause::Silence);
    if is_silent { pause(took.saturating_sub(SILENCE), options).max(took + A_BREATH) } else { pause(took, options) }
}

/// From the beginning of a look to that of the next: where brokers have much to tell or much to do, looking is a small part
/// of it, and still nobody waits long for news.
fn pause(took: Duration, options: &MonitorOptions) -> Duration {
    options.every.max((took * A_SMALL_PART).min(LONGEST_PAUSE)).max(took * 2)
}

/// One look, and the Kubernetes nodes that are not ready under brokers that do not serve. The error is what people are told.
async fn look(
    subject: &Subject,
    cluster: &KafkaCluster,
    connection: &mut Option<Connection>,
    previous: &Inventory,
) -> Result<(Inventory, BTreeMap<BrokerId, String>), NotReachable> {
    let pods = match cluster.spec.external {
        Some(_) => Vec::new(),
        None => connect::pods(&subject.client, &subject.name).await.map_err(logged)?,
    };
    let connection = connected(subject, cluster, &pods, connection).await.map_err(logged)?;
    let depth = if connection.looks.is_multiple_of(EVERYTHING_EVERY) { Depth::Everything } else { Depth::Numbers };
    connection.looks = connection.looks.wrapping_add(1);
    // Boxed, because the compiler cannot prove otherwise that what it borrows may move between threads (rust-lang/rust#110338).
    let looking: BoxFuture<'_, Inventory> = connection.collector.look(previous, depth, now()).boxed();
    let mut inventory = looking.await;
    for Gap { part, broker, missing, cause: _, reason } in &inventory.gaps {
        tracing::debug!(cluster = %subject.name, ?part, ?broker, missing, reason, "not all of the inventory could be seen");
    }
    nodes::complete(&mut inventory, cluster, &pods);
    subject.declarations.fill(&subject.name, &mut inventory);
    let unready = hosts::unready(&subject.client, &inventory, &pods).await;
    Ok((inventory, unready))
}

/// The standing connection, pointed at where the pods are now; a new one where the cluster was made anew.
async fn connected<'a>(
    subject: &Subject,
    cluster: &KafkaCluster,
    pods: &[NodePod],
    connection: &'a mut Option<Connection>,
) -> Result<&'a mut Connection, NotReachable> {
    let made_from = cluster.metadata.uid.clone().unwrap_or_default()
        + &cluster.spec.external.as_ref().map(|external| format!("{external:?}")).unwrap_or_default();
    if connection.as_ref().is_some_and(|standing| standing.made_from != made_from) {
        *connection = None;
    }
    if let Some(standing) = connection {
        if cluster.spec.external.is_none() {
            standing.client.set_addresses(Addresses::Explicit(connect::addresses(pods)?)).await;
        }
        return Ok(standing);
    }
    let configuration = connect::configuration(&subject.client, &subject.name, cluster, pods).await?;
    let client = Client::new(configuration);
    let made = Connection { collector: Collector::new(client.clone()), client, made_from, looks: 0 };
    Ok(connection.insert(made))
}

fn logged(error: NotReachable) -> NotReachable {
    tracing::debug!(error = %error, source = ?std::error::Error::source(&error), "a cluster could not be asked");
    error
}

fn now() -> UnixMillis {
    UnixMillis(jiff::Timestamp::now().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_that_take_long_are_seldom_but_not_too_seldom() {
        let options = MonitorOptions { every: Duration::from_secs(2), ..MonitorOptions::default() };
        let pauses =
            [50, 250, 500, 1_000, 2_500, 4_000].map(|took| pause(Duration::from_millis(took), &options).as_millis());
        assert_eq!(pauses, [2_000, 2_000, 4_000, 5_000, 5_000, 8_000]);
    }

    #[test]
    fn waiting_for_a_broker_that_is_silent_is_no_work() {
        let options = MonitorOptions { every: Duration::from_secs(2), ..MonitorOptions::default() };
        let mut seen = Inventory::unseen("kafka/demo".parse().unwrap());
        let reason = "no answer".to_owned();
        seen.gaps = vec![Gap { part: Part::Broker, broker: None, missing: 1, cause: GapCause::Silence, reason }];
        let after = |took| next_after(Duration::from_millis(took), &seen, &options).as_millis();
        assert_eq!([after(200), after(3_100), after(4_500)], [2_000, 4_100, 5_500]);
        seen.gaps.clear();
        assert_eq!(next_after(Duration::from_millis(3_100), &seen, &options).as_millis(), 6_200);
    }
}
