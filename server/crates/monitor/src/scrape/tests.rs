mod at_size;

use super::*;
use anyhow::ensure;
use klamm_model::{
    Broker, BrokerId, BrokerState, Inventory, Measured, Measurement, Metric, NodeRole, Reachability, TargetAnswer,
    TargetSource, TargetState, TargetTrouble, UnixMillis,
};
use klamm_testkit::{BadExporter, Estate, EstateSize, Fault, eventually};
use std::{io::Write as _, net::SocketAddr};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const SOON: Duration = Duration::from_mins(1);

fn target(id: usize, source: TargetSource, address: SocketAddr) -> (ObjectName, Target) {
    let pod: ObjectName = format!("broker-{id}").parse().unwrap();
    let broker = i32::try_from(id).ok().map(BrokerId);
    let target =
        Target { pod: pod.clone(), broker, source, address: address.to_string(), path: "/m".to_owned(), secret: None };
    (pod, target)
}

fn targets_of(estate: &Estate) -> BTreeMap<ObjectName, Target> {
    let all = (1..).zip(estate.exporters());
    all.map(|(id, address)| target(id, TargetSource::Prometheus, *address)).collect()
}

fn quickly() -> Rhythm {
    Rhythm { every: Duration::from_millis(200), gap: 50 }
}

fn state(vitals: &Vitals, id: usize) -> TargetState {
    let pod: ObjectName = format!("broker-{id}").parse().unwrap();
    vitals.targets().iter().find(|target| target.pod == pod).cloned().unwrap()
}

fn trouble(state: &TargetState) -> Option<TargetTrouble> {
    match &state.answer {
        TargetAnswer::Trouble { kind, .. } => Some(*kind),
        TargetAnswer::NotYet | TargetAnswer::Numbers => None,
    }
}

/// Lines that are cut are rejects; what the others tell counts.
fn wanted(bad: BadExporter) -> Option<TargetTrouble> {
    Some(match bad {
        BadExporter::Hangs => TargetTrouble::Slow,
        BadExporter::Html => TargetTrouble::NotMetrics,
        BadExporter::Bomb | BadExporter::Large => TargetTrouble::TooLarge,
        BadExporter::Redirects => TargetTrouble::Redirects,
        BadExporter::WantsPassword => TargetTrouble::WantsPassword,
        BadExporter::NotNumbers | BadExporter::Negative | BadExporter::Huge | BadExporter::Skewed => {
            TargetTrouble::Lies
        }
        BadExporter::Strange => TargetTrouble::NothingKnown,
        BadExporter::CutsLabels => return None,
    })
}

fn inventory(brokers: i32) -> Inventory {
    let mut inventory = Inventory::unseen("kafka/estate".parse().unwrap());
    inventory.reachability = Reachability::Reachable;
    let broker = |id| Broker::unseen(BrokerId(id), BrokerState::Running, vec![NodeRole::Broker]);
    inventory.brokers = (1..=brokers).map(broker).collect();
    inventory
}

/// Twelve brokers, eleven with one of everything that can be wrong with an exporter: each is told of, the twelfth tells numbers.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_bad_exporter_is_told_of_and_the_others_go_on() {
    let estate = Estate::start(EstateSize::SMALL).await.unwrap();
    estate.grow_older(100);
    let bad: Vec<(usize, BadExporter)> = (2..).zip(BadExporter::ALL).take(11).collect();
    for (id, bad) in &bad {
        estate.inflict(Fault::Exporter(i32::try_from(*id).unwrap(), *bad));
    }
    let vitals = Arc::<Vitals>::default();
    let mut readers = Readers::new(Arc::clone(&vitals), None, Rhythm { every: Duration::from_secs(2), gap: 3 });
    readers.read(targets_of(&estate));
    eventually("all bad exporters to be told of", SOON, || async {
        for (id, bad) in &bad {
            let state = state(&vitals, *id);
            ensure!(
                state.answer != TargetAnswer::NotYet && trouble(&state) == wanted(*bad),
                "{bad:?}: {:?}",
                state.answer
            );
            ensure!(state.answered_at.is_some() == wanted(*bad).is_none(), "{bad:?}: {:?}", state.answered_at);
        }
        ensure!(state(&vitals, 1).answer == TargetAnswer::Numbers, "{:?}", state(&vitals, 1));
        Ok(())
    })
    .await
    .unwrap();
    let well = state(&vitals, 1);
    assert!(well.bytes > 1000 && well.rejects == 0 && well.answered_at.is_some(), "{well:?}");
    for (id, bad) in &bad {
        let (state, lies) = (state(&vitals, *id), wanted(*bad) == Some(TargetTrouble::Lies));
        assert_eq!(state.reject.is_some(), lies || *bad == BadExporter::CutsLabels, "{bad:?} {:?}", state.reject);
    }

    estate.heal_everything();
    estate.inflict(Fault::Exporter(1, BadExporter::Strange));
    eventually("all but the first to be well", SOON, || async {
        for (id, bad) in &bad {
            ensure!(state(&vitals, *id).answer == TargetAnswer::Numbers, "{bad:?}: {:?}", state(&vitals, *id).answer);
        }
        ensure!(trouble(&state(&vitals, 1)) == Some(TargetTrouble::NothingKnown));
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_exporters_tell_becomes_series_and_clients() {
    let size = EstateSize { brokers: 3, ..EstateSize::SMALL };
    let estate = Arc::new(Estate::start(size).await.unwrap());
    let vitals = Arc::<Vitals>::default();
    let mut readers = Readers::new(Arc::clone(&vitals), None, quickly());
    readers.read(targets_of(&estate));
    let growing = Arc::clone(&estate).live();
    let now = || UnixMillis(jiff::Timestamp::now().as_millisecond());
    let began = now();
    let measured = eventually("rates to be told", SOON, || async {
        let measured = vitals.with_targets(Vec::new(), &inventory(3), now());
        let bytes = |one: &&Measurement| one.metric == Metric::BytesOut && one.of == Measured::Cluster;
        ensure!(measured.iter().find(bytes).is_some_and(|one| one.value > 0.0), "{measured:?}");
        Ok(measured)
    })
    .await
    .unwrap();
    growing.abort();
    let of = |metric, of| measured.iter().find(|one| one.metric == metric && one.of == of).map(|one| one.value);
    assert_eq!(of(Metric::Connections, Measured::Cluster), Some(180.0));
    assert_eq!(of(Metric::ActiveControllers, Measured::Broker(BrokerId(1))), None, "no broker has a controller alone");
    assert_eq!(of(Metric::HeapMaxBytes, Measured::Broker(BrokerId(2))), Some(6.4e9));

    let clients = vitals.clients(now());
    let of_librdkafka: Vec<_> = clients.iter().filter(|client| client.name == "librdkafka").collect();
    assert_eq!(of_librdkafka.iter().map(|client| client.connections).sum::<u32>(), 36, "{clients:?}");
    assert_eq!(vitals.clients(UnixMillis(began.0 + 600_000)), [], "what was told long ago says nothing of now");
    readers.read(BTreeMap::new());
    assert!(vitals.targets().is_empty());
}

/// One answer to whoever asks, as a raw text.
async fn one_answer(head: &'static str, body: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 4096];
            if stream.read(&mut asked).await.unwrap_or(0) == 0 {
                continue;
            }
            let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(body).await;
        }
    });
    address
}

