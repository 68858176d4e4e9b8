//! Pages of a list that does not hold still.

use super::*;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A list as it is at one moment: keys by name.
type World = BTreeMap<String, Key>;

fn page<S: Sort>(world: &World, wanted: &Wanted<'_, S>) -> Result<Page<String>, Problem> {
    let items = world.iter().map(|(name, key)| Item { key: *key, name: name.clone(), value: name.clone() });
    cut(items.collect(), wanted)
}

/// Reads a list to its end, a page in each of these worlds, the last of which stays.
fn read<S: Sort>(worlds: &[World], sort: S, order: SortOrder, limit: u32) -> Vec<String> {
    let (mut shown, mut cursor, mut worlds) = (Vec::new(), None::<String>, worlds.iter().peekable());
    let mut world = None;
    loop {
        world = worlds.next().or(world);
        let wanted = Wanted { sort, order, limit: Some(limit), cursor: cursor.as_deref() };
        let page = page(world.unwrap(), &wanted).unwrap();
        assert_eq!(page.total, world.unwrap().len() as u64, "what is counted is the list as it is now");
        shown.extend(page.items);
        cursor = page.next_cursor;
        if cursor.is_none() {
            return shown;
        }
    }
}

proptest! {
    /// Whatever stays as it is is shown exactly once and in its place, whatever comes, goes or moves between two pages.
    #[test]
    fn what_stays_is_shown_once_while_everything_else_moves(
        stays in btree_map("[a-cä/]{1,3}", proptest::option::of(0_u64..5), 1..25),
        moves in vec(btree_map("[a-cä/]{1,3}!?", proptest::option::of(0_u64..5), 0..15), 1..6),
        sort in proptest::sample::select(vec![GroupSort::Name, GroupSort::Lag]),
        order in proptest::sample::select(vec![SortOrder::Asc, SortOrder::Desc]),
        limit in 1_u32..7,
    ) {
        // Names sort a list by names, and nothing has another key there.
        let keyed = |(name, key): (&String, &Key)| (name.clone(), key.filter(|_| sort != GroupSort::Name));
        let stays: World = stays.iter().map(keyed).collect();
        let worlds: Vec<World> = moves
            .iter()
            .map(|moving| moving.iter().map(keyed).chain(stays.clone()).collect())
            .collect();
        let shown = read(&worlds, sort, order, limit);
        let told: Vec<_> = shown.into_iter().filter(|name| stays.contains_key(name)).collect();
        prop_assert_eq!(told, read(std::slice::from_ref(&stays), sort, order, 1000));
    }

    /// The first page is found without sorting everything, and nobody can tell.
    #[test]
    fn a_first_page_is_the_beginning_of_the_whole_list(
        world in btree_map("[a-cä/]{1,3}", proptest::option::of(0_u64..5), 0..60),
        sort in proptest::sample::select(vec![GroupSort::Name, GroupSort::Lag]),
        order in proptest::sample::select(vec![SortOrder::Asc, SortOrder::Desc]),
        limit in 1_u32..70,
    ) {
        let world: World =
            world.into_iter().map(|(name, key)| (name, key.filter(|_| sort != GroupSort::Name))).collect();
        let wanted = Wanted { sort, order, limit: Some(limit), cursor: None };
        let mut all: Vec<(&String, &Key)> = world.iter().collect();
        all.sort_by(|a, b| compare(&wanted, (*a.1, a.0), (*b.1, b.0)));
        let first: Vec<String> = all.into_iter().take(limit as usize).map(|(name, _)| name.clone()).collect();
        let page = page(&world, &wanted).unwrap();
        prop_assert_eq!(page.items, first);
        prop_assert_eq!((page.total, page.next_cursor.is_some()), (world.len() as u64, world.len() > limit as usize));
    }

    /// No page is longer than asked for, and none but the last is shorter.
    #[test]
    fn pages_are_full_until_the_last(world in btree_map("[a-z]{1,3}", proptest::option::of(0_u64..3), 0..40), limit in 1_u32..9) {
        let (mut cursor, mut left) = (None::<String>, world.len());
        loop {
            let wanted = Wanted { sort: TopicSort::SizeBytes, order: SortOrder::Desc, limit: Some(limit), cursor: cursor.as_deref() };
            let page = page(&world, &wanted).unwrap();
            prop_assert_eq!(page.items.len(), left.min(limit as usize));
            left -= page.items.len();
            prop_assert_eq!(page.next_cursor.is_some(), left > 0);
            cursor = page.next_cursor;
            if cursor.is_none() { break }
        }
    }

    /// A cursor is a claim of the caller's: whatever it says, the answer is a page or a refusal.
    #[test]
    fn no_cursor_is_too_odd(text in "\\PC{0,60}", json in "\\[1,\"(name|lag|sizeBytes)\",\"(asc|desc)\",(null|[0-9]{1,20}|-1|\"x\"),\"[a-z]{0,3}\"(,0)?\\]") {
        let world = World::from([("a".to_owned(), Some(1)), ("b".to_owned(), None)]);
        for cursor in [text, URL_SAFE_NO_PAD.encode(json)] {
            let wanted = Wanted { sort: TopicSort::SizeBytes, order: SortOrder::Asc, limit: None, cursor: Some(&cursor) };
            match page(&world, &wanted) {
                Ok(page) => prop_assert!(page.items.len() <= 2 && page.total == 2),
                Err(problem) => {
                    prop_assert_eq!(problem.kind, ProblemKind::Invalid);
                    prop_assert!(problem.detail.starts_with("cursor: "));
                }
            }
        }
    }
}

