//! Consumer groups: how far they are, and what can be listed of them.

use super::pace::Paces;
use super::paging::{Item, Key, Search, Wanted, cut};
use crate::Object;
use crate::authorise::allowed_actions;
use crate::views::count;
use klamm_model::{
    Actor, Ends, Group, GroupOffset, GroupPartition, GroupRow, GroupSort, GroupView, GroupsRequest, Inventory, Known,
    Page, Problem, ResetOffer, SortOrder, TopicConsumer, TopicName, behind, total_lag,
};

impl<'a> From<&'a GroupsRequest> for Wanted<'a, GroupSort> {
    fn from(request: &'a GroupsRequest) -> Self {
        Self { sort: request.sort, order: request.order, limit: request.limit, cursor: request.cursor.as_deref() }
    }
}

/// A page of groups.
pub(crate) fn page<'a>(
    inventory: &'a Inventory,
    request: &GroupsRequest,
    paces: &Paces,
    may_see: impl Fn(&Group) -> bool,
) -> Result<Page<&'a Group>, Problem> {
    let search = Search::new(request.search.as_deref());
    let state = request.state.as_deref().filter(|state| !state.is_empty());
    let topic = request.topic.as_deref().filter(|topic| !topic.is_empty());
    let items = inventory
        .groups
        .value()
        .into_iter()
        .flatten()
        .filter(|group| search.finds(group.id.as_str()))
        .filter(|group| state.is_none_or(|state| is_in(group, state)))
        .filter(|group| topic.is_none_or(|topic| offsets_of(group, topic).next().is_some()))
        .filter(|group| paces.fits(group, request))
        .filter(|group| may_see(group))
        .map(|group| Item { key: key(group, request.sort, paces), name: group.id.to_string(), value: group })
        .collect();
    cut(items, &request.into())
}

fn is_in(group: &Group, state: &str) -> bool {
    match &group.state {
        Known::Known(actual) => actual.eq_ignore_ascii_case(state),
        Known::Unknown => state.eq_ignore_ascii_case("unknown"),
    }
}

fn offsets_of<'a>(group: &'a Group, topic: &str) -> impl Iterator<Item = &'a GroupOffset> {
    group.offsets.value().into_iter().flatten().filter(move |offset| offset.topic.as_str() == topic)
}

fn key(group: &Group, sort: GroupSort, paces: &Paces) -> Key {
    match sort {
        GroupSort::Name => None,
        GroupSort::State => group.state.value().map(|state| unrest(state)),
        GroupSort::Lag => group.lag.value().copied(),
        GroupSort::LagSeconds => paces.late(group),
        GroupSort::Members => group.members.value().map(|members| u64::from(count(members.len()))),
    }
}

/// How much a state wants a look: the higher, the more. Words that came after this program stand highest.
fn unrest(state: &str) -> u64 {
    const CALM_FIRST: [&str; 8] = [
        "Stable",
        "Empty",
        "Reconciling",
        "Assigning",
        "CompletingRebalance",
        "PreparingRebalance",
        "NotReady",
        "Dead",
    ];
    CALM_FIRST.iter().zip(0..).find(|(word, _)| **word == state).map_or(u64::from(u8::MAX), |(_, rank)| rank)
}

/// A group as a row of a list, without how it gets on.
pub(crate) fn row(actor: &Actor, inventory: &Inventory, group: &Group) -> GroupRow {
    let offsets = group.offsets.value();
    let topics = offsets.map(|offsets| offsets.chunk_by(|a, b| a.topic == b.topic).count());
    GroupRow {
        id: group.id.clone(),
        kind: group.kind,
        state: group.state.clone(),
        member_count: members(group),
        topic_count: topics.map(count).into(),
        partition_count: offsets.map(|offsets| count(offsets.len())).into(),
        lag: group.lag,
        lag_seconds: Known::Unknown,
        lag_seconds_at_least: Known::Unknown,
        trend: Known::Unknown,
        stuck_since: Known::Unknown,
        rebalancing_since: Known::Unknown,
        allowed_actions: allowed_actions(actor, &Object::group(&inventory.cluster, group.id.as_str())),
    }
}

fn members(group: &Group) -> Known<u32> {
    group.members.value().map(|members| count(members.len())).into()
}