#[tokio::test]
async fn jolokia_is_read_and_its_refusals_are_told() {
    const JSON: &str = "200 OK\r\nContent-Type: application/json";
    let recorded = include_bytes!("../../tests/exports/jolokia-4.1.2.json");
    let answers = [
        one_answer(JSON, recorded).await,
        one_answer("401 Unauthorized", b"").await,
        one_answer(JSON, b"{\"status\":403}").await,
        one_answer("500 Internal Server Error", b"").await,
        "127.0.0.1:9".parse().unwrap(),
    ];
    let vitals = Arc::<Vitals>::default();
    let mut readers = Readers::new(Arc::clone(&vitals), None, quickly());
    readers.read((0..).zip(answers).map(|(id, address)| target(id, TargetSource::Jolokia, address)).collect());
    let wanted = [
        None,
        Some(TargetTrouble::WantsPassword),
        Some(TargetTrouble::NotMetrics),
        Some(TargetTrouble::Refuses),
        Some(TargetTrouble::Unreachable),
    ];
    eventually("all five to have answered", SOON, || async {
        for (id, wanted) in wanted.iter().enumerate() {
            let state = state(&vitals, id);
            ensure!(state.answer != TargetAnswer::NotYet && trouble(&state) == *wanted, "{id}: {:?}", state.answer);
        }
        Ok(())
    })
    .await
    .unwrap();
    assert!(state(&vitals, 0).bytes > 10_000);
}

fn packed(text: &[u8]) -> &'static [u8] {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text).unwrap();
    Vec::leak(packed.finish().unwrap())
}

#[tokio::test]
async fn a_jolokia_that_tells_very_much_is_told_of_as_any_other_that_tells_nothing_of_use() {
    let head = "200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip";
    let part = |value: &str| format!("[{{\"status\":200,\"value\":{value}}}]");
    let nested = |depth| format!("{{\"a.b:type=c\":{{\"Count\":{}{}}}}}", "[".repeat(depth), "]".repeat(depth));
    let others: Vec<_> = (0..5000).map(|n| format!("\"a.b:type=c,n={n}\":{{\"Count\":{n}}}")).collect();
    let answers = [
        (format!("[{}0]", "0,".repeat(500_000)), TargetTrouble::NotMetrics),
        (part(&nested(5000)), TargetTrouble::NotMetrics),
        (part(&nested(500_000)), TargetTrouble::NothingKnown),
        (part(&format!("{{{}}}", others.join(","))), TargetTrouble::NothingKnown),
    ];
    let vitals = Arc::<Vitals>::default();
    let mut readers = Readers::new(Arc::clone(&vitals), None, Rhythm { every: Duration::from_secs(2), gap: 3 });
    let mut targets = BTreeMap::new();
    for (id, (answer, _)) in answers.iter().enumerate() {
        targets.extend([target(id, TargetSource::Jolokia, one_answer(head, packed(answer.as_bytes())).await)]);
    }
    readers.read(targets);
    eventually("all of them to be told of", SOON, || async {
        for (id, (_, wanted)) in answers.iter().enumerate() {
            let state = state(&vitals, id);
            ensure!(trouble(&state) == Some(*wanted), "{id}: {:?}", state.answer);
        }
        Ok(())
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_packed_answer_is_unpacked() {
    let body = packed(b"kafka_server_replicamanager_leadercount 3\n");
    let head = "200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip";
    let half = one_answer(head, &body[..body.len() / 2]).await;
    let whole = one_answer(head, body).await;
    let vitals = Arc::<Vitals>::default();
    let mut readers = Readers::new(Arc::clone(&vitals), None, quickly());
    let all = [target(0, TargetSource::Prometheus, whole), target(1, TargetSource::Prometheus, half)];
    readers.read(all.into_iter().collect());
    eventually("both to have answered", SOON, || async {
        ensure!(state(&vitals, 0).answer == TargetAnswer::Numbers, "{:?}", state(&vitals, 0));
        ensure!(trouble(&state(&vitals, 1)) == Some(TargetTrouble::NotMetrics), "{:?}", state(&vitals, 1));
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(state(&vitals, 0).bytes, 42);
}