fn world(names: &[&str]) -> World {
    names.iter().map(|name| ((*name).to_owned(), None)).collect()
}

fn by_name(cursor: Option<&str>, order: SortOrder) -> Wanted<'_, TopicSort> {
    Wanted { sort: TopicSort::Name, order, limit: Some(2), cursor }
}

#[test]
fn a_place_past_the_end_is_an_empty_last_page_that_still_counts() {
    let before = world(&["a", "b", "c", "d"]);
    let cursor = page(&before, &by_name(None, SortOrder::Asc)).unwrap().next_cursor.unwrap();
    let after = page(&world(&["a"]), &by_name(Some(&cursor), SortOrder::Asc)).unwrap();
    assert_eq!((after.items.len(), after.total, after.next_cursor), (0, 1, None));
    let gone = page(&World::new(), &by_name(Some(&cursor), SortOrder::Asc)).unwrap();
    assert_eq!((gone.items.len(), gone.total, gone.next_cursor), (0, 0, None));
}

#[test]
fn the_item_a_page_ended_with_may_go_or_move_and_the_next_page_begins_where_it_was() {
    let cursor = page(&world(&["a", "b", "c"]), &by_name(None, SortOrder::Asc)).unwrap().next_cursor.unwrap();
    let rest = page(&world(&["a", "c", "d"]), &by_name(Some(&cursor), SortOrder::Asc)).unwrap();
    assert_eq!(rest.items, ["c", "d"]);

    let sized = |sizes: &[(&str, u64)]| sizes.iter().map(|(name, size)| ((*name).to_owned(), Some(*size))).collect();
    let by_size = |cursor| Wanted { sort: TopicSort::SizeBytes, order: SortOrder::Desc, limit: Some(1), cursor };
    let before: World = sized(&[("large", 9), ("middle", 5), ("small", 1)]);
    let cursor = page(&before, &by_size(None)).unwrap().next_cursor;
    let after: World = sized(&[("large", 0), ("middle", 5), ("small", 1)]);
    assert_eq!(page(&after, &by_size(cursor.as_deref())).unwrap().items, ["middle"]);
}

#[test]
fn a_cursor_of_another_order_or_another_program_is_refused_in_words() {
    let list = world(&["a", "b", "c"]);
    let cursor = page(&list, &by_name(None, SortOrder::Asc)).unwrap().next_cursor.unwrap();
    let refused = |wanted: &Wanted<'_, TopicSort>| page(&list, wanted).unwrap_err();
    assert!(refused(&by_name(Some(&cursor), SortOrder::Desc)).detail.contains("the same sort and order"));
    let encoded = |json: &str| URL_SAFE_NO_PAD.encode(json);
    for odd in [
        "x".to_owned(),
        "%00".to_owned(),
        encoded("null"),
        encoded("[2,\"name\",\"asc\",null,\"a\"]"),
        encoded("[1,\"lag\",\"asc\",null,\"a\"]"),
        encoded("[1,\"name\",\"asc\",-1,\"a\"]"),
        encoded("[1,\"name\",\"asc\",null]"),
        encoded("[1,\"name\",\"asc\",null,\"a\",\"b\"]"),
        "A".repeat(100_000),
    ] {
        assert_eq!(refused(&by_name(Some(&odd), SortOrder::Asc)).kind, ProblemKind::Invalid, "{odd:.60}");
    }
}
