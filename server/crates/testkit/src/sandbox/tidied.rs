//! What a test leaves behind in a sandbox that others share: nothing that runs, and where it failed, what things looked like.

use super::{Service, TestSandbox};
use serde_json::Value;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

/// Operations, events and lines of a log that are told.
const OPERATIONS: usize = 4;
const HAPPENED: usize = 12;
const EVENTS: usize = 25;
const LINES: usize = 60;

/// Takes the clusters of a namespace away when it is dropped, whether its test passed or not: brokers that are left behind make
/// everything after them slower. Where the test failed, it tells first what operations wait for, how pods are, what happened, and
/// what Klamm said last.
///
/// All of it is done by `kubectl` in processes of its own, because whatever a test runs on may be what failed.
pub struct Tidied {
    state: PathBuf,
    namespace: String,
}

impl TestSandbox {
    /// Takes the clusters of this namespace away when the answer is dropped.
    #[must_use]
    pub fn tidied(&self, namespace: &str) -> Tidied {
        Tidied { state: self.state().to_owned(), namespace: namespace.to_owned() }
    }
}

impl Tidied {
    /// What `kubectl` prints, or why it does not.
    fn kubectl(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(self.state.join("bin/kubectl"));
        command.arg("--kubeconfig").arg(self.state.join("kubeconfig")).args(["--request-timeout=20s", "-n"]);
        command.arg(&self.namespace).args(arguments).stdin(Stdio::null());
        match command.output() {
            Ok(output) => {
                let text = if output.status.success() { output.stdout } else { output.stderr };
                String::from_utf8_lossy(&text).into_owned()
            }
            Err(error) => format!("kubectl: {error}"),
        }
    }

    /// What things look like now, for people.
    fn account(&self) -> String {
        let operations =
            self.kubectl(&["get", "kafkaoperations", "-o", "json", "--sort-by=.metadata.creationTimestamp"]);
        let operations = match serde_json::from_str::<Value>(&operations) {
            Ok(list) => last(list["items"].as_array().map(Vec::as_slice).unwrap_or_default(), OPERATIONS)
                .iter()
                .map(operation)
                .collect(),
            // What it says instead.
            Err(_) => operations,
        };
        let clusters = self.kubectl(&["get", "kafkaclusters", "-o", CONDITIONS]);
        let pods = self.kubectl(&["get", "pods", "-o", "wide"]);
        let events = self.kubectl(&["get", "events", "--sort-by=.lastTimestamp"]);
        let log = self.state.join("logs").join(format!("{}.log", Service::Klamm.name()));
        let log = std::fs::read(&log).map_or_else(
            |error| format!("{}: {error}\n", log.display()),
            |bytes| last_lines(&String::from_utf8_lossy(&bytes), LINES),
        );
        format!(
            "What {} looked like when its test failed.\n{operations}{clusters}\n{pods}\n{}\nKlamm said last:\n{log}",
            self.namespace,
            last_lines(&events, EVENTS)
        )
    }
}

/// Conditions of clusters, a line each.
const CONDITIONS: &str = "jsonpath={range .items[*]}{.metadata.name}: generation {.metadata.generation}, operation \
                          {.status.operation}{\"\\n\"}{range .status.conditions[*]}  {.type} {.status} {.reason}: \
                          {.message}{\"\\n\"}{end}{end}";

impl Drop for Tidied {
    #[expect(clippy::print_stderr, reason = "where tests tell why they failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.account());
        }
        for what in [&["kafkaclusters"][..], &["statefulsets"], &["pods", "--grace-period=0", "--force"]] {
            // What is gone already is no trouble, and whoever fails here has said why before.
            self.kubectl(&[&["delete", "--all", "--wait=false"], what].concat());
        }
    }
}

/// An operation: how far it is, what it waits for, and what happened last.
fn operation(of: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let status = &of["status"];
    let mut told = format!(
        "{} ({}): {}, {}, started {}, ended {}, partitions left {}, bytes left {}\n",
        text(&of["metadata"]["name"]),
        text(&of["spec"]["kind"]),
        text(&status["phase"]),
        text(&status["progress"]),
        text(&status["started"]),
        text(&status["ended"]),
        status["partitionsLeft"],
        status["bytesLeft"],
    );
    let mut line = |words: String| told.extend(["  ", words.as_str(), "\n"]);
    for waiting in list(&status["waitingOn"]) {
        line(format!("waits: {}: {}", text(&waiting["reason"]), text(&waiting["message"])));
    }
    for step in list(&status["steps"]).iter().filter(|step| step["state"] != "done") {
        line(format!("step: {} {} is {}", text(&step["kind"]), text(&step["target"]), text(&step["state"])));
    }
    for event in last(&list(&status["history"]), HAPPENED) {
        line(format!("{} {}", text(&event["at"]), text(&event["message"])));
    }
    told
}

fn last<T>(all: &[T], count: usize) -> &[T] {
    &all[all.len().saturating_sub(count)..]
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    last(&lines, count).iter().flat_map(|line| [*line, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_operation_is_told_with_what_it_waits_for_and_what_is_left() {
        let status = json!({ "phase": "running", "progress": "1/3", "partitionsLeft": 4,
            "waitingOn": [{ "reason": "NodesAway", "message": "Node 1 does not serve." }],
            "steps": [{ "kind": "restartBroker", "target": "broker 0", "state": "done" },
                { "kind": "restartBroker", "target": "broker 1", "state": "running" }],
            "history": (0..20).map(|n| json!({ "at": "now", "message": format!("event {n}") })).collect::<Vec<_>>() });
        let told =
            operation(&json!({ "metadata": { "name": "again" }, "spec": { "kind": "restart" }, "status": status }));
        for words in ["again (restart): running, 1/3", "partitions left 4", "waits: NodesAway: Node 1", "event 19"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        assert!(told.contains("broker 1 is running") && !told.contains("broker 0"), "{told}");
        assert!(told.contains("event 8\n") && !told.contains("event 7\n"), "{told}");
        assert!(operation(&json!({})).contains("- (-): -"), "one that nobody has looked at yet");
    }

    #[test]
    fn the_end_of_a_text_is_told_whole_where_it_is_short() {
        assert_eq!(last_lines("a\nb\nc\n", 2), "b\nc\n");
        assert_eq!(last_lines("a", 2), "a\n");
    }
}
