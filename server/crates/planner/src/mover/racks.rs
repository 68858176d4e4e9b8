//! How the replicas of one partition should be spread over racks.

/// How many replicas each rack should have of a partition with a certain factor: as evenly as its brokers allow. With no more
/// replicas than racks that is at most one each; with more, nobody has two more than somebody who could have another one.
///
/// Numbers of replicas by rack that are within these bounds, and sum up to the factor, are the bases of a matroid. So whatever
/// is best for all racks together is found by moving one replica at a time (`levels`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RackRule {
    /// Fewest and most, by rack.
    bounds: Vec<(u32, u32)>,
}

impl RackRule {
    /// For partitions with `factor` replicas; `brokers` are those of each rack that take replicas.
    pub(super) fn new(factor: u32, brokers: &[u32]) -> Self {
        let most = brokers.iter().copied().max().unwrap_or_default();
        let filled = |level: u32| brokers.iter().map(|of| u64::from(*of.min(&level))).sum::<u64>();
        let level = (0..most).take_while(|level| filled(level + 1) <= u64::from(factor)).count();
        let level = u32::try_from(level).unwrap_or(most);
        Self { bounds: brokers.iter().map(|of| (*of.min(&level), *of.min(&(level + 1)))).collect() }
    }

    /// How far a rack with so many replicas is from where it should be, squared: what is far off comes first.
    fn penalty(&self, rack: u32, replicas: u32) -> i64 {
        let (fewest, most) = self.bounds.get(rack as usize).copied().unwrap_or_default();
        let off = i64::from(replicas.saturating_sub(most).max(fewest.saturating_sub(replicas)));
        off * off
    }

    /// All racks together; 0 where it is as it should be.
    pub(super) fn penalty_of(&self, by_rack: &[u32]) -> i64 {
        (0_u32..).zip(by_rack).map(|(rack, replicas)| self.penalty(rack, *replicas)).sum()
    }

    /// What a replica more in that rack changes, which has so many.
    pub(super) fn of_one_more(&self, rack: u32, has: u32) -> i64 {
        self.penalty(rack, has + 1) - self.penalty(rack, has)
    }

    /// What a replica fewer in that rack changes, which has so many.
    pub(super) fn of_one_fewer(&self, rack: u32, has: u32) -> i64 {
        self.penalty(rack, has.saturating_sub(1)) - self.penalty(rack, has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(factor: u32, brokers: &[u32]) -> Vec<(u32, u32)> {
        RackRule::new(factor, brokers).bounds
    }

    #[test]
    fn no_rack_has_two_while_another_has_none() {
        assert_eq!(bounds(2, &[3, 3, 3]), [(0, 1); 3]);
        assert_eq!(
            bounds(3, &[3, 3, 3]),
            [(1, 2); 3],
            "three replicas in three racks are one each, as they sum up to three"
        );
        assert_eq!(bounds(4, &[3, 3, 3]), [(1, 2); 3]);
        assert_eq!(bounds(3, &[2, 1]), [(2, 2), (1, 1)]);
        assert_eq!(bounds(2, &[2, 1]), [(1, 2), (1, 1)]);
        assert_eq!(bounds(3, &[5]), [(3, 4)]);
        assert_eq!(bounds(3, &[1, 1]), [(1, 1), (1, 1)], "more than there are brokers");
        assert_eq!(bounds(2, &[0, 4]), [(0, 0), (2, 3)], "nobody of the first rack takes any");
        assert_eq!(bounds(1, &[]), []);
    }

    #[test]
    fn what_is_far_off_costs_more() {
        let rule = RackRule::new(3, &[3, 3, 3]);
        assert_eq!(rule.penalty_of(&[1, 1, 1]), 0);
        assert_eq!(rule.penalty_of(&[2, 1, 0]), 1);
        assert_eq!(rule.penalty_of(&[3, 0, 0]), 3);
        assert_eq!((rule.of_one_more(2, 0), rule.of_one_fewer(0, 2), rule.of_one_fewer(0, 1)), (-1, 0, 1));
    }
}
