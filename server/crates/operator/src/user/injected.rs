//! What is different about users that were made for a workload: their Secret begins only when every grant stands and
//! looks as the talk's did, their groups follow the workload's name, and the workload hears what they hear. Pure.

use super::{
    gather::Seen,
    judge::{Judgement, Refusal},
    object::Declared,
};
use crate::batch::News;
use k8s_openapi::{
    api::core::v1::{ObjectReference, Secret},
    apimachinery::pkg::apis::meta::v1::OwnerReference,
};
use klamm_planner::{
    tenancy::Tenancy,
    users::{Half, Named, Presence, Quotas, SecretObserved, UserWish},
};
use klamm_resources::{
    UserReason, ValidatedUser,
    injection::{ANNOTATION_GENERATED, ANNOTATION_SECRET, InjectedFor, LABEL_GENERATOR, LABEL_SECRET},
};
use std::collections::BTreeSet;

/// Whether the first Secret has to wait: a pod that starts with it shall find that it may do everything it asked for.
/// Once there was a Secret, only what is new waits.
pub(super) fn has_to_wait(seen: &Seen, judgement: &Judgement) -> bool {
    seen.declared.injected_for().is_some()
        && !judgement.waiting.is_empty()
        && seen.observed.recorded.current.is_none()
        && seen.observed.secret == SecretObserved::Absent
        && seen.observed.kafka.of(Half::First).scram == Presence::Absent
}

/// The judgement on a user of which nothing is made yet: it waits for the same.
pub(super) fn without_anything(judgement: Judgement) -> Judgement {
    Judgement {
        wish: UserWish { acls: BTreeSet::new(), quotas: Quotas::new(), rotate: None },
        uses: BTreeSet::new(),
        ..judgement
    }
}

/// The groups that a workload's consumers may use beside those of its namespace.
pub(super) fn groups(user: &ValidatedUser, tenancy: &Tenancy) -> Option<Named> {
    let name = user.injected_for.as_ref()?.workload.name.as_str();
    tenancy.may_use_groups_of_workload(&user.namespace, name).then(|| Named::prefixed(name))
}

/// Makes a workload's Secret look as the talk's did.
pub(super) fn dress(secret: &mut Secret, declared: &Declared) {
    let Some(injected) = declared.injected_for() else { return };
    let meta = &mut secret.metadata;
    let labels = meta.labels.get_or_insert_default();
    labels.extend(labels_of(injected).map(|(key, value)| (key.to_owned(), value.to_owned())));
    if let Some(since) = injected.since {
        meta.annotations.get_or_insert_default().insert(ANNOTATION_GENERATED.to_owned(), since.to_string());
    }
    meta.owner_references.get_or_insert_default().push(owner(injected));
}

/// Whether a Secret looks so; that of a user without a workload may look as it likes.
pub(super) fn is_dressed(declared: &Declared, secret: &Secret) -> bool {
    let Some(injected) = declared.injected_for() else { return true };
    let meta = &secret.metadata;
    let label = |key: &str| meta.labels.as_ref().and_then(|labels| labels.get(key)).map(String::as_str);
    let generated = meta.annotations.as_ref().and_then(|annotations| annotations.get(ANNOTATION_GENERATED));
    labels_of(injected).into_iter().all(|(key, value)| label(key) == Some(value))
        && injected.since.is_none_or(|since| generated == Some(&since.to_string()))
        && meta.owner_references.iter().flatten().any(|found| *found == owner(injected))
}

fn labels_of(injected: &InjectedFor) -> [(&str, &str); 2] {
    [(LABEL_GENERATOR, injected.generator.as_str()), LABEL_SECRET]
}

fn owner(injected: &InjectedFor) -> OwnerReference {
    OwnerReference { controller: None, block_owner_deletion: Some(false), ..injected.owner.clone() }
}

/// What a hindrance means to people who write annotations.
pub(super) fn in_its_words(declared: &Declared, refusal: Refusal) -> Refusal {
    if declared.injected_for().is_none() || refusal.reason != UserReason::SecretConflict {
        return refusal;
    }
    let message = format!(
        "a Secret {} exists and is not that of this workload; delete it, or name another one in the workload's annotation {ANNOTATION_SECRET}",
        declared.wanted_secret()
    );
    Refusal { message, ..refusal }
}

