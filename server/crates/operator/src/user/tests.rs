//! Judgements and reports of the room, on objects as Kubernetes would show them.

use super::{
    apply::Outcome,
    gather::Seen,
    judge::{Judgement, Refusal, judge},
    object::Declared,
    report::{Around, Blocked, Hold, Report, report, report_blocked, report_removed, set_back},
    rules::{Refused, Rules, validate},
    secret::SecretSeen,
};
use crate::batch::{Next, ObjectKey};
use jiff::{SignedDuration, Timestamp};
use klamm_model::UnixMillis;
use klamm_planner::{
    tenancy::{Pattern, Tenancy, Tenant},
    users::{
        AclOperation, AclResource, Grace, Half, HalfObserved, Halves, PasswordDigest, Presence, Recorded, Rotation,
        SecretObserved, SecretProof, SecretTexts, Standing, UserObserved,
    },
};
use klamm_resources::{ConditionType, KafkaCluster, KafkaGrant, KafkaUser, UserReason, ValidatedGrant, condition};
use kube::core::DeserializeGuard;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

fn declared(namespace: &str, spec: Value) -> Declared {
    let mut spec = spec;
    spec["cluster"] = json!({ "namespace": "kafka", "name": "demo" });
    let object = json!({
        "apiVersion": "klamm.dev/v1alpha1",
        "kind": "KafkaUser",
        "metadata": { "namespace": namespace, "name": "app", "uid": "uid", "generation": 3, "resourceVersion": "5" },
        "spec": spec,
    });
    let object: DeserializeGuard<KafkaUser> = serde_json::from_value(object).unwrap();
    let key = ObjectKey { namespace: namespace.parse().unwrap(), name: "app".parse().unwrap() };
    Declared::read(key, object)
}

fn grant(namespace: &str, topic: &str, access: &str, expires: Option<&str>) -> ValidatedGrant {
    let mut spec = json!({
        "cluster": { "namespace": "kafka", "name": "demo" },
        "topics": [{ "name": topic }],
        "to": { "namespaces": ["payments"] },
        "access": access,
    });
    if let Some(expires) = expires {
        spec["expires"] = json!(expires);
    }
    let object = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaGrant",
        "metadata": { "namespace": namespace, "name": "g" }, "spec": spec,
    });
    ValidatedGrant::from_resource(&serde_json::from_value::<KafkaGrant>(object).unwrap()).unwrap()
}

fn tenancy() -> Tenancy {
    let tenant = |namespace: &str, topics: &[&str], groups: &[&str]| Tenant {
        namespace: namespace.parse().unwrap(),
        topic_prefixes: topics.iter().map(ToString::to_string).collect(),
        group_prefixes: groups.iter().map(ToString::to_string).collect(),
    };
    Tenancy::new(
        "kafka".parse().unwrap(),
        vec![tenant("payments", &["payments."], &["payments."]), tenant("orders", &["orders."], &["orders."])],
    )
}

const NOW: &str = "2026-11-23T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn judged(declared: &Declared, grants: &[ValidatedGrant]) -> Judgement {
    judge(declared.reading.as_ref().unwrap(), &tenancy(), grants, UnixMillis(now().as_millisecond()))
}

fn rules(judgement: &Judgement) -> BTreeSet<(AclResource, String, Pattern, AclOperation)> {
    judgement.wish.acls.iter().map(|rule| (rule.resource, rule.name.clone(), rule.pattern, rule.operation)).collect()
}

#[test]
fn ones_own_topics_need_nobodys_consent_and_groups_default_to_ones_own() {
    let user = declared("payments", json!({ "grants": [{ "topic": "payments.a", "access": "consume" }] }));
    let judgement = judged(&user, &[]);
    assert!(judgement.waiting.is_empty() && judgement.refusals.is_empty());
    assert_eq!(
        rules(&judgement),
        [
            (AclResource::Topic, "payments.a".to_owned(), Pattern::Literal, AclOperation::Read),
            (AclResource::Topic, "payments.a".to_owned(), Pattern::Literal, AclOperation::Describe),
            (AclResource::Group, "payments.".to_owned(), Pattern::Prefixed, AclOperation::Read),
        ]
        .into()
    );
}

