//! What each tenant has of a cluster. As far as known: what nobody could say is told as unknown, never as nothing.

use super::count;
use crate::{DeclaredTenant, ObservedCluster};
use klamm_model::{Group, Inventory, Known, Namespace, TenantView, Topic};
use klamm_planner::tenancy::Tenancy;
use std::collections::BTreeMap;

/// One tenant's part while it is counted.
#[derive(Default)]
struct Part<'a> {
    topics: Vec<&'a Topic>,
    groups: Vec<&'a Group>,
}

/// Who may have what of a cluster.
pub(crate) fn tenancy(seen: &ObservedCluster) -> Tenancy {
    let tenants = seen.declared.tenants.iter().map(|declared| declared.tenant.clone());
    Tenancy::new(seen.inventory.cluster.namespace.clone(), tenants.collect())
}

/// The sums of every tenant, and last of everything that is no tenant's; nothing where there are no tenants.
pub(crate) fn sums(seen: &ObservedCluster) -> Vec<TenantView> {
    let (inventory, tenants) = (&*seen.inventory, &seen.declared.tenants);
    if tenants.is_empty() {
        return Vec::new();
    }
    let tenancy = tenancy(seen);
    let mut parts: BTreeMap<Option<&Namespace>, Part<'_>> = BTreeMap::new();
    for topic in inventory.topics.iter().filter(|topic| !topic.name.is_internal()) {
        let tenant = tenancy.tenant_of_topic(topic.name.as_str()).map(|tenant| &tenant.namespace);
        parts.entry(tenant).or_default().topics.push(topic);
    }
    for group in inventory.groups.value().into_iter().flatten() {
        let tenant = tenancy.tenant_of_group(group.id.as_str()).map(|tenant| &tenant.namespace);
        parts.entry(tenant).or_default().groups.push(group);
    }
    let declared = tenants.iter().map(Some).chain([None]);
    declared
        .map(|declared| {
            let part = parts.remove(&declared.map(|declared| &declared.tenant.namespace)).unwrap_or_default();
            sum(inventory, declared, &part)
        })
        .collect()
}

fn sum(inventory: &Inventory, declared: Option<&DeclaredTenant>, part: &Part<'_>) -> TenantView {
    let topics_are_known = inventory.observed_at != Known::Unknown;
    let if_seen = |number| if topics_are_known { Known::Known(number) } else { Known::Unknown };
    let sizes = part.topics.iter().map(|topic| topic.size_bytes.value().copied());
    let (lag, groups_of_unknown_lag) = lags(inventory, &part.groups);
    TenantView {
        namespace: declared.map(|declared| declared.tenant.namespace.clone()),
        team: declared.and_then(|declared| declared.team.clone()),
        topic_prefixes: declared.map(|declared| declared.tenant.topic_prefixes.clone()).unwrap_or_default(),
        group_prefixes: declared.map(|declared| declared.tenant.group_prefixes.clone()).unwrap_or_default(),
        topics: if_seen(count(part.topics.len())),
        partitions: if_seen(count(part.topics.iter().map(|topic| topic.partitions.len()).sum())),
        // One topic of unknown size makes the sum unknown, not smaller.
        size_bytes: sizes.sum::<Option<u64>>().filter(|_| topics_are_known).into(),
        records_per_second: rate(&part.topics).filter(|_| topics_are_known).into(),
        groups: inventory.groups.value().map(|_| count(part.groups.len())).into(),
        lag,
        groups_of_unknown_lag,
    }
}

/// To no topics nothing is appended.
fn rate(topics: &[&Topic]) -> Option<f64> {
    if topics.is_empty() {
        return Some(0.0);
    }
    Topic::records_per_second_of(topics.iter().copied()).value().copied()
}

