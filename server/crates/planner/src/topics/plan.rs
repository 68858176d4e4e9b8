//! From a wish and an observation to acts, refusals and differences.

use super::{
    Declaration, DriftPolicy, FieldRefusal, RefusalReason, TopicField, TopicObserved, TopicPolicy, TopicState,
    TopicWish, belongs_to_operations, same_value,
};
use klamm_model::Known;
use std::collections::{BTreeMap, BTreeSet};

/// One change of one topic, in the order it is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicAct {
    /// Make the topic; absent numbers are the brokers' defaults.
    Create {
        /// How many partitions.
        partitions: Option<u32>,
        /// How many replicas of each.
        replication_factor: Option<u16>,
        /// Keys to be set.
        config: BTreeMap<String, String>,
    },
    /// Add partitions.
    GrowPartitions {
        /// As it is.
        from: u32,
        /// As it shall be.
        to: u32,
    },
    /// Change keys of the topic.
    AlterConfig {
        /// To be set.
        set: BTreeMap<String, String>,
        /// To go back to their defaults.
        unset: BTreeSet<String>,
    },
    /// Delete the topic of this id.
    Delete {
        /// Which one.
        id: String,
    },
}

/// A declared field that is not as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which field.
    pub field: TopicField,
    /// As declared.
    pub wanted: String,
    /// As found; none when it is not set, or Kafka keeps it to itself.
    pub found: Option<String>,
}

/// How a topic stands to its declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is as declared, as far as nothing was refused.
    InStep,
    /// It is to be created.
    Missing,
    /// It is not there and cannot be created as declared.
    CannotBeCreated,
    /// It is to be changed.
    Differs,
    /// It was changed behind its declaration's back and is to be changed back.
    Drifted,
    /// It was changed behind its declaration's back and is left so.
    DriftLeft,
}

/// What is to be done about a topic, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct TopicPlan {
    /// In this order.
    pub acts: Vec<TopicAct>,
    /// Fields that are not carried out.
    pub refusals: Vec<FieldRefusal>,
    /// What is not as declared, refused fields apart.
    pub differences: Vec<Difference>,
    /// In one word.
    pub standing: Standing,
}

/// Decides what is to be done so that a topic becomes as declared.
pub fn plan_topic(wish: &TopicWish, observed: &TopicObserved, policy: &TopicPolicy) -> TopicPlan {
    if wish.name.is_internal() {
        let refusals = vec![FieldRefusal { field: TopicField::Name, reason: RefusalReason::InternalTopic }];
        return TopicPlan { acts: Vec::new(), refusals, differences: Vec::new(), standing: Standing::CannotBeCreated };
    }
    match observed {
        TopicObserved::Absent => plan_missing(wish, policy),
        TopicObserved::Present(topic) => plan_present(wish, topic, policy),
    }
}

fn plan_missing(wish: &TopicWish, policy: &TopicPolicy) -> TopicPlan {
    let mut refusals = Vec::new();
    if let Some(with) = &wish.collides_with {
        let reason = RefusalReason::CollidesInMetrics { with: with.clone() };
        refusals.push(FieldRefusal { field: TopicField::Name, reason });
    }
    let mut keep = |field, checked: Result<(), RefusalReason>| {
        if let Err(reason) = checked {
            refusals.push(FieldRefusal { field, reason });
        }
    };
    if let Some(wanted) = wish.partitions {
        keep(TopicField::Partitions, check_partitions(wanted, policy));
    }
    if let Some(wanted) = wish.replication_factor {
        keep(TopicField::ReplicationFactor, check_factor(wanted, policy));
    }
    let creatable = refusals.is_empty();
    let mut config = policy.default_config.clone();
    // A declared key that is refused does not get the cluster's default either: somebody asked for something else.
    config.retain(|key, _| !wish.config.contains_key(key));
    config.extend(accepted_config(wish, &BTreeMap::new(), policy, &mut refusals));
    let standing = match (creatable, wish.declaration, policy.drift) {
        (false, _, _) => Standing::CannotBeCreated,
        (true, Declaration::New, _) => Standing::Missing,
        (true, Declaration::CarriedOut, DriftPolicy::Revert) => Standing::Drifted,
        (true, Declaration::CarriedOut, DriftPolicy::Report) => Standing::DriftLeft,
    };
    let differences = vec![Difference { field: TopicField::Name, wanted: wish.name.to_string(), found: None }];
    let acts = match standing {
        Standing::Missing | Standing::Drifted => vec![TopicAct::Create {
            partitions: wish.partitions.or(policy.default_partitions).and_then(|n| u32::try_from(n).ok()),
            replication_factor: wish
                .replication_factor
                .or(policy.default_replication_factor)
                .and_then(|n| u16::try_from(n).ok()),
            config,
        }],
        Standing::CannotBeCreated | Standing::DriftLeft | Standing::InStep | Standing::Differs => Vec::new(),
    };
    TopicPlan { acts, refusals, differences, standing }
}