#[test]
fn anothers_topic_waits_for_its_owners_grant_of_that_access_while_it_lasts() {
    let user = declared("payments", json!({ "grants": [{ "topic": "orders.a", "access": "both" }] }));
    let waits = |grants: &[ValidatedGrant]| {
        let judgement = judged(&user, grants);
        assert_eq!(judgement.waiting.is_empty(), !judgement.wish.acls.is_empty());
        judgement.waiting.iter().map(|consent| format!("{}: {}", consent.topic, consent.owner)).collect::<Vec<_>>()
    };
    assert_eq!(waits(&[]), ["orders.a: orders"]);
    assert_eq!(waits(&[grant("orders", "orders.a", "consume", None)]), ["orders.a: orders"], "less than asked for");
    assert_eq!(
        waits(&[grant("orders", "orders.a", "both", Some("2026-11-23T11:00:00Z"))]),
        ["orders.a: orders"],
        "over"
    );
    assert_eq!(waits(&[grant("payments", "orders.a", "both", None)]), ["orders.a: orders"], "granted by who asks");
    assert!(waits(&[grant("orders", "orders.a", "both", None)]).is_empty());
    assert!(waits(&[grant("kafka", "orders.a", "both", None)]).is_empty(), "the cluster's namespace may speak for all");
}

#[test]
fn what_was_granted_for_a_time_is_looked_at_when_it_ends() {
    let user = declared("payments", json!({ "grants": [{ "topic": "orders.a", "access": "consume" }] }));
    let judgement = judged(&user, &[grant("orders", "orders.a", "consume", Some("2026-11-23T12:00:07Z"))]);
    let by: Vec<_> = judgement.uses.iter().map(ToString::to_string).collect();
    assert_eq!(by, ["orders/g"]);
    let report = told(&user, &judgement, Rotation::Settled, &Outcome::default());
    assert_eq!(report.next, Next::In(std::time::Duration::from_secs(7)));
}

#[test]
fn groups_and_transactional_ids_outside_ones_own_are_refused_and_hold_back_nothing() {
    let user = declared(
        "payments",
        json!({ "grants": [{
            "topic": "payments.a", "access": "both",
            "groups": ["payments.g", "orders.g", "*"], "transactionalIds": ["payments.tx-*", "orders.tx"],
        }] }),
    );
    let judgement = judged(&user, &[]);
    assert_eq!(
        judgement.refusals.iter().map(|refusal| refusal.reason).collect::<Vec<_>>(),
        [UserReason::NameNotAllowed; 3]
    );
    let names: BTreeSet<_> = rules(&judgement).into_iter().map(|(_, name, ..)| name).collect();
    assert_eq!(names, ["payments.a", "payments.g", "payments.tx-"].map(str::to_owned).into());
}

#[test]
fn raw_acls_count_only_where_the_cluster_lives() {
    let acls = json!({ "acls": [{ "resource": { "type": "cluster" }, "operations": ["describe"] }] });
    let tenant = judged(&declared("payments", acls.clone()), &[]);
    assert_eq!((tenant.wish.acls.len(), tenant.refusals[0].reason), (0, UserReason::RawAclsNotAllowed));
    let home = judged(&declared("kafka", acls), &[]);
    assert_eq!(
        rules(&home),
        [(AclResource::Cluster, "kafka-cluster".to_owned(), Pattern::Literal, AclOperation::Describe)].into()
    );
}

fn cluster(spec: &Value, bootstrap_servers: &Value) -> KafkaCluster {
    let object = json!({
        "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaCluster", "metadata": { "namespace": "kafka", "name": "demo" },
        "spec": spec, "status": { "bootstrapServers": bootstrap_servers },
    });
    serde_json::from_value(object).unwrap()
}

fn under(object: &KafkaCluster) -> Rules {
    Rules::of(&"kafka/demo".parse().unwrap(), object, Vec::new())
}

#[test]
fn secrets_name_a_listener_with_passwords_and_rather_one_for_pods() {
    let listener = |name: &str, authentication: &str, exposure: &str| json!({ "name": name, "port": 9092, "authentication": authentication, "exposure": exposure });
    let (open, outside, inside) = (
        listener("open", "none", "internal"),
        listener("outside", "scram-sha-512", "loopback"),
        listener("inside", "scram-sha-512", "internal"),
    );
    let known = json!({ "open": "o:1", "outside": "out:1", "inside": "in:1" });
    let servers = |listeners: Value| under(&cluster(&json!({ "listeners": listeners }), &known)).bootstrap_servers;
    assert_eq!(servers(json!([open, outside, inside])).as_deref(), Some("in:1"));
    assert_eq!(servers(json!([open, outside])).as_deref(), Some("out:1"));
    assert_eq!(servers(json!([open])), None);
}

