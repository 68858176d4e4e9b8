//! What of a credential ends soon: the user of before a rotation, and consents that others gave for a time. Pure.

use crate::{
    Declarations, UserObject,
    findings::{CredentialEnding, EndingKind},
};
use klamm_model::{ClusterRef, Namespace, ObjectName, Reminder, TopicName, UnixMillis};
use klamm_resources::{TopicGrant, ValidatedGrant};
use std::{collections::BTreeMap, sync::Arc};

/// So long before its end something is told.
const AHEAD_MILLIS: i64 = 14 * 86_400_000;

/// What ends within two weeks, or has ended and is still asked for; the first to end first.
pub fn reminders(
    declarations: &Declarations,
    cluster: &ClusterRef,
    whose: (&Namespace, &ObjectName),
    user: &UserObject,
    now: UnixMillis,
) -> Vec<Reminder> {
    let ending = declarations.ending_consents(cluster, until(now));
    let mut all: Vec<Reminder> = of_user(&ending, whose, user, now).into_iter().map(|(_, reminder)| reminder).collect();
    all.sort_by_key(|reminder| reminder.at);
    all
}

/// The same of all credentials of a cluster, by namespace and name; of each what matters most: the consent that ends first.
pub(crate) fn endings(declarations: &Declarations, cluster: &ClusterRef, now: UnixMillis) -> Vec<CredentialEnding> {
    let ending = declarations.ending_consents(cluster, until(now));
    let users = declarations.users(cluster).into_iter();
    let told = users.filter_map(|((namespace, name), user)| {
        if ending.is_empty() && user.told.previous.is_none() {
            return None;
        }
        let all = of_user(&ending, (&namespace, &name), &user, now);
        let (kind, reminder) = all.into_iter().min_by_key(|(kind, reminder)| (*kind, reminder.at))?;
        Some(CredentialEnding { uid: user.told.uid.clone(), namespace, name, reminder, kind })
    });
    told.collect()
}

fn until(now: UnixMillis) -> UnixMillis {
    UnixMillis(now.0.saturating_add(AHEAD_MILLIS))
}

fn of_user(
    ending: &[Arc<ValidatedGrant>],
    (namespace, name): (&Namespace, &ObjectName),
    user: &UserObject,
    now: UnixMillis,
) -> Vec<(EndingKind, Reminder)> {
    let mut consents: BTreeMap<(String, UnixMillis), Reminder> = BTreeMap::new();
    for grant in &user.told.grants {
        for consent in ending.iter().filter(|consent| speaks_of(consent, grant)) {
            let is_meant = consent.to_namespaces.contains(namespace)
                || consent.to_users.iter().any(|user| user.namespace == *namespace && user.name == *name);
            let Some(at) = consent.expires.filter(|_| is_meant) else { continue };
            let ends = if at <= now { "ended" } else { "ends" };
            let message = format!("the consent of {} to {} {ends}; ask for it anew", consent.namespace, grant.topic);
            consents.entry((grant.topic.clone(), at)).or_insert(Reminder { at, message });
        }
    }
    let previous = previous(user).filter(|reminder| reminder.at <= until(now));
    let consents = consents.into_values().map(|reminder| (EndingKind::Consent, reminder));
    consents.chain(previous.map(|reminder| (EndingKind::Password, reminder))).collect()
}

fn previous(user: &UserObject) -> Option<Reminder> {
    let (username, until) = user.told.previous.as_ref()?;
    let until: jiff::Timestamp = until.parse().ok()?;
    let message = format!("the password of before ({username}) stops working; whoever still uses it has to change");
    Some(Reminder { at: UnixMillis(until.as_millisecond()), message })
}

/// What begins a name can be a name itself, but for an empty one.
fn speaks_of(consent: &ValidatedGrant, grant: &TopicGrant) -> bool {
    grant.topic.parse::<TopicName>().is_ok_and(|topic| consent.topics.iter().any(|topics| topics.matches(&topic)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const DAY: i64 = 86_400_000;
    /// 2026-12-01T00:00:00Z
    const NOW: UnixMillis = UnixMillis(1_796_083_200_000);

    fn declarations(consents: &[(&str, &Value, &str)], status: &Value) -> Declarations {
        let declarations = Declarations::default();
        let user = json!({
            "metadata": { "name": "billing", "namespace": "payments" },
            "spec": {
                "cluster": { "namespace": "kafka", "name": "prod" },
                "grants": [{ "topic": "orders.placed", "access": "consume", "groups": ["payments.billing"] }],
            },
            "status": status,
        });
        declarations.saw_user(&serde_json::from_value(user).unwrap());
        for (name, to, expires) in consents {
            let grant = json!({
                "metadata": { "name": name, "namespace": "orders" },
                "spec": {
                    "cluster": { "namespace": "kafka", "name": "prod" },
                    "topics": [{ "name": "orders.placed" }], "access": "consume", "to": to, "expires": expires,
                },
            });
            declarations.saw_grant(&serde_json::from_value(grant).unwrap());
        }
        declarations
    }

    fn told(declarations: &Declarations) -> Vec<(i64, String)> {
        let (namespace, name) = ("payments".parse().unwrap(), "billing".parse().unwrap());
        let user = declarations.user(&namespace, &name).unwrap();
        let all = reminders(declarations, &"kafka/prod".parse().unwrap(), (&namespace, &name), &user, NOW);
        all.into_iter().map(|reminder| ((reminder.at.0 - NOW.0) / DAY, reminder.message)).collect()
    }

    #[test]
    fn a_consent_that_ends_within_two_weeks_is_told_to_those_whom_it_is_for() {
        let (mine, all) = (json!({ "users": ["payments/billing"] }), json!({ "namespaces": ["payments"] }));
        let others = json!({ "users": ["payments/other"], "namespaces": ["shop"] });
        let consents = [
            ("a", &mine, "2026-12-04T00:00:00Z"),
            ("b", &all, "2026-11-30T00:00:00Z"),
            ("c", &others, "2026-12-03T00:00:00Z"),
            ("d", &mine, "2027-01-01T00:00:00Z"),
        ];
        assert_eq!(
            told(&declarations(&consents, &json!({}))),
            [
                (-1, "the consent of orders to orders.placed ended; ask for it anew".to_owned()),
                (3, "the consent of orders to orders.placed ends; ask for it anew".to_owned()),
            ]
        );
    }

    #[test]
    fn the_user_of_before_a_rotation_is_told_as_long_as_it_works() {
        let status = json!({
            "conditions": [], "previousUsername": "payments.billing", "previousUntil": "2026-12-02T00:00:00Z",
        });
        let told = told(&declarations(&[], &status));
        assert_eq!((told.len(), told[0].0), (1, 1));
        assert!(told[0].1.starts_with("the password of before (payments.billing) stops working"), "{told:?}");
    }
}
