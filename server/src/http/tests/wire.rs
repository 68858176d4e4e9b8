//! Over a real socket, as browsers and proxies speak to it.

use super::Bench;
use klamm_model::{Scope, Section};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const PATIENCE: Duration = Duration::from_secs(10);

/// Reads until the text has come, and gives all of it.
async fn read_until(socket: &mut TcpStream, text: &str) -> String {
    let mut read = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&read).contains(text) {
            let mut chunk = [0; 4096];
            let length = socket.read(&mut chunk).await.unwrap();
            assert_ne!(length, 0, "ended before {text:?}: {}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&chunk[..length]);
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.expect(text);
    String::from_utf8(read).unwrap()
}

/// The portal on a port of this machine, until the bench stops.
async fn serve(bench: &Bench) -> (SocketAddr, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = bench.pages.clone().into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(bench.stop.clone().cancelled_owned());
    (address, tokio::spawn(async move { server.await }))
}

async fn ask(address: SocketAddr, token: &str, path: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

#[tokio::test]
async fn an_open_stream_does_not_hold_up_the_end() {
    let bench = Bench::with_people().await;
    let (_, token) = bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await;
    let (address, server) = serve(&bench).await;
    let mut socket = ask(address, &token, "/api/v1/events").await;
    let begun = read_until(&mut socket, "data: {").await;
    assert!(begun.starts_with("HTTP/1.1 200 OK\r\n") && begun.contains("transfer-encoding: chunked"), "{begun}");
    // A heartbeat is a comment, which tells proxies and browsers that the line is alive.
    read_until(&mut socket, "\n:").await;
    bench.stop.cancel();
    read_until(&mut socket, "0\r\n\r\n").await;
    tokio::time::timeout(PATIENCE, server).await.expect("the server ends").unwrap().unwrap();
}

#[tokio::test]
async fn whoever_does_not_read_a_stream_holds_up_nobody_and_misses_nothing_that_counts() {
    let bench = Bench::with_people().await;
    let (_, token) = bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await;
    let (address, _server) = serve(&bench).await;
    let mut slow = ask(address, &token, "/api/v1/events").await;
    let mut quick = ask(address, &token, "/api/v1/events").await;
    // More than the buffers of two sockets hold, were each of them told.
    let last = 100_000;
    for revision in 1..=last {
        bench.estate.revise("kafka/demo", Section::Numbers, revision);
        if revision % 1000 == 0 {
            tokio::task::yield_now().await;
        }
    }
    read_until(&mut quick, &format!("\"revision\":{last}}}")).await;
    let mut other = ask(address, &token, "/api/v1/clusters").await;
    read_until(&mut other, "HTTP/1.1 200 OK").await;
    read_until(&mut slow, &format!("\"revision\":{last}}}")).await;
}