#[test]
fn a_name_with_powers_and_a_namespace_that_is_no_tenant_are_refused_and_what_is_unclear_changes_nothing() {
    let spec = json!({
        "tenants": [{ "namespace": "payments", "topicPrefixes": ["payments."] }],
        "authorization": { "superUsers": ["User:payments.app"] },
    });
    let rules = under(&cluster(&spec, &json!({})));
    let refused = |declared: &Declared| match validate(declared, &rules, now()) {
        Err(Refused::Forbidden(refusal)) => format!("forbidden {}", refusal.reason),
        Err(Refused::Unclear(refusal)) => format!("unclear {}", refusal.reason),
        Ok(_) => "stands".to_owned(),
    };
    assert_eq!(refused(&declared("payments", json!({}))), "forbidden ReservedName");
    assert_eq!(refused(&declared("orders", json!({}))), "forbidden NotATenant");
    assert_eq!(refused(&declared("kafka", json!({}))), "stands");
    let both = json!({ "grants": [{ "topic": "a b", "access": "both" }] });
    assert_eq!(refused(&declared("payments", both)), "unclear InvalidSpec");
}

#[test]
fn a_user_does_not_move_to_another_cluster() {
    let mut user = declared("kafka", json!({}));
    user.status.cluster = Some("kafka/other".to_owned());
    let judgement = validate(&user, &under(&cluster(&json!({}), &json!({}))), now()).unwrap();
    assert_eq!(judgement.refusals.iter().map(|refusal| refusal.reason).collect::<Vec<_>>(), [UserReason::NotSupported]);
}

/// A user that is as it should be.
fn seen(declared: &Declared) -> Seen {
    let digest = PasswordDigest("d".to_owned());
    let kafka = HalfObserved { scram: Presence::Present, ..HalfObserved::default() };
    let secret =
        SecretObserved::Ours { half: Half::First, digest: digest.clone(), texts: SecretTexts::Current, answers: None };
    let recorded = Recorded { current: Some((Half::First, digest)), ..Recorded::default() };
    Seen {
        declared: Arc::new(declared.clone()),
        observed: UserObserved {
            kafka: Halves { first: kafka, second: HalfObserved::default() },
            secret: secret.clone(),
            proof: SecretProof::None,
            former_secret: Presence::Absent,
            recorded,
        },
        secret: SecretSeen {
            name: "app".parse().unwrap(),
            observed: secret,
            password: None,
            uid: None,
            former: None,
            taken: None,
        },
    }
}

fn told(declared: &Declared, judgement: &Judgement, rotation: Rotation, outcome: &Outcome) -> Report {
    let cluster = "kafka/demo".parse().unwrap();
    let around = Around { cluster: &cluster, grace: SignedDuration::from_secs(60), now: now() };
    report(&seen(declared), judgement, rotation, outcome, &around)
}

fn switched(current: Half, previous: Option<Half>, digest: &str) -> Outcome {
    let standing = Standing { current, previous, answers: Some("2".to_owned()) };
    Outcome { recorded: Some((standing, PasswordDigest(digest.to_owned()))), ..Outcome::default() }
}

#[test]
fn a_rotation_is_written_down_with_its_end_and_looked_at_then() {
    let mut user = declared("payments", json!({ "rotate": 2 }));
    user.status.password_digest = Some("d".to_owned());
    user.status.credential_version = Some(4);
    user.status.username = Some("payments.app".to_owned());
    user.status.next_username = Some("payments.app.b".to_owned());
    let judgement = judged(&user, &[]);
    let rotated = told(&user, &judgement, Rotation::Settled, &switched(Half::Second, Some(Half::First), "e"));
    let status = &rotated.status;
    assert_eq!(status.username.as_deref(), Some("payments.app.b"));
    assert_eq!(status.previous_username.as_deref(), Some("payments.app"));
    assert_eq!(status.previous_until.as_deref(), Some("2026-11-23T12:01:00Z"));
    assert_eq!((status.credential_version, status.rotated.as_deref()), (Some(5), Some("2")));
    assert_eq!(status.next_username, None);
    assert_eq!(rotated.next, Next::In(std::time::Duration::from_mins(1)));
    assert_eq!(rotated.news.iter().map(|news| news.reason).collect::<Vec<_>>(), [UserReason::Rotated]);

    // Read back, it is what was written: the grace runs until its end and is over then.
    user.status = rotated.status;
    let recorded = |at: &str| user.recorded(at.parse().unwrap());
    let current = Some((Half::Second, PasswordDigest("e".to_owned())));
    let before =
        Recorded { current, previous: Some((Half::First, Grace::Running)), next: None, answers: Some("2".to_owned()) };
    assert_eq!(recorded("2026-11-23T12:00:59Z"), before);
    assert_eq!(recorded("2026-11-23T12:01:00Z").previous, Some((Half::First, Grace::Over)));

    let ended = told(&user, &judgement, Rotation::Settled, &switched(Half::Second, None, "e"));
    assert_eq!((ended.status.previous_username, ended.status.previous_until), (None, None));
    assert_eq!(ended.status.credential_version, Some(5), "the same password");
    assert_eq!((ended.news[0].reason, ended.next), (UserReason::PreviousRemoved, Next::Settled));
}

