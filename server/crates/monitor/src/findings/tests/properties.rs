use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_healthy_cluster_has_no_findings(
        brokers in 2_i32..9,
        topics in prop::collection::vec((1_i32..40, 2_usize..4), 0..8),
        left in 16_u64..100,
    ) {
        let all: Vec<i32> = (0..brokers).collect();
        let topics: Vec<_> = topics.iter().enumerate().map(|(n, (partitions, factor))| {
            topic(&format!("t{n}"), *partitions, &all, (*factor).min(all.len()))
        }).collect();
        // A rack each, so that replicas on different brokers are in different racks.
        let racks: Vec<String> = all.iter().map(|id| format!("rack-{id}")).collect();
        let racks: Vec<&str> = racks.iter().map(String::as_str).collect();
        let mut scene = Scene::of(cluster(brokers, &racks, topics));
        for broker in &mut scene.inventory.brokers {
            if let Known::Known(dirs) = &mut broker.log_dirs {
                dirs[0].usable_bytes = Known::Known(left);
            }
        }
        prop_assert_eq!(scene.suspicions(), []);
    }

    #[test]
    fn partitions_are_counted_as_anybody_would_count_them(
        damage in prop::collection::vec((0_usize..8, any::<bool>()), 6),
        minimum in 1_usize..4,
    ) {
        let mut scene = Scene::healthy();
        let orders = &mut scene.inventory.topics[0];
        set(orders, "min.insync.replicas", &minimum.to_string());
        let (mut offline, mut short, mut under) = (0, 0, 0);
        for (partition, (kept, leads)) in orders.partitions.iter_mut().zip(&damage) {
            // At least one bit, so that somebody is in sync.
            let kept = if *kept == 0 { 1 } else { *kept };
            let bits = [kept & 1 != 0, kept & 2 != 0, kept & 4 != 0];
            let in_sync = partition.replicas.iter().zip(bits).filter(|(_, kept)| *kept).map(|(broker, _)| *broker);
            partition.in_sync = in_sync.collect();
            partition.leader = leads.then(|| partition.in_sync[0]);
            let count = bits.iter().filter(|bit| **bit).count();
            match (leads, count) {
                (false, _) => offline += 1,
                (true, count) => {
                    short += u32::from(count < 3);
                    under += u32::from(count < minimum);
                }
            }
        }
        let told = |rule| scene.suspicions().iter().find(|one| one.rule == rule).map_or(0, |one| one.partition_total);
        prop_assert_eq!(told(FindingRule::OfflinePartitions), offline);
        prop_assert_eq!(told(FindingRule::UnderReplicated), short);
        prop_assert_eq!(told(FindingRule::UnderMinIsr), under);
    }
}
