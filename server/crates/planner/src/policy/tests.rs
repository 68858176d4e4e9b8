use super::*;
use klamm_model::{Known, PersonName, RequestKind, Severity, UnixMillis};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const RULES: &str = r#"
[environments.dev]
kinds.topicCreate = { withoutAsking = "withinLimits", ask = ["ownerTeam"] }
kinds.topicDelete = { withoutAsking = "always" }
[environments.dev.topics.allowed]
name = "[a-z0-9.-]+"
partitions = { max = 100 }
retention = { max = "30d" }
config."cleanup.policy".oneOf = ["delete", "compact"]
config."segment.ms".min = 60000
[environments.dev.topics.automatic]
partitions = { min = 1, max = 24 }
minInsyncReplicas = { min = 2 }
retentionBytes = { max = "10GiB" }
configKeys = ["cleanup.policy", "retention.ms", "retention.bytes", "min.insync.replicas", "segment.ms"]
[environments.dev.quota]
topics = 3
bytesKept = "1TiB"

[environments."*"]
kinds.topicCreate = { ask = [{ who = "ownerTeam", approvals = 2 }, "team:platform"], expires = "3d" }
[[environments."*".freeze]]
from = "2026-12-20T00:00:00Z"
until = "2027-01-07T00:00:00Z"
reason = "the shop is closed"
"#;

fn policy() -> Policy {
    Policy::parse(RULES).unwrap()
}

fn person(name: &str) -> PersonName {
    PersonName::new(name).unwrap()
}

fn people(all: &[(Approver, &[&str])]) -> BTreeMap<Approver, BTreeSet<PersonName>> {
    all.iter().map(|(who, names)| (who.clone(), names.iter().map(|name| person(name)).collect())).collect()
}

fn platform() -> Approver {
    "team:platform".parse().unwrap()
}

fn facts() -> Facts {
    let known = Known::Known(1);
    Facts {
        now: UnixMillis(0),
        usage: Usage { topics: known, partitions: known, bytes_kept: known },
        approvers: people(&[(Approver::OwnerTeam, &["ann", "bob"]), (platform(), &["eve"])]),
    }
}

fn wish(environment: &str, partitions: u64, config: &[(&str, &str)]) -> Wish {
    Wish {
        kind: RequestKind::TopicCreate,
        environment: environment.to_owned(),
        topic: Some(TopicWish {
            name: "payments.a".parse().unwrap(),
            partitions: Some(partitions),
            replication_factor: None,
            config: config.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }),
    }
}

fn said(judgement: &Judgement) -> Vec<(&str, Severity, &str)> {
    judgement.findings.iter().map(|f| (f.rule.as_str(), f.severity, f.message.as_str())).collect()
}

#[test]
fn what_stays_within_the_limits_is_applied_without_asking() {
    let config = [("retention.ms", "86400000"), ("min.insync.replicas", "2"), ("cleanup.policy", "compact")];
    let judged = judge(&policy(), &wish("dev", 24, &config), &facts());
    assert_eq!((judged.outcome, judged.findings, judged.frozen_until), (Outcome::Automatic, Vec::new(), None));
}

#[test]
fn what_goes_beyond_is_asked_about_and_what_goes_far_beyond_is_refused() {
    let judged =
        judge(&policy(), &wish("dev", 25, &[("retention.bytes", "-1"), ("min.insync.replicas", "1")]), &facts());
    assert!(matches!(judged.outcome, Outcome::Asks { .. }));
    assert_eq!(
        said(&judged),
        [
            ("environments.dev.topics.automatic.partitions", Severity::Approval, "25 partitions; 24 is the most"),
            (
                "environments.dev.topics.automatic.minInsyncReplicas",
                Severity::Approval,
                "1 in-sync replicas at least; 2 is the least"
            ),
            (
                "environments.dev.topics.automatic.retentionBytes",
                Severity::Approval,
                "a partition without limit; 10 GiB is the most"
            ),
        ]
    );
    let config = [("retention.ms", "-1"), ("cleanup.policy", "both"), ("segment.ms", "soon"), ("flush.ms", "1")];
    let judged = judge(&policy(), &wish("dev", 101, &config), &facts());
    assert_eq!(judged.outcome, Outcome::Refused);
    let all = said(&judged);
    let with = |severity| all.iter().filter(|(_, s, _)| *s == severity).map(|(_, _, text)| *text).collect::<Vec<_>>();
    assert_eq!(
        with(Severity::Error),
        [
            "101 partitions; 100 is the most",
            "retention without limit; 30 d is the most",
            "cleanup.policy is \"both\"; it may be delete, compact",
            "segment.ms is \"soon\"; it must be a number",
        ]
    );
    assert_eq!(
        with(Severity::Approval),
        ["101 partitions; 24 is the most", "flush.ms is not among the keys that may be set"]
    );
}

#[test]
fn a_name_has_to_fit_as_a_whole() {
    let mut odd = wish("dev", 1, &[]);
    odd.topic.as_mut().unwrap().name = "payments.A".parse().unwrap();
    assert_eq!(said(&judge(&policy(), &odd, &facts()))[0].2, "payments.A does not fit [a-z0-9.-]+");
}