#[test]
fn a_rotation_that_has_to_wait_says_until_when() {
    let mut user = declared("payments", json!({ "rotate": 3 }));
    user.status.previous_username = Some("payments.app".to_owned());
    user.status.previous_until = Some("2026-11-23T12:00:30Z".to_owned());
    let mut judgement = judged(&user, &[]);
    judgement.refusals.extend(set_back(&seen(&user), Rotation::Waits));
    let waits = told(&user, &judgement, Rotation::Waits, &Outcome::default());
    let waiting = condition(&waits.status.conditions, ConditionType::Waiting).unwrap();
    assert_eq!(waiting.reason, "RotationWaits");
    assert!(waiting.message.contains("2026-11-23T12:00:30Z"), "{}", waiting.message);
    assert_eq!(waits.next, Next::In(std::time::Duration::from_secs(30)));
    let first = told(&user, &judgement, Rotation::Next, &Outcome::default());
    assert_eq!(first.next, Next::In(std::time::Duration::from_millis(100)), "something else came first");
}

#[test]
fn a_user_that_is_refused_is_looked_at_when_its_former_password_ends() {
    let mut user = declared("payments", json!({ "grants": [{ "topic": "a b", "access": "both" }] }));
    user.status.previous_until = Some("2026-11-23T12:00:05Z".to_owned());
    let refused = |user: &Declared| {
        let refusal = Refusal { reason: UserReason::InvalidSpec, message: "no".to_owned() };
        report_blocked(user, refusal, Blocked::UntilChanged, now()).next
    };
    assert_eq!(refused(&user), Next::In(std::time::Duration::from_secs(5)));
    user.status.previous_until = Some(NOW.to_owned());
    assert_eq!(refused(&user), Next::Settled);
}

#[test]
fn what_was_not_brought_to_its_end_is_not_written_down() {
    let user = declared("payments", json!({}));
    let failed = Outcome { failure: Some(super::apply::Failure::Failed("no".to_owned())), ..Outcome::default() };
    let report = told(&user, &judged(&user, &[]), Rotation::Settled, &failed);
    assert_eq!((report.status.observed_generation, report.status.secret_name, report.next), (None, None, Next::Later));
}

#[test]
fn a_user_that_waits_for_consent_says_whose_and_keeps_what_stands() {
    let user = declared(
        "payments",
        json!({ "grants": [{ "topic": "orders.a", "access": "consume" }, { "topic": "payments.a", "access": "produce" }] }),
    );
    let judgement = judged(&user, &[]);
    let report = told(&user, &judgement, Rotation::Settled, &Outcome::default());
    let ready = condition(&report.status.conditions, ConditionType::Ready).unwrap();
    assert_eq!((ready.status.as_str(), ready.reason.as_str()), ("False", "ApprovalRequired"));
    assert!(ready.message.contains("KafkaGrant in namespace orders"), "{}", ready.message);
    assert_eq!(report.status.waiting_for, ["orders.a: orders"]);
    assert_eq!(report.status.acl_count, Some(2));
    assert_eq!(report.status.observed_generation, Some(3));
}

#[test]
fn a_user_is_let_go_only_when_nothing_of_it_is_left() {
    let user = declared("payments", json!({}));
    assert_eq!(report_removed(&user, &seen(&user).observed, &Outcome::default(), now()).hold, Hold::Free);
    let failed = Outcome { failure: Some(super::apply::Failure::Failed("no".to_owned())), ..Outcome::default() };
    let report = report_removed(&user, &seen(&user).observed, &failed, now());
    assert_eq!((report.hold, report.next), (Hold::Keep, Next::Later));
}