/// A group on its own page, without how it gets on.
pub(crate) fn view(actor: &Actor, inventory: &Inventory, group: &Group, reset: ResetOffer) -> GroupView {
    let mut ends = Ends::new(&inventory.topics);
    let mut told = |offset: &GroupOffset| {
        let end = ends.of(offset);
        GroupPartition {
            topic: offset.topic.clone(),
            partition: offset.partition,
            committed: offset.committed,
            end,
            lag: behind(offset.committed, end),
            lag_seconds: Known::Unknown,
            lag_seconds_at_least: Known::Unknown,
            records_per_second: Known::Unknown,
        }
    };
    GroupView {
        group: row(actor, inventory, group),
        members: group.members.clone(),
        partitions: group.offsets.value().map(|offsets| offsets.iter().map(&mut told).collect()).into(),
        reset,
        revisions: inventory.revisions,
    }
}

/// Groups that committed offsets of a topic, those that are furthest behind first; unknown while groups are.
pub(crate) fn consumers(
    inventory: &Inventory,
    topic: &TopicName,
    limit: u32,
    may_see: impl Fn(&Group) -> bool,
) -> Result<Known<Page<TopicConsumer>>, Problem> {
    let Known::Known(groups) = &inventory.groups else { return Ok(Known::Unknown) };
    let consumers = groups.iter().filter(|group| may_see(group)).filter_map(|group| {
        let mut ends = Ends::new(&inventory.topics);
        let lags: Vec<_> = offsets_of(group, topic.as_str()).map(|offset| ends.lag(offset)).collect();
        let consumer = TopicConsumer {
            id: group.id.clone(),
            state: group.state.clone(),
            member_count: members(group),
            partition_count: count(lags.len()),
            lag: total_lag(lags),
        };
        (consumer.partition_count > 0).then_some(consumer)
    });
    let items = consumers
        .map(|consumer| Item { key: consumer.lag.value().copied(), name: consumer.id.to_string(), value: consumer })
        .collect();
    let wanted = Wanted { sort: GroupSort::Lag, order: SortOrder::Desc, limit: Some(limit), cursor: None };
    cut(items, &wanted).map(Known::Known)
}