#[test]
fn a_team_has_no_more_than_its_quota_and_what_cannot_be_counted_is_asked_about() {
    let mut facts = facts();
    facts.usage.topics = Known::Known(4);
    let judged = judge(&policy(), &wish("dev", 1, &[]), &facts);
    assert_eq!(judged.outcome, Outcome::Refused);
    assert_eq!(said(&judged)[0].2, "the team would have 4 topics of this cluster; 3 is the most");
    facts.usage = Usage { topics: Known::Known(3), partitions: Known::Unknown, bytes_kept: Known::Unknown };
    let judged = judge(&policy(), &wish("dev", 1, &[]), &facts);
    assert!(matches!(judged.outcome, Outcome::Asks { .. }));
    assert_eq!(
        said(&judged),
        [(
            "environments.dev.quota.bytesKept",
            Severity::Approval,
            "how many bytes kept the team would have cannot be told now; 1 TiB is the most"
        )]
    );
    let deletes = Wish { kind: RequestKind::TopicDelete, topic: None, ..wish("dev", 1, &[]) };
    assert_eq!(judge(&policy(), &deletes, &facts).outcome, Outcome::Automatic, "it takes nothing more");
}

#[test]
fn nothing_may_be_asked_for_that_no_rule_speaks_of() {
    let judged =
        judge(&policy(), &Wish { kind: RequestKind::AccessGrant, topic: None, ..wish("dev", 1, &[]) }, &facts());
    assert_eq!(judged.outcome, Outcome::Refused);
    assert_eq!(said(&judged)[0].2, "nobody may grant access in environment \"dev\"; operators may allow it");
    let judged = judge(&Policy::default(), &wish("dev", 1, &[]), &facts());
    assert_eq!((judged.outcome.clone(), said(&judged)[0].0), (Outcome::Refused, "environments"));
}

#[test]
fn a_wish_that_nobody_could_approve_is_refused_at_once() {
    let asked = judge(&policy(), &wish("prod", 1, &[]), &facts());
    let Outcome::Asks { of, expires } = asked.outcome else { panic!("{asked:?}") };
    assert_eq!((of.len(), of[0].approvals, expires), (2, 2, Span(3 * 86_400_000)));
    // Bob would have to sit on two seats.
    let approvers = people(&[(Approver::OwnerTeam, &["ann", "bob"]), (platform(), &["bob"])]);
    let judged = judge(&policy(), &wish("prod", 1, &[]), &Facts { approvers, ..facts() });
    assert_eq!(judged.outcome, Outcome::Refused);
    assert_eq!(
        said(&judged)[0].2,
        "nobody could approve it: it takes 2 of the owner's team and 1 of team platform, besides whoever asks, and there are too few; add approvers"
    );
}

