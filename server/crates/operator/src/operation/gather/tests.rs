//! Two Klamms at once, on an API server that takes what stands on its newest version.

use super::*;
use crate::runtime::{OperatorMetrics, OperatorOptions};
use http::{Method, Request, Response};
use klamm_resources::OwnThrottle;
use kube::client::Body;
use serde_json::Value;
use std::sync::Arc;

/// One operation, and what is written to it.
#[derive(Clone)]
struct Server(Arc<Mutex<Value>>);

impl Server {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(json!({
            "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaOperation",
            "metadata": { "name": "again", "namespace": "kafka", "uid": "u-1", "resourceVersion": "100" },
            "spec": { "cluster": { "name": "demo" }, "kind": "restart" },
        }))))
    }

    fn operation(&self) -> KafkaOperation {
        serde_json::from_value(self.0.lock().unwrap().clone()).unwrap()
    }

    /// A write that names no version is taken on any.
    fn answer(&self, method: &Method, sent: &Value) -> (u16, Value) {
        let mut object = self.0.lock().unwrap();
        if *method == Method::PATCH {
            let version = object["metadata"]["resourceVersion"].clone();
            let stands_on = &sent["metadata"]["resourceVersion"];
            if !stands_on.is_null() && *stands_on != version {
                let status = json!({
                    "apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "reason": "Conflict",
                    "message": "the object has been modified", "code": 409,
                });
                return (409, status);
            }
            if let Some(status) = sent.get("status") {
                object["status"] = status.clone();
            }
            if let Some(finalizers) = sent["metadata"].get("finalizers") {
                object["metadata"]["finalizers"] = finalizers.clone();
            }
            let next = version.as_str().unwrap().parse::<u64>().unwrap() + 1;
            object["metadata"]["resourceVersion"] = json!(next.to_string());
        }
        (200, object.clone())
    }

    fn context(&self) -> Context {
        let server = self.clone();
        let service = tower::service_fn(move |asked: Request<Body>| {
            let server = server.clone();
            async move {
                let (parts, body) = asked.into_parts();
                let sent = body.collect_bytes().await.unwrap();
                let sent: Value = serde_json::from_slice(&sent).unwrap_or_default();
                let (status, object) = server.answer(&parts.method, &sent);
                let body = Body::from(object.to_string().into_bytes());
                Ok::<_, std::io::Error>(Response::builder().status(status).body(body).unwrap())
            }
        });
        let client = kube::Client::new(service, "default");
        Context::new(client, OperatorOptions::new("me", "klamm-system"), OperatorMetrics::new("klamm"))
    }
}

fn told(progress: &str) -> KafkaOperationStatus {
    KafkaOperationStatus { progress: Some(progress.to_owned()), ..KafkaOperationStatus::default() }
}

#[tokio::test]
async fn what_one_look_writes_stands_on_what_it_wrote_before() {
    let server = Server::new();
    let (context, cluster): (Context, ClusterRef) = (server.context(), "kafka/demo".parse().unwrap());
    let operation = server.operation();
    let version = Version::of(&operation);
    hold(&context, &cluster, &operation, &version, Hold::Hold).await.unwrap();
    stands(&context, &cluster, &operation, &version).await.unwrap();
    let (first, second) = (told("1/3"), told("2/3"));
    let before = KafkaOperationStatus::default();
    write_status(&context, &cluster, &operation, &version, &before, &first).await.unwrap();
    write_status(&context, &cluster, &operation, &version, &first, &second).await.unwrap();
    stands(&context, &cluster, &operation, &version).await.unwrap();
    let now = server.operation();
    assert_eq!((now.finalizers(), &now.status), (&[FINALIZER.to_owned()][..], &Some(second)));
}

#[tokio::test]
async fn one_that_stood_still_writes_over_nothing_and_does_nothing() {
    let server = Server::new();
    let (context, cluster): (Context, ClusterRef) = (server.context(), "kafka/demo".parse().unwrap());
    let operation = server.operation();
    let (stood_still, other) = (Version::of(&operation), Version::of(&operation));
    let before = KafkaOperationStatus::default();
    let mut limited = told("1/3");
    limited.ours.throttle = Some(OwnThrottle {
        bytes_per_second: 1000,
        brokers: vec![1],
        partitions: Vec::new(),
        leader_brokers: vec![1],
        follower_brokers: Vec::new(),
        topics: Vec::new(),
    });
    write_status(&context, &cluster, &operation, &other, &before, &limited).await.unwrap();
    let outcomes = [
        write_status(&context, &cluster, &operation, &stood_still, &before, &told("0/3")).await,
        hold(&context, &cluster, &operation, &stood_still, Hold::Hold).await,
        stands(&context, &cluster, &operation, &stood_still).await,
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(OperationError::Overtaken(_))), "{outcome:?}");
    }
    assert_eq!(server.operation().status, Some(limited), "the limit is remembered");
    stands(&context, &cluster, &operation, &other).await.unwrap();
}
