//! As much of an API server as the applier sees: objects by their address, and server-side apply without anybody else.

use http::{Method, Request, Response};
use klamm_resources::KafkaTopic;
use kube::client::Body;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex},
};

/// When everything in it was made.
const MADE: &str = "2023-11-14T22:13:20Z";

#[derive(Clone, Default)]
pub(super) struct Kubernetes(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    objects: BTreeMap<String, Value>,
    /// `PATCH payments.b`, in their order.
    writes: Vec<String>,
    away: Option<io::ErrorKind>,
}

impl Kubernetes {
    pub(super) fn client(&self) -> kube::Client {
        let held = Arc::clone(&self.0);
        let service = tower::service_fn(move |request: Request<Body>| {
            let held = Arc::clone(&held);
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect_bytes().await.unwrap();
                let body = serde_json::from_slice(&body).unwrap_or_default();
                held.lock().unwrap().answer(&parts.method, parts.uri.path(), &body)
            }
        });
        kube::Client::new(service, "default")
    }

    pub(super) fn goes_away(&self) {
        self.0.lock().unwrap().away = Some(io::ErrorKind::ConnectionRefused);
    }

    pub(super) fn comes_back(&self) {
        self.0.lock().unwrap().away = None;
    }

    /// Somebody makes a KafkaTopic; one that was there is gone.
    pub(super) fn put(&self, topic: &KafkaTopic) {
        let object = serde_json::to_value(topic).unwrap();
        self.0.lock().unwrap().objects.insert(address(&object), object);
    }

    /// Somebody makes an object of any kind, or changes it.
    pub(super) fn put_object(&self, object: Value) {
        self.0.lock().unwrap().objects.insert(address(&object), object);
    }

    /// An object as it stands.
    pub(super) fn object(&self, like: &Value) -> Value {
        self.0.lock().unwrap().objects[&address(like)].clone()
    }

    pub(super) fn writes(&self) -> Vec<String> {
        self.0.lock().unwrap().writes.clone()
    }

    /// What the operator does: it takes hold of every KafkaTopic, and says that it is so.
    pub(super) fn is_carried_out(&self) -> Vec<KafkaTopic> {
        let mut held = self.0.lock().unwrap();
        for object in held.objects.values_mut() {
            object["metadata"]["finalizers"] = json!([klamm_resources::names::FINALIZER]);
            let ready = json!({ "type": "Ready", "status": "True", "reason": "Ready", "message": "", "lastTransitionTime": MADE });
            object["status"] = json!({ "observedGeneration": object["metadata"]["generation"], "conditions": [ready] });
        }
        held.objects.values().map(|object| serde_json::from_value(object.clone()).unwrap()).collect()
    }
}

fn address(object: &Value) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap().to_owned();
    let plural = match object["kind"].as_str() {
        Some("KafkaCluster") => "kafkaclusters",
        Some("KafkaOperation") => "kafkaoperations",
        _ => "kafkatopics",
    };
    format!("/apis/klamm.dev/v1alpha1/namespaces/{}/{plural}/{}", text("namespace"), text("name"))
}

/// What both server-side apply and a merge do with a part of an object: other fields stay, nulls go, and entries of lists are found
/// by their names.
fn merged(standing: &Value, part: &Value) -> Value {
    match (standing, part) {
        (Value::Object(standing), Value::Object(part)) => {
            let mut fields = standing.clone();
            for (key, value) in part {
                match value {
                    Value::Null => drop(fields.remove(key)),
                    value => {
                        let before = fields.get(key).cloned().unwrap_or_default();
                        fields.insert(key.clone(), merged(&before, value));
                    }
                }
            }
            Value::Object(fields)
        }
        (Value::Array(standing), Value::Array(part)) if part.iter().all(|entry| entry.get("name").is_some()) => {
            let change = |entry: &Value| {
                let found = part.iter().find(|part| part["name"] == entry["name"]);
                found.map_or_else(|| entry.clone(), |found| merged(entry, found))
            };
            standing.iter().map(change).collect()
        }
        (_, part) => part.clone(),
    }
}

impl Held {
    fn answer(&mut self, method: &Method, path: &str, body: &Value) -> io::Result<Response<Body>> {
        if let Some(why) = self.away {
            return Err(why.into());
        }
        if method != Method::GET {
            self.writes.push(format!("{method} {}", path.rsplit('/').next().unwrap()));
        }
        let found = match method.as_str() {
            "GET" => self.objects.get(path).cloned(),
            "DELETE" => self.objects.remove(path),
            "PATCH" => Some(self.apply(path, body)),
            other => panic!("the applier sends no {other}"),
        };
        let (status, answer) = match found {
            Some(object) => (200, object),
            None => (
                404,
                json!({ "kind": "Status", "status": "Failure", "reason": "NotFound", "message": "", "code": 404 }),
            ),
        };
        Ok(Response::builder().status(status).body(Body::from(answer.to_string().into_bytes())).unwrap())
    }

    fn apply(&mut self, path: &str, wanted: &Value) -> Value {
        let is_part = path.contains("/kafkaclusters/") || wanted.get("apiVersion").is_none();
        let mut object = match self.objects.get(path) {
            Some(standing) if is_part => merged(standing, wanted),
            Some(_) | None => wanted.clone(),
        };
        let before = self.objects.get(path).map_or_else(|| json!({}), |before| before["metadata"].clone());
        let generation = before["generation"].as_i64().unwrap_or(0) + 1;
        for (field, value) in before.as_object().unwrap() {
            object["metadata"][field] = value.clone();
        }
        object["metadata"]["generation"] = json!(generation);
        object["metadata"]["uid"] = before.get("uid").cloned().unwrap_or_else(|| json!(format!("uid of {path}")));
        object["metadata"]["creationTimestamp"] = json!(MADE);
        object["metadata"]["managedFields"] = json!([{ "manager": "klamm-portal", "operation": "Apply" }]);
        self.objects.insert(path.to_owned(), object.clone());
        object
    }
}
