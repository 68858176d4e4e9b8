//! A program elsewhere, on loopback, that answers as it is told to and hands on what it got.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use http::HeaderMap;
use http_body_util::BodyExt;
use sha2::Sha256;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, sync::mpsc};

/// How it answers.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// With this status and these headers.
    Status(u16, Vec<(&'static str, String)>),
    /// Never.
    Never,
    /// That it has it, and then with words without an end.
    Endlessly,
}

/// What it got.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) path: String,
    headers: HeaderMap,
    pub(super) body: String,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// As a receiver makes sure, by the letter of the specification.
    pub(super) fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        let signed = format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        mac.update(signed.as_bytes());
        self.header("webhook-signature") == format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

pub(super) struct Receiver {
    pub(super) url: String,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    got: mpsc::UnboundedReceiver<Got>,
}

impl Receiver {
    pub(super) async fn start() -> Self {
        let replies = Arc::new(Mutex::new(VecDeque::new()));
        let (tell, got) = mpsc::unbounded_channel();
        let queue = Arc::clone(&replies);
        let answer = move |request: Request| {
            let (tell, queue) = (tell.clone(), Arc::clone(&queue));
            async move {
                let (head, body) = request.into_parts();
                let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
                let reply = queue.lock().unwrap().pop_front();
                // Nobody may listen any more.
                drop(tell.send(Got { path: head.uri.to_string(), headers: head.headers, body }));
                reply.unwrap_or(Reply::Status(204, Vec::new())).given().await
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?key=hush", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { url, replies, got }
    }

    /// Answers the next one so.
    pub(super) fn reply(&self, reply: Reply) {
        self.replies.lock().unwrap().push_back(reply);
    }

    pub(super) fn reply_status(&self, status: u16) {
        self.reply(Reply::Status(status, Vec::new()));
    }

    /// What it gets next.
    pub(super) async fn next(&mut self) -> Got {
        tokio::time::timeout(Duration::from_mins(1), self.got.recv()).await.expect("nothing came").unwrap()
    }

    /// Whether it got nothing that was not looked at. Whoever sent something waited for its answer.
    pub(super) fn heard_nothing(&mut self) -> bool {
        self.got.try_recv().is_err()
    }
}

impl Reply {
    async fn given(self) -> Response {
        match self {
            Self::Status(status, headers) => {
                let empty = Response::builder().status(status);
                let with_headers =
                    headers.into_iter().fold(empty, |response, (name, value)| response.header(name, value));
                with_headers.body(Body::empty()).unwrap()
            }
            Self::Never => std::future::pending().await,
            Self::Endlessly => {
                let words = futures::stream::repeat_with(|| Ok::<_, std::io::Error>("and so on ".repeat(1000)));
                Response::new(Body::from_stream(words))
            }
        }
    }
}
