use super::*;
use std::collections::BTreeSet;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn ready(status: ConditionStatus, message: &str) -> ConditionUpdate {
    ConditionUpdate::new(ConditionType::Ready, status, TopicReason::InSync, message)
}

#[test]
fn the_transition_time_moves_only_with_the_status() {
    let mut conditions = Vec::new();
    assert!(set_condition(&mut conditions, ready(ConditionStatus::False, "a"), Some(1), at(10)));
    assert!(set_condition(&mut conditions, ready(ConditionStatus::False, "b"), Some(1), at(20)));
    assert_eq!(conditions[0].last_transition_time.0, at(10));
    assert_eq!(conditions[0].message, "b");
    assert!(set_condition(&mut conditions, ready(ConditionStatus::True, "b"), Some(1), at(30)));
    assert_eq!(conditions[0].last_transition_time.0, at(30));
}

#[test]
fn saying_the_same_again_changes_nothing_but_the_generation() {
    let mut conditions = Vec::new();
    set_condition(&mut conditions, ready(ConditionStatus::True, "a"), Some(1), at(10));
    assert!(!set_condition(&mut conditions, ready(ConditionStatus::True, "a"), Some(2), at(20)));
    assert_eq!(conditions[0].observed_generation, Some(2));
    assert_eq!(conditions[0].last_transition_time.0, at(10));
}

#[test]
fn conditions_are_sorted_and_can_be_cleared() {
    let mut conditions = Vec::new();
    for type_ in [ConditionType::Waiting, ConditionType::Degraded, ConditionType::Ready] {
        let update = ConditionUpdate::new(type_, ConditionStatus::True, ClusterReason::Serving, "");
        set_condition(&mut conditions, update, None, at(0));
    }
    let types: Vec<_> = conditions.iter().map(|c| c.type_.as_str()).collect();
    assert_eq!(types, ["Degraded", "Ready", "Waiting"]);
    assert!(holds(&conditions, ConditionType::Waiting));
    assert!(clear_condition(&mut conditions, ConditionType::Waiting));
    assert!(!clear_condition(&mut conditions, ConditionType::Waiting));
    assert!(!holds(&conditions, ConditionType::Waiting));
}

#[test]
fn a_time_with_a_fraction_survives_a_round_trip() {
    let mut conditions = Vec::new();
    set_condition(&mut conditions, ready(ConditionStatus::True, ""), None, Timestamp::from_millisecond(1_499).unwrap());
    let json = serde_json::to_string(&conditions).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Condition>>(&json).unwrap(), conditions);
    assert!(json.contains("1970-01-01T00:00:01Z"), "{json}");
}

#[test]
fn a_message_never_breaks_the_schema() {
    let update = ready(ConditionStatus::True, &"ä".repeat(40_000));
    assert_eq!(update.message.chars().count(), 32_768);
}

#[test]
fn reasons_are_words_the_api_server_accepts() {
    let mut seen = BTreeSet::new();
    for reason in ClusterReason::ALL {
        let word = reason.as_str();
        assert!(word.starts_with(|c: char| c.is_ascii_uppercase()) && word.chars().all(|c| c.is_ascii_alphanumeric()));
        assert!(seen.insert(word), "{word} twice");
    }
}
