//! Moves replicas on a real cluster of three brokers or more and looks at what comes of it, and fails at the first answer that
//! is not as it should be: targets, throttles beside somebody else's, a move called back, elections, empty disks, features.
//!
//! `cargo run -p klamm-kafka --example moves -- <host:port of a listener> [<user> <password>]`. With a user it signs in with
//! SCRAM. It makes and removes topics whose names begin with `klamm-moves`, and moves whatever is on the last broker elsewhere.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

mod checks;

use checks::Outcome;
use klamm_kafka::{Addresses, Authentication, Client, ClientConfig, Credentials, Password};
use klamm_testkit::OutsideClient;

#[tokio::main]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (address, user) = match arguments.as_slice() {
        [address] => (address, None),
        [address, user, password] => (address, Some((user.as_str(), password.as_str()))),
        _ => return Err("usage: moves <host:port> [<user> <password>]".into()),
    };
    let authentication = user.map_or(Authentication::None, |(user, password)| {
        Authentication::ScramSha512(Credentials::new(user, Password::new(password)))
    });
    let bootstrap = vec![address.parse()?];
    let client = Client::new(ClientConfig {
        bootstrap,
        addresses: Addresses::Advertised,
        authentication,
        ..ClientConfig::new()
    });
    let outside = match user {
        None => OutsideClient::new([("bootstrap.servers", address.as_str())]),
        Some((user, password)) => OutsideClient::scram(address, user, password),
    };
    checks::look(client, &outside).await?;
    println!("all as it should be");
    Ok(())
}
