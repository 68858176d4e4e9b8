//! Findings over HTTP, on their page, and for machines.

use super::openapi::looks_like;
use super::{Bench, ORIGIN, ask, get, post};
use klamm_model::{
    BrokerId, ClusterFinding, FindingRule, FindingSeverity, FindingSubject, NamedPartition, PartitionId, Scope,
    UnixMillis,
};
use klamm_portal::Observations;
use std::time::Duration;

const PATH: &str = "/api/v1/clusters/kafka/demo/findings";
const PAGE: &str = "/clusters/kafka/demo/findings";

fn finding(id: &str, rule: FindingRule, severity: FindingSeverity, subject: FindingSubject) -> ClusterFinding {
    ClusterFinding {
        id: id.to_owned(),
        rule,
        severity,
        subject,
        message: format!("{} <b>is</b> so", rule.name()),
        meaning: "It matters.".to_owned(),
        advice: "Do something.".to_owned(),
        link: Some("/clusters/kafka/demo/brokers/2".to_owned()),
        partitions: vec![NamedPartition { topic: "sample-topic".parse().unwrap(), partition: PartitionId(7) }],
        partition_total: 1,
        since: UnixMillis(1_700_000_000_000),
        acknowledged: None,
    }
}

/// `kafka/demo` with a broker down, a volume nearly full, and something that is worth knowing.
async fn bench() -> Bench {
    let bench = Bench::with_people().await;
    let volume = FindingSubject::Volume(BrokerId(1), "/data/0".to_owned());
    let held = finding("fnd_c", FindingRule::MetadataHeldBack, FindingSeverity::Info, FindingSubject::Cluster);
    let down =
        finding("fnd_b", FindingRule::BrokerDown, FindingSeverity::Critical, FindingSubject::Broker(BrokerId(2)));
    let low = finding("fnd_d", FindingRule::DiskLow, FindingSeverity::Warning, volume);
    tell(&bench, vec![held, down, low]);
    bench
}

fn tell(bench: &Bench, findings: Vec<ClusterFinding>) {
    let vitals = bench.estate.vitals(&"kafka/demo".parse().unwrap()).unwrap();
    vitals.set_findings(findings, bench.portal.now());
}