fn plan_present(wish: &TopicWish, topic: &TopicState, policy: &TopicPolicy) -> TopicPlan {
    let mut refusals = Vec::new();
    let mut differences = Vec::new();
    let mut acts = Vec::new();
    if let Some(act) = plan_partitions(wish, topic, policy, &mut refusals, &mut differences) {
        acts.push(act);
    }
    if let Some(wanted) = wish.replication_factor
        && wanted != i64::from(topic.replication_factor)
    {
        let differs = RefusalReason::FactorDiffers { wanted, have: topic.replication_factor };
        let reason = check_factor(wanted, policy).err().unwrap_or(differs);
        refusals.push(FieldRefusal { field: TopicField::ReplicationFactor, reason });
    }
    if let Some(act) = plan_config(wish, topic, policy, &mut refusals, &mut differences) {
        acts.push(act);
    }
    let standing = match (acts.is_empty(), wish.declaration, policy.drift) {
        (true, _, _) => Standing::InStep,
        (false, Declaration::New, _) => Standing::Differs,
        (false, Declaration::CarriedOut, DriftPolicy::Revert) => Standing::Drifted,
        (false, Declaration::CarriedOut, DriftPolicy::Report) => Standing::DriftLeft,
    };
    if standing == Standing::DriftLeft {
        acts.clear();
    }
    TopicPlan { acts, refusals, differences, standing }
}

fn plan_partitions(
    wish: &TopicWish,
    topic: &TopicState,
    policy: &TopicPolicy,
    refusals: &mut Vec<FieldRefusal>,
    differences: &mut Vec<Difference>,
) -> Option<TopicAct> {
    let have = topic.partitions;
    let wanted = wish.partitions.filter(|wanted| *wanted != i64::from(have))?;
    let fewer = RefusalReason::FewerPartitions { wanted, have };
    let checked = check_partitions(wanted, policy).and(u32::try_from(wanted).ok().filter(|to| *to > have).ok_or(fewer));
    match checked {
        Ok(to) => {
            let (field, found) = (TopicField::Partitions, Some(have.to_string()));
            differences.push(Difference { field, wanted: wanted.to_string(), found });
            Some(TopicAct::GrowPartitions { from: have, to })
        }
        Err(reason) => {
            refusals.push(FieldRefusal { field: TopicField::Partitions, reason });
            None
        }
    }
}

fn plan_config(
    wish: &TopicWish,
    topic: &TopicState,
    policy: &TopicPolicy,
    refusals: &mut Vec<FieldRefusal>,
    differences: &mut Vec<Difference>,
) -> Option<TopicAct> {
    let mut set = accepted_config(wish, &topic.config, policy, refusals);
    // A value that Kafka keeps to itself cannot be compared: it is written when the declaration is news, and then believed.
    set.retain(|key, value| match topic.config.get(key) {
        Some(Some(found)) => !same_value(found, value),
        Some(None) => wish.declaration == Declaration::New,
        None => true,
    });
    let unset: BTreeSet<String> = wish
        .formerly_declared
        .iter()
        .filter(|key| !wish.config.contains_key(*key) && topic.config.contains_key(*key) && !belongs_to_operations(key))
        .cloned()
        .collect();
    for (key, value) in &set {
        let found = topic.config.get(key).cloned().flatten();
        differences.push(Difference { field: TopicField::Config(key.clone()), wanted: value.clone(), found });
    }
    for key in &unset {
        let found = topic.config.get(key).cloned().flatten();
        differences.push(Difference { field: TopicField::Config(key.clone()), wanted: "default".to_owned(), found });
    }
    if set.is_empty() && unset.is_empty() { None } else { Some(TopicAct::AlterConfig { set, unset }) }
}

/// The declared keys without those that are refused. What already holds is never refused: a lower cap does not make an
/// existing topic wrong.
fn accepted_config(
    wish: &TopicWish,
    present: &BTreeMap<String, Option<String>>,
    policy: &TopicPolicy,
    refusals: &mut Vec<FieldRefusal>,
) -> BTreeMap<String, String> {
    let mut accepted = BTreeMap::new();
    for (key, value) in &wish.config {
        let holds = present.get(key).and_then(Option::as_ref).is_some_and(|found| same_value(found, value));
        match check_config(key, value, policy) {
            Err(reason) if !holds || belongs_to_operations(key) => {
                refusals.push(FieldRefusal { field: TopicField::Config(key.clone()), reason });
            }
            Ok(()) | Err(_) => {
                accepted.insert(key.clone(), value.clone());
            }
        }
    }
    accepted
}

fn check_partitions(wanted: i64, policy: &TopicPolicy) -> Result<(), RefusalReason> {
    check_range(wanted, i64::from(i32::MAX))?;
    match policy.max_partitions {
        Some(cap) if wanted > cap => Err(RefusalReason::TooManyPartitions { wanted, cap }),
        _ => Ok(()),
    }
}

fn check_factor(wanted: i64, policy: &TopicPolicy) -> Result<(), RefusalReason> {
    check_range(wanted, i64::from(i16::MAX))?;
    match (policy.max_replication_factor, policy.brokers) {
        (Some(cap), _) if wanted > cap => Err(RefusalReason::FactorAboveCap { wanted, cap }),
        (_, Known::Known(brokers)) if wanted > i64::from(brokers) => {
            Err(RefusalReason::FactorAboveBrokers { wanted, brokers })
        }
        _ => Ok(()),
    }
}

fn check_range(wanted: i64, most: i64) -> Result<(), RefusalReason> {
    if (1..=most).contains(&wanted) { Ok(()) } else { Err(RefusalReason::OutOfRange { wanted, most }) }
}

fn check_config(key: &str, value: &str, policy: &TopicPolicy) -> Result<(), RefusalReason> {
    if belongs_to_operations(key) {
        return Err(RefusalReason::BelongsToOperations);
    }
    // Whether it is a number at all is for the brokers to say; wider than 64 bits it is above any cap all the same.
    match (policy.max_retention_ms, value.trim().parse::<i128>()) {
        (Some(cap), Ok(wanted)) if key == "retention.ms" && (wanted > i128::from(cap) || wanted < 0) => {
            Err(RefusalReason::RetentionAboveCap { wanted, cap })
        }
        _ => Ok(()),
    }
}
