//! How many controllers vote.

use klamm_model::BrokerId;

/// More voters than this make the quorum slower, and no safer.
pub(super) const MOST_VOTERS: usize = 5;

/// Who of the `others` gets a vote beside so many who have one: the first of them, as many as make an odd number of voters that is not
/// too large. Those that are left follow without a vote, which is nothing wrong with them.
pub fn enlisted(voters: usize, mut others: Vec<BrokerId>) -> Vec<BrokerId> {
    let fits = |more: &usize| {
        let all = voters + more;
        *more == 0 || (all % 2 == 1 && all <= MOST_VOTERS)
    };
    let more = (0..=others.len()).rev().find(fits).unwrap_or(0);
    others.truncate(more);
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voters_are_odd_and_at_most_five_and_nobody_else_is_enlisted() {
        let enlisted = |voters: usize, others: std::ops::Range<i32>| {
            let all: Vec<BrokerId> = others.map(BrokerId).collect();
            let enlisted = enlisted(voters, all.clone());
            assert!(all.starts_with(&enlisted), "the first of them");
            enlisted.len()
        };
        assert_eq!([enlisted(3, 3..4), enlisted(3, 3..5), enlisted(3, 3..9)], [0, 2, 2]);
        assert_eq!([enlisted(2, 2..3), enlisted(4, 4..5), enlisted(5, 5..9)], [1, 1, 0]);
        assert_eq!([enlisted(0, 0..4), enlisted(3, 3..3)], [3, 0]);
    }
}
