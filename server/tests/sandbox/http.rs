//! A request as small as can be, for what is served in plain HTTP.

use anyhow::{Context as _, ensure};
use std::fmt::Write as _;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The body of what `address` answers to a `GET`; anything but 200 is an error that shows the whole answer.
pub(crate) async fn get(address: &str, path: &str, headers: &[(&str, &str)]) -> anyhow::Result<String> {
    let mut request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n")?;
    }
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(format!("{request}\r\n").as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    ensure!(head.starts_with("HTTP/1.0 200 "), "{answer}");
    Ok(body.to_owned())
}

/// What `address` answers to a request with JSON, as its status and its body.
pub(crate) async fn send(
    address: &str,
    (method, path): (&str, &str),
    token: &str,
    body: &serde_json::Value,
) -> anyhow::Result<(u16, serde_json::Value)> {
    let body = body.to_string();
    let head = format!(
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all((head + &body).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).with_context(|| answer.clone())?;
    Ok((status, serde_json::from_str(body).with_context(|| answer.clone())?))
}
