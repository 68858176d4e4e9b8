//! Whose declaration of a topic counts when several objects claim the same name: the oldest, ties by uid.

use std::cmp::Ordering;

/// An object that claims a topic and may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim<K> {
    /// How the caller knows it.
    pub key: K,
    /// When it was created, in seconds since 1970: Kubernetes keeps no finer time.
    pub created: i64,
    /// Kubernetes' uid.
    pub uid: String,
    /// Whether it stays.
    pub life: ClaimLife,
}

/// Whether an object stays or is being deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimLife {
    /// It stays.
    Living,
    /// It is being deleted.
    Leaving,
}

/// Who owns the topic, and what becomes of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement<K> {
    /// Whose declaration counts; none when everybody is leaving.
    pub owner: Option<K>,
    /// Those who stay and came later, oldest first.
    pub rivals: Vec<K>,
    /// Those who are let go without touching the topic: somebody else still claims it or decides about it.
    pub released: Vec<K>,
    /// The last one: its policy decides what becomes of the topic. To be let go after `released`, so that a crash
    /// in between does not leave the decision to somebody else.
    pub last: Option<K>,
}

/// Settles the claims on one topic.
pub fn settle<K: Clone>(claims: &[Claim<K>]) -> Settlement<K> {
    let mut ordered: Vec<_> = claims.iter().collect();
    ordered.sort_by(|one, other| older(one, other));
    let (living, leaving): (Vec<_>, Vec<_>) = ordered.into_iter().partition(|claim| claim.life == ClaimLife::Living);
    let mut living = living.into_iter().map(|claim| claim.key.clone());
    let mut leaving = leaving.into_iter().map(|claim| claim.key.clone());
    let owner = living.next();
    let last = if owner.is_none() { leaving.next() } else { None };
    Settlement { owner, rivals: living.collect(), released: leaving.collect(), last }
}

fn older<K>(one: &Claim<K>, other: &Claim<K>) -> Ordering {
    one.created.cmp(&other.created).then_with(|| one.uid.cmp(&other.uid))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(key: u8, created: i64, uid: &str, life: ClaimLife) -> Claim<u8> {
        Claim { key, created, uid: uid.to_owned(), life }
    }

    #[test]
    fn the_oldest_owns_and_ties_go_by_uid() {
        let settled = settle(&[
            claim(1, 20, "a", ClaimLife::Living),
            claim(2, 10, "c", ClaimLife::Living),
            claim(3, 10, "b", ClaimLife::Living),
        ]);
        assert_eq!(settled.owner, Some(3));
        assert_eq!(settled.rivals, [2, 1]);
    }

    #[test]
    fn an_owner_that_leaves_hands_over_and_decides_nothing() {
        let settled = settle(&[claim(1, 10, "a", ClaimLife::Leaving), claim(2, 20, "b", ClaimLife::Living)]);
        assert_eq!((settled.owner, settled.last), (Some(2), None));
        assert_eq!(settled.released, [1]);
    }

    #[test]
    fn when_all_leave_the_oldest_decides() {
        let settled = settle(&[claim(1, 10, "a", ClaimLife::Leaving), claim(2, 20, "b", ClaimLife::Leaving)]);
        assert_eq!((settled.owner, settled.last), (None, Some(1)));
        assert_eq!(settled.released, [2]);
    }

    proptest! {
        #[test]
        fn nobody_is_forgotten_and_order_of_arrival_does_not_matter(
            claims in prop::collection::vec((0i64..3, "[ab]{2}", prop::bool::ANY), 0..6), turn in 0usize..6,
        ) {
            let mut claims: Vec<_> = claims
                .into_iter()
                .zip(0u8..)
                .map(|((created, uid, living), key)| {
                    let life = if living { ClaimLife::Living } else { ClaimLife::Leaving };
                    claim(key, created, &format!("{uid}{key}"), life)
                })
                .collect();
            let settled = settle(&claims);
            let count = usize::from(settled.owner.is_some()) + usize::from(settled.last.is_some())
                + settled.rivals.len() + settled.released.len();
            prop_assert_eq!(count, claims.len());
            // While anybody stays, nobody's deletion decides about the topic.
            let anybody = claims.iter().any(|claim| claim.life == ClaimLife::Living);
            prop_assert_eq!(settled.owner.is_some(), anybody);
            prop_assert!(!(anybody && settled.last.is_some()));
            let middle = turn.min(claims.len());
            claims.rotate_left(middle);
            prop_assert_eq!(settle(&claims), settled);
        }
    }
}
