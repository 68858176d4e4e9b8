//! The estate at its full size, where some exporters lie, each in its way.

use super::*;
use crate::{Declared, vitals::Said};
use klamm_model::{FindingRule, FindingSubject};
use std::collections::BTreeSet;
use tokio::net::TcpStream;

/// Brokers whose exporters tell the truth.
const HONEST: [usize; 4] = [1, 6, 9, 12];
/// Those that tell numbers that cannot be, of thousands of topics each;
const BY_NUMBERS: [(usize, BadExporter); 3] =
    [(2, BadExporter::NotNumbers), (5, BadExporter::Negative), (10, BadExporter::Huge)];
/// and those that tell no numbers at all, or never end.
const OTHERWISE: [(usize, BadExporter); 5] = [
    (3, BadExporter::Hangs),
    (4, BadExporter::Html),
    (7, BadExporter::Redirects),
    (8, BadExporter::Bomb),
    (11, BadExporter::Large),
];
/// Longer than a target has to be in trouble before anybody is told, in milliseconds.
const LONG: i64 = 130_000;
/// The example of a line that cannot be believed is cut, and says why.
const LONGEST_EXAMPLE: usize = 1000;

fn now() -> UnixMillis {
    UnixMillis(jiff::Timestamp::now().as_millisecond())
}

fn pod(id: usize) -> ObjectName {
    format!("broker-{id}").parse().unwrap()
}

/// How many bytes came in for each request, as the exporter itself says: all of its counters began with the estate.
async fn bytes_by_request(estate: &Estate, id: usize) -> f64 {
    let mut stream = TcpStream::connect(estate.exporters()[id - 1]).await.unwrap();
    stream.write_all(b"GET /m HTTP/1.1\r\n\r\n").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    let number = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} is not told")).parse().unwrap()
    };
    let requests: f64 = ["Produce\",version=\"13", "Fetch\",version=\"18"]
        .map(|request| number(&format!("kafka_network_requestmetrics_requests_total{{request=\"{request}\"}} ")))
        .iter()
        .sum();
    number("kafka_server_brokertopicmetrics_bytesin_total ") / requests
}

/// What is wrong with the numbers of a cluster of which only some brokers tell the truth, if anything is.
fn figures(vitals: &Vitals, by_request: &BTreeMap<usize, f64>) -> anyhow::Result<()> {
    let measured = vitals.with_targets(Vec::new(), &inventory(12), now());
    let tellers: BTreeSet<Measured> = measured.iter().map(|one| one.of.clone()).collect();
    let honest = HONEST.map(|id| Measured::Broker(BrokerId(i32::try_from(id).unwrap())));
    // Neither the whole cluster nor a topic: of those the others would have to tell their part.
    ensure!(tellers == BTreeSet::from(honest.clone()), "told of {tellers:?}");
    for (id, of) in HONEST.iter().zip(honest) {
        let told = |metric| measured.iter().find(|one| one.of == of && one.metric == metric).map(|one| one.value);
        ensure!(told(Metric::Connections) == Some(60.0), "{id}: {:?}", told(Metric::Connections));
        ensure!(told(Metric::HeapUsedBytes) == Some(3.1e9), "{id}: {:?}", told(Metric::HeapUsedBytes));
        let (bytes, requests) = (told(Metric::BytesIn), told(Metric::Requests));
        let (Some(bytes), Some(requests)) = (bytes, requests.filter(|requests| *requests > 0.0)) else {
            anyhow::bail!("{id}: no rates yet: {bytes:?}, {requests:?}");
        };
        // However much time went by between two looks, it is the same for both.
        let wanted = by_request[id];
        ensure!((bytes / requests - wanted).abs() <= wanted * 1e-9, "{id}: {bytes} for {requests}, not {wanted}");
    }
    Ok(())
}

/// A look of everybody takes a slow machine a while, so they begin one group after the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_full_size_all_that_lie_are_found_and_of_the_others_every_figure_is_right() {
    let estate = Arc::new(Estate::start(EstateSize::FULL).await.unwrap());
    estate.grow_older(100);
    let liars: Vec<(usize, BadExporter)> = BY_NUMBERS.into_iter().chain(OTHERWISE).collect();
    for (id, bad) in &liars {
        estate.inflict(Fault::Exporter(i32::try_from(*id).unwrap(), *bad));
    }
    let mut by_request = BTreeMap::new();
    for id in HONEST {
        by_request.insert(id, bytes_by_request(&estate, id).await);
    }
    let growing = Arc::clone(&estate).live();
    let vitals = Arc::<Vitals>::default();
    let mut readers = Readers::new(Arc::clone(&vitals), None, Rhythm { every: Duration::from_secs(8), gap: 5 });
    let groups: [Vec<usize>; 3] =
        [HONEST.into(), BY_NUMBERS.map(|(id, _)| id).into(), OTHERWISE.map(|(id, _)| id).into()];
    let (all, mut begun) = (targets_of(&estate), BTreeMap::new());
    for group in &groups {
        begun.extend(group.iter().map(|id| (pod(*id), all[&pod(*id)].clone())));
        readers.read(begun.clone());
        eventually("these to have answered", SOON, || async {
            for id in group {
                ensure!(state(&vitals, *id).answer != TargetAnswer::NotYet, "{id} has not answered");
            }
            Ok(())
        })
        .await
        .unwrap();
    }
    eventually("every lie to be found, and every other figure to be right", 2 * SOON, || async {
        for (id, bad) in &liars {
            let state = state(&vitals, *id);
            ensure!(trouble(&state) == wanted(*bad), "{bad:?}: {:?}", state.answer);
            ensure!(state.answered_at.is_none(), "{bad:?} has told numbers");
            ensure!(state.bytes == 0 || trouble(&state) == Some(TargetTrouble::Lies), "{bad:?} was read to its end");
            // Of thousands of lines that cannot be believed one is kept.
            let example = state.reject.as_ref().map_or(0, String::len);
            ensure!(example < LONGEST_EXAMPLE, "{bad:?}: {example} bytes");
        }
        for id in HONEST {
            let state = state(&vitals, id);
            ensure!(state.answer == TargetAnswer::Numbers && state.rejects == 0, "{id}: {state:?}");
        }
        figures(&vitals, &by_request)?;
        // Patience counts from the first look at a trouble.
        for at in [now(), UnixMillis(now().0 + LONG)] {
            vitals.judge(&inventory(12), &Declared::default(), &Said::default(), at);
        }
        let findings = vitals.findings();
        let troubles = findings.iter().filter(|one| one.rule == FindingRule::TargetTrouble);
        let found: BTreeSet<FindingSubject> = troubles.map(|one| one.subject.clone()).collect();
        let wanted: BTreeSet<_> = liars.iter().map(|(id, _)| FindingSubject::Target(pod(*id))).collect();
        ensure!(found == wanted, "found {found:?}");
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(vitals.clients(now()).len(), 2 * HONEST.len(), "clients of those that tell the truth");
    growing.abort();
}