/// The same news for the workload, which is where its people look.
pub(super) fn to_the_workload(declared: &Declared, news: &News) -> Option<News> {
    let InjectedFor { workload, owner, .. } = declared.injected_for()?;
    let about = ObjectReference {
        api_version: Some(workload.kind.api_version().to_owned()),
        kind: Some(workload.kind.as_str().to_owned()),
        namespace: Some(declared.key.namespace.to_string()),
        name: Some(workload.name.to_string()),
        uid: Some(owner.uid.clone()),
        ..ObjectReference::default()
    };
    Some(News { about, ..news.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{batch::Tone, user::secret::SecretSeen};
    use klamm_planner::{
        tenancy::{Pattern, Tenant},
        users::{HalfObserved, Halves, PasswordDigest, Recorded, SecretProof, SecretTexts, UserObserved},
    };
    use klamm_resources::KafkaUser;
    use kube::core::DeserializeGuard;
    use serde_json::json;
    use std::sync::Arc;

    fn declared(topics: &[&str]) -> Declared {
        let grants: Vec<_> = topics.iter().map(|topic| json!({ "topic": topic, "access": "consume" })).collect();
        let object = json!({
            "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaUser",
            "metadata": {
                "namespace": "payments", "name": "deployment-app", "uid": "u", "generation": 1,
                "creationTimestamp": "2026-11-23T12:00:00Z", "labels": { "generator": "me" },
                "annotations": { "klamm.dev/injected-for": "Deployment/app" },
                "ownerReferences": [{
                    "apiVersion": "apps/v1", "kind": "Deployment", "name": "app", "uid": "w",
                    "controller": false, "blockOwnerDeletion": false,
                }],
            },
            "spec": { "cluster": { "namespace": "kafka", "name": "demo" }, "grants": grants },
        });
        let object: DeserializeGuard<KafkaUser> = serde_json::from_value(object).unwrap();
        Declared::read(
            crate::user::object::UserKey {
                namespace: "payments".parse().unwrap(),
                name: "deployment-app".parse().unwrap(),
            },
            object,
        )
    }

    fn tenancy(orders_groups: &str) -> Tenancy {
        let tenant = |namespace: &str, groups: &str| Tenant {
            namespace: namespace.parse().unwrap(),
            topic_prefixes: vec![format!("{namespace}.")],
            group_prefixes: vec![groups.to_owned()],
        };
        Tenancy::new("kafka".parse().unwrap(), vec![tenant("payments", "payments."), tenant("orders", orders_groups)])
    }

    fn judged(declared: &Declared, tenancy: &Tenancy) -> Judgement {
        super::super::judge::judge(declared.reading.as_ref().unwrap(), tenancy, &[], klamm_model::UnixMillis(0))
    }

    fn groups_of(judgement: &Judgement) -> Vec<(String, Pattern)> {
        let groups =
            judgement.wish.acls.iter().filter(|rule| rule.resource == klamm_planner::users::AclResource::Group);
        groups.map(|rule| (rule.name.clone(), rule.pattern)).collect()
    }

    fn seen(declared: Declared, recorded: Option<&str>, secret: SecretObserved) -> Seen {
        let scram = if recorded.is_some() { Presence::Present } else { Presence::Absent };
        let mut kafka: Halves<HalfObserved> = Halves::default();
        kafka.of_mut(Half::First).scram = scram;
        let current = recorded.map(|digest| (Half::First, PasswordDigest(digest.to_owned())));
        let observed = UserObserved {
            kafka,
            secret: secret.clone(),
            proof: SecretProof::None,
            former_secret: Presence::Absent,
            recorded: Recorded { current, ..Recorded::default() },
        };
        Seen {
            secret: SecretSeen {
                name: declared.wanted_secret(),
                observed: secret,
                password: None,
                uid: None,
                former: None,
                taken: None,
            },
            declared: Arc::new(declared),
            observed,
        }
    }

    #[test]
    fn a_workload_reads_with_groups_of_its_namespace_and_of_its_own_name() {
        let app = declared(&["payments.a"]);
        let both = [("app".to_owned(), Pattern::Prefixed), ("payments.".to_owned(), Pattern::Prefixed)];
        assert_eq!(groups_of(&judged(&app, &tenancy("orders."))), both);
        assert_eq!(groups_of(&judged(&app, &tenancy("app-of-orders."))), both[1..], "another's are among them");
    }

    #[test]
    fn the_first_secret_waits_for_every_grant_and_later_ones_for_none() {
        let waiting = judged(&declared(&["payments.a", "orders.a"]), &tenancy("orders."));
        let standing = judged(&declared(&["payments.a"]), &tenancy("orders."));
        let nothing_yet = seen(declared(&[]), None, SecretObserved::Absent);
        assert!(has_to_wait(&nothing_yet, &waiting) && !has_to_wait(&nothing_yet, &standing));
        assert!(
            !has_to_wait(&seen(declared(&[]), Some("d"), SecretObserved::Absent), &waiting),
            "a lost one comes back"
        );
        // A crash between the Secret and the credential: it goes on.
        let digest = PasswordDigest("d".to_owned());
        let ours = SecretObserved::Ours { half: Half::First, digest, texts: SecretTexts::Current, answers: None };
        assert!(!has_to_wait(&seen(declared(&[]), None, ours), &waiting));
        let mut by_hand = declared(&[]);
        by_hand.reading.as_mut().unwrap().injected_for = None;
        assert!(!has_to_wait(&seen(by_hand, None, SecretObserved::Absent), &waiting));
        let waits = without_anything(waiting);
        assert!(waits.wish.acls.is_empty() && waits.waiting.len() == 1);
    }

    #[test]
    fn the_secret_looks_as_the_talks_did_and_is_dressed_again_when_it_does_not() {
        let app = declared(&[]);
        let mut secret = Secret::default();
        assert!(!is_dressed(&app, &secret));
        dress(&mut secret, &app);
        assert!(is_dressed(&app, &secret));
        let meta = &secret.metadata;
        let labels = meta.labels.as_ref().unwrap();
        assert_eq!((labels["generator"].as_str(), labels["config"].as_str()), ("me", "kafka-topic-credentials"));
        assert_eq!(meta.annotations.as_ref().unwrap()["topic.kafka.nb/generated"], "2026-11-23T12:00:00Z");
        let owner = &meta.owner_references.as_ref().unwrap()[0];
        assert_eq!((owner.kind.as_str(), owner.block_owner_deletion), ("Deployment", Some(false)));
        secret.metadata.labels.as_mut().unwrap().remove("config");
        assert!(!is_dressed(&app, &secret));
    }

    #[test]
    fn the_workload_hears_what_its_user_hears() {
        let news = News {
            about: ObjectReference::default(),
            tone: Tone::Warning,
            reason: "ApprovalRequired",
            action: "Reconcile",
            note: "orders.a needs a KafkaGrant in namespace orders".to_owned(),
        };
        let told = to_the_workload(&declared(&[]), &news).unwrap();
        assert_eq!((told.about.kind.as_deref(), told.about.name.as_deref()), (Some("Deployment"), Some("app")));
        assert_eq!((told.about.uid.as_deref(), told.note), (Some("w"), news.note));
    }
}
