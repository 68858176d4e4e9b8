//! Who takes which seat: nobody counts twice, whatever roles they have.

use super::document::{Approver, Ask};
use klamm_model::PersonName;
use std::collections::{BTreeMap, BTreeSet};

/// A person for every seat, where that can be: so many of each, all different. Seats in the order of `asks`.
pub fn seated<'a>(asks: &[Ask], people: &'a BTreeMap<Approver, BTreeSet<PersonName>>) -> Option<Vec<&'a PersonName>> {
    let seats: Vec<Vec<&PersonName>> = asks
        .iter()
        .flat_map(|ask| {
            let who: Vec<_> = people.get(&ask.who).into_iter().flatten().collect();
            std::iter::repeat_n(who, usize::try_from(ask.approvals).unwrap_or(usize::MAX).min(MOST_SEATS))
        })
        .collect();
    let mut sits: BTreeMap<&PersonName, usize> = BTreeMap::new();
    for seat in 0..seats.len() {
        if !place(seat, &seats, &mut sits, &mut BTreeSet::new()) {
            return None;
        }
    }
    let mut all: Vec<_> = sits.into_iter().collect();
    all.sort_by_key(|(_, seat)| *seat);
    Some(all.into_iter().map(|(person, _)| person).collect())
}

/// More than anybody asks for.
const MOST_SEATS: usize = 100;

/// Finds somebody for a seat; whoever has to move for that takes another one (augmenting paths of bipartite matching).
fn place<'a>(
    seat: usize,
    seats: &[Vec<&'a PersonName>],
    sits: &mut BTreeMap<&'a PersonName, usize>,
    asked: &mut BTreeSet<&'a PersonName>,
) -> bool {
    for person in &seats[seat] {
        if !asked.insert(person) {
            continue;
        }
        let other = sits.get(person).copied();
        if other.is_none_or(|other| place(other, seats, sits, asked)) {
            sits.insert(person, seat);
            return true;
        }
    }
    false
}