#[tokio::test]
async fn everybody_reads_and_an_operator_says_that_they_know() {
    let bench = bench().await;
    let both = [Scope::Read, Scope::Write];
    let (_, dev) = bench.token("dev", &both, Duration::from_hours(1)).await;
    let (_, operator) = bench.token("operator", &both, Duration::from_hours(1)).await;
    let all = bench.send(get(PATH).bearer(&dev)).await;
    looks_like("ClusterFindingPage", &all.json());
    let ids: Vec<String> =
        all.json()["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, ["fnd_b", "fnd_d", "fnd_c"], "the worst first");
    assert_eq!(all.json()["items"][0]["allowedActions"], serde_json::json!(["view"]));
    let critical = bench.send(get(&format!("{PATH}?severity=critical&rule=brokerDown")).bearer(&dev)).await;
    assert_eq!(critical.json()["total"], 1);
    assert_eq!(bench.send(get(&format!("{PATH}?rule=nothing")).bearer(&dev)).await.problem(), "invalid");
    let cluster = bench.send(get("/api/v1/clusters/kafka/demo").bearer(&dev)).await.json();
    assert_eq!((&cluster["findings"], &cluster["worst"]), (&2.into(), &"critical".into()), "{cluster}");

    let known = format!("{PATH}/fnd_b/acknowledge");
    let words = r#"{"reason":"gets its disk tomorrow","hours":24}"#;
    assert_eq!(bench.send(post(&known).bearer(&dev).json(words)).await.problem(), "forbidden");
    let endless = r#"{"reason":"x","hours":99999}"#;
    assert_eq!(bench.send(post(&known).bearer(&operator).json(endless)).await.problem(), "invalid");
    let gone = format!("{PATH}/fnd_x/acknowledge");
    assert_eq!(bench.send(post(&gone).bearer(&operator).json(words)).await.problem(), "not-found");
    let answer = bench.send(post(&known).bearer(&operator).json(words)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    looks_like("ClusterFinding", &answer.json());
    assert_eq!(answer.json()["acknowledged"]["by"], "operator");
    let cluster = bench.send(get("/api/v1/clusters/kafka/demo").bearer(&dev)).await.json();
    assert_eq!((&cluster["findings"], &cluster["worst"]), (&1.into(), &"warning".into()), "{cluster}");
    let audit = bench.send(get("/api/v1/audit?action=acknowledge").bearer(&operator)).await.json();
    assert_eq!((&audit["total"], &audit["items"][0]["object"]["kind"]), (&4.into(), &"finding".into()), "{audit}");

    let back = async |token: &str| bench.send(ask("DELETE", &known).bearer(token)).await;
    assert_eq!(back(&dev).await.problem(), "forbidden");
    let answer = back(&operator).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    looks_like("ClusterFinding", &answer.json());
    assert!(answer.json()["acknowledged"].is_null());
    assert_eq!(back(&operator).await.problem(), "conflict", "nobody knows of it any more");
    let cluster = bench.send(get("/api/v1/clusters/kafka/demo").bearer(&dev)).await.json();
    assert_eq!(cluster["findings"], 2, "{cluster}");
    let audit = bench.send(get("/api/v1/audit?action=acknowledge").bearer(&operator)).await.json();
    assert_eq!(audit["total"], 7, "{audit}");
}

#[tokio::test]
async fn pollers_are_told_when_something_is_found_and_when_nothing_changed() {
    let bench = bench().await;
    let (_, dev) = bench.token("dev", &[Scope::Read], Duration::from_hours(1)).await;
    let tag = bench.send(get(PATH).bearer(&dev)).await.header("etag").to_owned();
    let again = async || bench.send(get(PATH).bearer(&dev).header("if-none-match", &tag)).await.status;
    assert_eq!(again().await, 304);
    tell(&bench, Vec::new());
    assert_eq!(again().await, 200);
}

#[tokio::test]
async fn the_page_takes_from_operators_what_others_only_read() {
    let bench = bench().await;
    let (operator, dev) = (bench.sign_in("operator").await, bench.sign_in("dev").await);
    let page = bench.send(get(PAGE).of(&dev)).await;
    for part in ["2 findings want somebody", " (2)", "It matters. Do something.", "brokerDown &lt;b"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(!page.body.contains("Acknowledge what is ticked"));
    let overview = bench.send(get("/clusters/kafka/demo").of(&dev)).await;
    assert!(overview.body.contains("brokerDown &lt;b") && !overview.body.contains("metadataHeldBack"));
    assert!(!bench.send(get("/").of(&dev)).await.body.contains("brokerDown"), "operators look at all clusters");
    assert!(bench.send(get("/").of(&operator)).await.body.contains("Findings of all clusters"));

    let action = format!("{PAGE}/acknowledge");
    let form = |words: &str| {
        let body = format!("csrf={}&{words}", operator.csrf);
        post(&action).of(&operator).origin(ORIGIN).form(body)
    };
    let silent = bench.send(form("take=fnd_b&hours=8&reason=")).await;
    assert_eq!(silent.header("location"), format!("{PAGE}?problem=reason"));
    let none = bench.send(form("hours=8&reason=x")).await;
    assert_eq!(none.header("location"), format!("{PAGE}?problem=none"));
    let known = bench.send(form("take=fnd_b&take=fnd_x&hours=8&reason=the+new+%3Cdisk%3E")).await;
    assert_eq!(known.header("location"), format!("{PAGE}?known=1"));
    let page = bench.send(get(known.header("location")).of(&operator)).await;
    for part in
        ["operator knows of it: the new &lt;disk&gt;", "Acknowledge what is ticked", "one finding wants somebody"]
    {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    assert!(page.body.contains(">Take back</button>"), "{}", page.body);
    let take_back = format!("{PAGE}/take-back");
    let gone = post(&take_back).of(&operator).origin(ORIGIN).form(format!("csrf={}&back=fnd_x", operator.csrf));
    assert_eq!(bench.send(gone).await.header("location"), format!("{PAGE}?stays=gone"));
    let back = post(&take_back).of(&operator).origin(ORIGIN).form(format!("csrf={}&back=fnd_b", operator.csrf));
    let back = bench.send(back).await;
    assert_eq!(back.header("location"), format!("{PAGE}?back=1"));
    let page = bench.send(get(back.header("location")).of(&operator)).await;
    assert!(page.body.contains("2 findings want somebody") && !page.body.contains(">Take back</button>"));
    let foreign = post(&action).of(&operator).origin("https://evil.example").form("take=fnd_d&hours=8&reason=x");
    assert_eq!(bench.send(foreign).await.status, 403);
}

#[tokio::test]
async fn machines_are_told_how_much_there_is_of_each_rule_and_no_names() {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt;
    let bench = bench().await;
    let request = axum::http::Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = bench.metrics.clone().oneshot(request).await.unwrap();
    let text = String::from_utf8(to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap();
    let line = "klamm_finding{namespace=\"kafka\",cluster=\"demo\",rule=\"brokerDown\",severity=\"critical\"} 1\n";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("klamm_finding_acknowledged{"), "{text}");
    assert!(!text.contains("sample-topic"));
}
