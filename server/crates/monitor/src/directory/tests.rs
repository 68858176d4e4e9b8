use super::*;
use anyhow::ensure;
use klamm_model::{BrokerState, Reachability};
use klamm_resources::{Authentication, External, KafkaClusterSpec};
use klamm_testkit::{Estate, EstateSize, Fault, eventually};

const SOON: Duration = Duration::from_secs(30);

fn external(estate: &Estate) -> Arc<KafkaCluster> {
    let external = External {
        bootstrap_servers: estate.bootstrap_servers(),
        authentication: Authentication::None,
        secret_name: None,
    };
    Arc::new(KafkaCluster::new("estate", KafkaClusterSpec { external: Some(external), ..KafkaClusterSpec::default() }))
}

/// A Kubernetes that does not answer: brokers that Klamm does not run are seen without it.
fn nobodys_kubernetes() -> kube::Client {
    kube::Client::try_from(kube::Config::new("http://127.0.0.1:9".parse().unwrap())).unwrap()
}

#[tokio::test]
async fn a_cluster_that_stops_answering_keeps_its_inventory_and_delays_no_other() {
    let (well, ill) =
        (Estate::start(EstateSize::SMALL).await.unwrap(), Estate::start(EstateSize::SMALL).await.unwrap());
    let (client, stop) = (nobodys_kubernetes(), CancellationToken::new());
    let options = MonitorOptions { every: Duration::from_millis(100), ..MonitorOptions::default() };
    let monitor = Arc::new(Monitor::empty(Declarations::start(&client, &stop), None));
    let names: [ClusterRef; 2] = ["kafka/well", "kafka/ill"].map(|name| name.parse().unwrap());
    for (name, estate) in names.iter().zip([&well, &ill]) {
        monitor.observe(name.clone(), external(estate), &client, options, &stop);
    }
    let seen = |name: &ClusterRef| Arc::clone(&monitor.cluster(name).unwrap().inventory);
    let answers = |name: &ClusterRef| {
        let now = seen(name);
        async move {
            ensure!(now.reachability == Reachability::Reachable, "{:?}", now.reachability);
            Ok(now)
        }
    };
    let [well_name, ill_name] = &names;
    eventually("the one to be seen", SOON, || answers(well_name)).await.unwrap();
    let before = eventually("the other to be seen", SOON, || answers(ill_name)).await.unwrap();
    let revisions = monitor.revisions().borrow()[&(ill_name.clone(), Section::Structure)];

    (1..=12).for_each(|id| ill.inflict(Fault::DeadBroker(id)));
    let gone = eventually("its silence to be noticed", SOON, || {
        let now = seen(ill_name);
        async move {
            ensure!(matches!(now.reachability, Reachability::Unreachable { .. }), "{:?}", now.reachability);
            Ok(now)
        }
    });
    let gone = gone.await.unwrap();
    assert_eq!((gone.topics.len(), before.topics.len()), (120, 120));
    assert_eq!(gone.groups.value().map(Vec::len), before.groups.value().map(Vec::len));
    assert!(gone.brokers.iter().all(|broker| broker.state == BrokerState::Unknown));
    assert!(monitor.revisions().borrow()[&(ill_name.clone(), Section::Structure)] > revisions, "readers are told");

    let last = seen(well_name).observed_at;
    eventually("the other to be looked at meanwhile", SOON, || {
        let now = seen(well_name);
        async move {
            ensure!(now.observed_at > last, "{:?}", now.observed_at);
            Ok(())
        }
    })
    .await
    .unwrap();

    ill.heal_everything();
    let back = eventually("it to come back", SOON, || answers(ill_name)).await.unwrap();
    assert_eq!(back.topics.len(), 120);
    let group = &back.groups.value().unwrap()[0].id;
    assert!(monitor.kafka(ill_name).unwrap().find_coordinator(group).await.is_ok(), "others ask by the same way");
    assert!(monitor.kafka(&"kafka/none".parse().unwrap()).is_none());
    stop.cancel();
}