/// The group of that id, if it was seen.
pub(crate) fn find<'a>(inventory: &'a Inventory, id: &str) -> Option<&'a Group> {
    let groups = inventory.groups.value()?;
    let found = groups.binary_search_by(|group| group.id.as_str().cmp(id)).ok()?;
    groups.get(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::samples::{actor, group, inventory, topic};
    use klamm_model::PartitionId;
    use proptest::prelude::*;

    const ALL: &[i32] = &[0, 1, 2];

    /// Topics `a` and `b` with two partitions that end at 10, the second one of `b` unknown.
    fn seen(groups: Vec<Group>) -> Inventory {
        let mut inventory = inventory("kafka/demo", vec![topic("a", &[(ALL, ALL); 2]), topic("b", &[(ALL, ALL); 2])]);
        inventory.topics[1].partitions[1].latest_offset = Known::Unknown;
        inventory.groups = Known::Known(groups);
        inventory.work_out_lags();
        inventory
    }

    fn with(id: &str, offsets: &[(&str, i32, i64)]) -> Group {
        let offset = |(topic, partition, committed): &(&str, i32, i64)| GroupOffset {
            topic: TopicName::new(*topic).unwrap(),
            partition: PartitionId(*partition),
            committed: *committed,
        };
        Group { offsets: Known::Known(offsets.iter().map(offset).collect()), ..group(id, &[]) }
    }

    #[test]
    fn lag_is_known_when_every_partition_of_it_is() {
        let lag = |group: Group| seen(vec![group]).groups.value().unwrap()[0].lag;
        assert_eq!(lag(with("g", &[("a", 0, 3), ("a", 1, 10), ("b", 0, 9)])), Known::Known(8));
        assert_eq!(lag(with("g", &[("a", 0, 3), ("b", 1, 10)])), Known::Unknown, "an end nobody read");
        assert_eq!(lag(with("g", &[("a", 0, 3), ("gone", 0, 1)])), Known::Unknown, "a topic that is gone");
        assert_eq!(lag(with("g", &[("a", 7, 3)])), Known::Unknown, "a partition that never was");
        assert_eq!(lag(with("g", &[])), Known::Unknown, "nothing to count from");
        assert_eq!(lag(Group { offsets: Known::Unknown, ..with("g", &[]) }), Known::Unknown);
        assert_eq!(lag(with("g", &[("a", 0, 99)])), Known::Known(0), "committed after the end was read");
    }

    #[test]
    fn a_row_counts_and_keeps_the_unknown_apart() {
        let both = with("g", &[("a", 0, 3), ("a", 1, 10), ("b", 0, 9)]);
        let row = row(&actor("ada"), &seen(Vec::new()), &both);
        assert_eq!((row.topic_count, row.partition_count), (Known::Known(2), Known::Known(3)));
        assert_eq!((row.member_count, row.allowed_actions), (Known::Unknown, vec!["view".to_owned()]));
        let blind = Group { offsets: Known::Unknown, ..both };
        let row = super::row(&actor("ada"), &seen(Vec::new()), &blind);
        assert_eq!((row.topic_count, row.partition_count), (Known::Unknown, Known::Unknown));
    }

    #[test]
    fn consumers_of_a_topic_are_told_by_their_lag_in_it() {
        let groups = vec![
            with("ahead", &[("a", 0, 10), ("b", 0, 0)]),
            with("behind", &[("a", 0, 1), ("a", 1, 1)]),
            with("elsewhere", &[("b", 0, 0)]),
        ];
        let inventory = seen(groups);
        let told = |topic: &str, limit| {
            let page = consumers(&inventory, &TopicName::new(topic).unwrap(), limit, |_| true).unwrap();
            let page = page.value().unwrap().clone();
            let items: Vec<_> = page.items.iter().map(|c| (c.id.to_string(), c.partition_count, c.lag)).collect();
            (items, page.total)
        };
        let (items, total) = told("a", 50);
        assert_eq!(items, [("behind".to_owned(), 2, Known::Known(18)), ("ahead".to_owned(), 1, Known::Known(0))]);
        assert_eq!((total, told("a", 1).1, told("a", 1).0.len()), (2, 2, 1));
        assert_eq!(told("c", 50).1, 0);
        let unseen = Inventory { groups: Known::Unknown, ..inventory.clone() };
        assert_eq!(consumers(&unseen, &TopicName::new("a").unwrap(), 5, |_| true).unwrap(), Known::Unknown);
    }

    #[test]
    fn what_waits_for_something_stands_above_what_is_calm() {
        let mut states: Vec<_> = ["Dead", "Stable", "Newer", "Empty", "PreparingRebalance"].to_vec();
        states.sort_by_key(|state| unrest(state));
        assert_eq!(states, ["Stable", "Empty", "PreparingRebalance", "Dead", "Newer"]);
    }

    proptest! {
        /// Every group is on exactly one page, and pages follow the order of the whole list.
        #[test]
        fn pages_put_together_are_the_whole_list(
            offsets in proptest::collection::btree_map("[a-e/ä%]{1,3}", proptest::option::of(0_i64..12), 0..20),
            limit in 1_u32..5,
            sort in proptest::sample::select(vec![GroupSort::Name, GroupSort::State, GroupSort::Lag, GroupSort::Members]),
            order in proptest::sample::select(vec![SortOrder::Asc, SortOrder::Desc]),
        ) {
            let groups = offsets.iter().map(|(id, committed)| match committed {
                Some(committed) => with(id, &[("a", 0, *committed)]),
                None => with(id, &[]),
            });
            let inventory = seen(groups.collect());
            let ids = |request: &GroupsRequest| {
                let page = page(&inventory, request, &Paces::default(), |_| true).unwrap();
                (page.items.iter().map(|group| group.id.to_string()).collect::<Vec<_>>(), page.next_cursor)
            };
            let all = GroupsRequest { sort, order, limit: Some(1000), ..GroupsRequest::default() };
            let mut request = GroupsRequest { limit: Some(limit), ..all.clone() };
            let mut told = Vec::new();
            loop {
                let (mut items, next) = ids(&request);
                told.append(&mut items);
                let Some(next) = next else { break };
                request.cursor = Some(next);
            }
            prop_assert_eq!(told, ids(&all).0);
        }
    }
}
