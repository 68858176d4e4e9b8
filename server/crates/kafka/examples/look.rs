//! Looks at a cluster once a second, and prints what changed and what could not be seen, until interrupted.
//!
//! `cargo run -p klamm-kafka --example look -- <host:port of a listener> [<user> <password>] [<looks>]`. With a user it signs
//! in with SCRAM. Changes nothing.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use klamm_kafka::{
    Addresses, Authentication, Client, ClientConfig, Credentials, Password,
    collect::{Collector, Depth},
};
use klamm_model::{Inventory, UnixMillis};
use std::{
    error::Error,
    time::{Duration, Instant, SystemTime},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (address, authentication, rest) = match arguments.as_slice() {
        [address, user, password, rest @ ..] => {
            let credentials = Credentials::new(user, Password::new(password.as_str()));
            (address, Authentication::ScramSha512(credentials), rest)
        }
        [address, rest @ ..] => (address, Authentication::None, rest),
        [] => return Err("usage: look <host:port> [<user> <password>] [<looks>]".into()),
    };
    let looks = rest.first().map_or(Ok(usize::MAX), |count| count.parse())?;
    let client = Client::new(ClientConfig {
        bootstrap: vec![address.parse()?],
        addresses: Addresses::Advertised,
        authentication,
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
        inventory = look;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

fn print(before: &Inventory, now: &Inventory, depth: Depth, took: Duration) {
    println!("{depth:?} in {took:?}: {:?}, {:?}, {} topics", now.revisions, now.reachability, now.topics.len());
    for gap in &now.gaps {
        println!("  not seen: {} {:?} of {:?}: {}", gap.missing, gap.part, gap.broker, gap.reason);
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