#[test]
fn in_a_freeze_people_are_told_when_it_goes_on() {
    let at = |time: &str| UnixMillis(time.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let judged = judge(&policy(), &wish("prod", 1, &[]), &Facts { now: at("2026-12-31T00:00:00Z"), ..facts() });
    assert_eq!(judged.frozen_until, Some(at("2027-01-07T00:00:00Z")));
    let words: Vec<&str> = said(&judged).into_iter().map(|(_, _, message)| message).collect();
    assert_eq!(
        words,
        [
            "to create a topic in environment \"prod\" takes the approval of 2 of the owner's team and 1 of team platform",
            "nothing is applied now: the shop is closed; it goes on in 7 days",
        ]
    );
    assert!(matches!(judged.outcome, Outcome::Asks { .. }), "it can be asked for all the same");
    for outside in ["2026-12-19T23:59:59Z", "2027-01-07T00:00:00Z"] {
        let judged = judge(&policy(), &wish("prod", 1, &[]), &Facts { now: at(outside), ..facts() });
        assert_eq!(judged.frozen_until, None, "{outside}");
    }
}

#[test]
fn a_document_with_anything_wrong_in_it_is_refused_as_a_whole_with_its_line() {
    let told = |text: &str| Policy::parse(text).unwrap_err().to_string();
    let dev =
        |line: &str| format!("[environments.dev]\nkinds.topicDelete = {{ withoutAsking = \"always\" }}\n{line}\n");
    assert!(
        told(&dev("kinds.topicMake = { ask = [\"ownerTeam\"] }")).starts_with("line 3: unknown variant `topicMake`")
    );
    assert!(told(&dev("topics.allowed.partition = { max = 3 }")).starts_with("line 3: unknown field `partition`"));
    assert!(
        told(&dev("topics.allowed.retention = { max = \"7 days\" }"))
            .starts_with("line 3: \"7 days\" is not a stretch")
    );
    assert!(told(&dev("topics.allowed.name = \"[a\"")).starts_with("line 3: not a regular expression"));
    assert!(told(&dev("kinds.topicCreate = { ask = [\"boss\"] }")).contains("\"boss\" is nobody"));
    assert!(
        told(&dev("kinds.topicCreate = { ask = [{ who = \"operators\", approvals = 0 }] }")).contains("1 at least")
    );
    assert!(told("[environments.dev\n").starts_with("line 1: "));
    assert_eq!(
        told(&dev("kinds.topicCreate = { ask = [] }")),
        "line 3: environments.dev.kinds.topicCreate: says neither who is asked nor that nobody is; write ask = [\"ownerTeam\"] or withoutAsking = \"always\""
    );
    let finalise = |rule: &str| told(&dev(&format!("kinds.finalise = {{ {rule} }}")));
    assert!(finalise("withoutAsking = \"always\"").contains("kinds.finalise: somebody else always agrees"));
    assert!(finalise("withoutAsking = \"withinLimits\", ask = [\"operators\"]").contains("somebody else always"));
    assert!(Policy::parse(&dev("kinds.finalise = { ask = [\"operators\"] }")).is_ok());
    assert_eq!(
        told("\n[environments.dev.topics.allowed]\npartitions = { min = 5, max = 3 }\n"),
        "line 2: environments.dev.topics.allowed: partitions: min is more than max"
    );
    let freeze = "[[environments.dev.freeze]]\nfrom = \"2026-12-20T00:00:00Z\"\nuntil = \"2026-12-19T00:00:00Z\"\nreason = \"\"\n";
    assert_eq!(told(freeze), "line 1: environments.dev.freeze: a freeze ends before it begins");
}

/// Whether every seat can be taken, found out by trying everybody on each.
fn tried(seats: &[Vec<PersonName>], taken: &BTreeSet<PersonName>) -> bool {
    let Some((seat, rest)) = seats.split_first() else { return true };
    seat.iter().any(|person| {
        let mut taken = taken.clone();
        taken.insert(person.clone()) && tried(rest, &taken)
    })
}

fn some_people() -> impl Strategy<Value = BTreeMap<Approver, BTreeSet<PersonName>>> {
    let names = || prop::collection::btree_set("[a-e]".prop_map(|name| PersonName::new(name).unwrap()), 0..4);
    (names(), names(), names()).prop_map(|(owners, operators, team)| {
        [(Approver::OwnerTeam, owners), (Approver::Operators, operators), (platform(), team)].into()
    })
}

fn some_asks() -> impl Strategy<Value = Vec<Ask>> {
    let who = prop_oneof![Just(Approver::OwnerTeam), Just(Approver::Operators), Just(platform())];
    prop::collection::vec((who, 1_u32..3).prop_map(|(who, approvals)| Ask { who, approvals }), 1..4)
}

proptest! {
    #[test]
    fn seats_are_taken_exactly_when_they_can_be_and_by_nobody_twice(asks in some_asks(), people in some_people()) {
        let seats: Vec<Vec<PersonName>> = asks.iter()
            .flat_map(|ask| vec![people[&ask.who].iter().cloned().collect(); ask.approvals as usize])
            .collect();
        let found = seated(&asks, &people);
        prop_assert_eq!(found.is_some(), tried(&seats, &BTreeSet::new()));
        if let Some(found) = found {
            prop_assert_eq!(found.len(), seats.len());
            prop_assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
            prop_assert!(found.iter().zip(&seats).all(|(person, seat)| seat.contains(person)));
        }
    }

    #[test]
    fn who_wants_more_is_never_judged_more_lightly(partitions in 1_u64..200, more in 0_u64..200, days in 0_u64..60, later in 0_u64..60) {
        let rank = |partitions: u64, days: u64| {
            let retention = (days * 86_400_000).to_string();
            match judge(&policy(), &wish("dev", partitions, &[("retention.ms", &retention)]), &facts()).outcome {
                Outcome::Automatic => 0,
                Outcome::Asks { .. } => 1,
                Outcome::Refused => 2,
            }
        };
        prop_assert!(rank(partitions, days) <= rank(partitions + more, days + later));
    }
}

#[test]
fn nobody_reads_messages_unless_an_environment_names_somebody() {
    let readers = |text: &str| Policy::parse(text).map(|policy| policy.of("dev").unwrap().1.messages.read.clone());
    assert_eq!(readers("[environments.dev]"), Ok(BTreeSet::new()));
    assert_eq!(readers("[environments.dev]\nmessages = {}"), Ok(BTreeSet::new()));
    let all = readers(
        "[environments.dev]\nmessages = { read = [\"ownerTeam\", \"team:audit\", \"operators\", \"ownerTeam\"] }",
    );
    let words: Vec<_> = all.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(words, ["members of the owner's team", "operators", "members of team audit"]);
    for (bad, word) in
        [("read = [\"everybody\"]", "is nobody"), ("write = []", "unknown field"), ("read = true", "invalid type")]
    {
        let error = readers(&format!("[environments.dev]\nmessages = {{ {bad} }}")).unwrap_err();
        assert!(error.line == 2 && error.message.contains(word), "{bad}: {error}");
    }
}
