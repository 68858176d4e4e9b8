//! Looks at a cluster once a second, and prints what changed and what could not be seen, until interrupted.
//!
//! `cargo run -p klamm-kafka --example look -- <host:port of a SCRAM listener> <user> <password> [<looks>]`. Changes nothing.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use klamm_kafka::{
    Addresses, Authentication, Client, ClientConfig, Credentials, Password,
    collect::{Collector, Depth, Look},
};
use klamm_model::{Inventory, UnixMillis};
use std::{
    error::Error,
    time::{Duration, Instant, SystemTime},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, user, password, rest @ ..] = arguments.as_slice() else {
        return Err("usage: look <host:port> <user> <password> [<looks>]".into());
    };
    let looks = rest.first().map_or(Ok(usize::MAX), |count| count.parse())?;
    let client = Client::new(ClientConfig {
        bootstrap: vec![address.parse()?],
        addresses: Addresses::Advertised,
        authentication: Authentication::ScramSha512(Credentials::new(user, Password::new(password.as_str()))),
        ..ClientConfig::new()
    });
    let mut collector = Collector::new(client);
    let mut inventory = Inventory::unseen("kafka/look".parse()?);
    for turn in 0..looks {
        let depth = if turn % 5 == 0 { Depth::Everything } else { Depth::Numbers };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        let began = Instant::now();
        let look = collector.look(&inventory, depth, UnixMillis(i64::try_from(now.as_millis())?)).await;
        print(&inventory, &look, depth, began.elapsed());
        inventory = look.inventory;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

fn print(before: &Inventory, look: &Look, depth: Depth, took: Duration) {
    let now = &look.inventory;
    println!("{depth:?} in {took:?}: {:?}, {:?}, {} topics", now.revisions, now.reachability, now.topics.len());
    for gap in &look.gaps {
        println!("  not seen: {} {:?}: {}", gap.what, gap.broker, gap.reason);
    }
    if before.revisions.structure != now.revisions.structure {
        println!("  {:?} {:?} controller {:?}", now.cluster_id, now.metadata_version, now.controller);
        for broker in &now.brokers {
            println!(
                "  broker {} {:?} {:?} {:?} {:?}",
                broker.id, broker.state, broker.roles, broker.rack, broker.log_dirs
            );
        }
        println!("  {:?}", now.quorum);
    }
    let busy = now.topics.iter().filter(|topic| topic.records_per_second.value().is_some_and(|rate| *rate > 0.0));
    for topic in busy.take(20) {
        println!("  {} {:?} rec/s, {:?} bytes", topic.name, topic.records_per_second, topic.size_bytes);
    }
    let unknown = now.topics.iter().filter(|topic| topic.size_bytes.value().is_none()).count();
    println!(
        "  {unknown} topics of unknown size, groups {:?}",
        now.groups.value().map(|groups| groups.iter().take(3).collect::<Vec<_>>())
    );
}