/// Lag as far as it is known, and how many groups it is not known of. Groups that committed nothing have none.
fn lags(inventory: &Inventory, groups: &[&Group]) -> (Known<u64>, u32) {
    if inventory.groups == Known::Unknown {
        return (Known::Unknown, 0);
    }
    let reads = |group: &&&Group| group.offsets.value().is_none_or(|offsets| !offsets.is_empty());
    let lags: Vec<_> = groups.iter().filter(reads).map(|group| group.lag).collect();
    let known: Vec<u64> = lags.iter().filter_map(|lag| lag.value().copied()).collect();
    let lag = if known.is_empty() && !lags.is_empty() {
        Known::Unknown
    } else {
        Known::Known(known.iter().fold(0, |sum: u64, lag| sum.saturating_add(*lag)))
    };
    (lag, count(lags.len() - known.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Declared;
    use crate::views::samples::{cluster_ref, group, inventory, topic};
    use klamm_planner::tenancy::Tenant;

    const ALL: &[(&[i32], &[i32])] = &[(&[0, 1], &[0, 1]), (&[1, 2], &[1, 2])];

    fn tenant(namespace: &str, prefixes: &[&str]) -> DeclaredTenant {
        let prefixes: Vec<_> = prefixes.iter().map(ToString::to_string).collect();
        let namespace = namespace.parse().unwrap();
        let tenant = Tenant { namespace, topic_prefixes: prefixes.clone(), group_prefixes: prefixes };
        DeclaredTenant { tenant, team: Some("money".parse().unwrap()) }
    }

    fn of(mut inventory: Inventory, tenants: Vec<DeclaredTenant>) -> Vec<TenantView> {
        inventory.work_out_lags();
        sums(&ObservedCluster { inventory: inventory.into(), declared: Declared { tenants, ..Declared::default() } })
    }

    fn named(view: &TenantView) -> &str {
        view.namespace.as_ref().map_or("others", Namespace::as_str)
    }

    #[test]
    fn everything_is_counted_once_with_the_longest_prefix_and_the_rest_last() {
        let names = ["__consumer_offsets", "pay.a", "pay.b", "pay.fraud.a", "sample", "unclaimed"];
        let mut seen = inventory("kafka/demo", names.iter().map(|name| topic(name, ALL)).collect());
        seen.groups = Known::Known(vec![group("pay.g", &["pay.a", "pay.b"]), group("x", &["pay.a"])]);
        let all = of(seen, vec![tenant("fraud", &["pay.fraud."]), tenant("payments", &["pay.", "sample"])]);
        let told: Vec<_> =
            all.iter().map(|one| (named(one), one.topics, one.partitions, one.groups, one.lag)).collect();
        let known = |n| Known::Known(n);
        assert_eq!(
            told,
            [
                ("fraud", known(1), known(2), known(0), Known::Known(0)),
                ("payments", known(3), known(6), known(1), Known::Known(14)),
                ("others", known(1), known(2), known(1), Known::Known(7)),
            ]
        );
        assert_eq!((all[1].size_bytes, all[1].records_per_second), (Known::Known(45), Known::Known(4.5)));
        assert_eq!(all[1].team.as_ref().map(ToString::to_string), Some("money".to_owned()));
        assert_eq!(all[1].topic_prefixes, ["pay.", "sample"]);
        assert!(all[2].team.is_none() && all[2].topic_prefixes.is_empty());
    }

    #[test]
    fn a_tenant_without_anything_has_nothing_and_without_tenants_there_is_no_sum() {
        let all = of(inventory("kafka/demo", Vec::new()), vec![tenant("payments", &["pay."])]);
        assert_eq!(
            (all[0].topics, all[0].size_bytes, all[0].records_per_second),
            (Known::Known(0), Known::Known(0), Known::Known(0.0))
        );
        assert!(of(inventory("kafka/demo", vec![topic("a", ALL)]), Vec::new()).is_empty());
    }

    #[test]
    fn what_nobody_could_say_is_unknown_and_never_nothing() {
        let unseen = Inventory::unseen(cluster_ref("kafka/demo"));
        let all = of(unseen, vec![tenant("payments", &["pay."])]);
        for one in &all {
            assert_eq!((one.topics, one.partitions, one.groups), (Known::Unknown, Known::Unknown, Known::Unknown));
            assert_eq!((one.size_bytes, one.records_per_second), (Known::Unknown, Known::Unknown));
            assert_eq!(one.lag, Known::Unknown);
        }
        let mut partly = inventory("kafka/demo", vec![topic("pay.a", ALL), topic("pay.b", ALL)]);
        partly.topics[0].size_bytes = Known::Unknown;
        partly.topics[0].records_per_second = Known::Unknown;
        partly.groups = Known::Known(vec![
            group("pay.empty", &[]),
            group("pay.gone", &["deleted"]),
            group("pay.reads", &["pay.a"]),
            Group { offsets: Known::Unknown, ..group("pay.unread", &[]) },
        ]);
        let all = of(partly.clone(), vec![tenant("payments", &["pay."])]);
        assert_eq!((all[0].size_bytes, all[0].records_per_second), (Known::Unknown, Known::Known(1.5)));
        assert_eq!((all[0].groups, all[0].lag, all[0].groups_of_unknown_lag), (Known::Known(4), Known::Known(7), 2));
        partly.groups = Known::Known(vec![group("pay.gone", &["deleted"])]);
        let all = of(partly, vec![tenant("payments", &["pay."])]);
        assert_eq!((all[0].lag, all[0].groups_of_unknown_lag), (Known::Unknown, 1));
    }
}
