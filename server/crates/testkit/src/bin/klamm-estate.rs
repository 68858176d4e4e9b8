//! `make estate`: a stand-in estate of the full size with the portal on it, for clicking through until Ctrl-C; and the
//! estate's brokers alone, for measuring. Faults are switched by lines on standard input.
//!
//! `klamm-estate <klamm binary> <parts> <port>` or `klamm-estate brokers`.

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use anyhow::{Context, bail};
use klamm_testkit::{BringUp, Estate, EstateSize, Fault, TestSandbox};
use std::{io::BufRead, path::Path, sync::Arc};

const COMMANDS: &str = "dead <broker>, slow <broker>, half <broker>, odd <broker>, no controller, no groups, no topics, \
                        no authorizer, no acls, exporter <broker> hang|html|bomb|large|redirect|password|nan|negative|huge|skew|cut|strange, \
                        heal";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let estate = Arc::new(Estate::start(EstateSize::FULL).await?);
    println!("klamm: brokers of the estate listen at {}", estate.bootstrap_servers());
    let _growing = estate.clone().live();
    let _portal = match arguments.as_slice() {
        ["brokers"] => None,
        [klamm, parts, port] => {
            let port = port.parse().context("read the port")?;
            tokio::select! {
                portal = bring_up(&estate, Path::new(klamm), Path::new(parts), port) => Some(portal?),
                _ = tokio::signal::ctrl_c() => return Ok(()),
            }
        }
        _ => bail!("usage: klamm-estate <klamm binary> <parts> <port> | klamm-estate brokers"),
    };
    println!("klamm: to break something write: {COMMANDS}");
    listen_for_faults(estate);
    tokio::signal::ctrl_c().await.context("wait for Ctrl-C")?;
    println!("klamm: ending everything");
    Ok(())
}

/// A control plane with `klamm serve`, and the estate declared in it as an external cluster.
async fn bring_up(estate: &Estate, klamm: &Path, parts: &Path, port: u16) -> anyhow::Result<TestSandbox> {
    println!("klamm: bringing up a control plane and the portal");
    let sandbox = TestSandbox::start_at(klamm, parts, BringUp::WithKlamm, port).await?;
    estate.declare_in(&sandbox).await?;
    let password = std::fs::read_to_string(sandbox.state().join("demo-password")).context("read the password")?;
    println!("klamm: ready at {}/clusters/{}/{}", sandbox.url(), Estate::NAMESPACE, Estate::NAME);
    println!("klamm: sign in as operator or payments-dev with the password {}", password.trim());
    println!("klamm: state and logs are in {} until this ends", sandbox.state().display());
    Ok(sandbox)
}

/// A thread of its own: reading a terminal cannot be given up, and must not keep the program from ending.
fn listen_for_faults(estate: Arc<Estate>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok).filter(|line| !line.trim().is_empty()) {
            match line.trim() {
                "heal" => {
                    estate.heal_everything();
                    println!("klamm: everything works again");
                }
                told => match told.parse::<Fault>() {
                    Ok(fault) => {
                        estate.inflict(fault);
                        println!("klamm: {fault:?}");
                    }
                    Err(why) => println!("klamm: {why}; write: {COMMANDS}"),
                },
            }
        }
    });
}
