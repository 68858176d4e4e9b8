//! Filter, then count, then sort, then cut a page. A cursor holds the sort key and the name of the last item shown, not a
//! position: topics that come and go between two pages neither repeat nor hide others.

use super::pace::Paces;
use super::readers::Readers;
use super::search::Sought;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use klamm_model::{
    DiskSort, GroupSort, Inventory, Known, OperationSort, Page, PageRequest, Problem, ProblemKind, SortOrder, Topic,
    TopicSort, checked_limit,
};
use serde::{Serialize, de::DeserializeOwned};
use std::cmp::Ordering;

/// What an item is sorted by; unknown comes before everything. Rates keep their order as bits, because none is negative.
pub(crate) type Key = Option<u64>;

/// What a list can be sorted by.
pub(crate) trait Sort: Copy + PartialEq + Serialize + DeserializeOwned {
    /// The one without a key, where names alone decide.
    const NAME: Self;
}

impl Sort for TopicSort {
    const NAME: Self = Self::Name;
}

impl Sort for DiskSort {
    const NAME: Self = Self::Name;
}

impl Sort for OperationSort {
    const NAME: Self = Self::Name;
}

impl Sort for GroupSort {
    const NAME: Self = Self::Name;
}

/// Which part of a list is wanted, whatever the list holds.
pub(crate) struct Wanted<'a, S> {
    pub(crate) sort: S,
    pub(crate) order: SortOrder,
    pub(crate) limit: Option<u32>,
    pub(crate) cursor: Option<&'a str>,
}

impl<'a> From<&'a PageRequest> for Wanted<'a, TopicSort> {
    fn from(request: &'a PageRequest) -> Self {
        Self { sort: request.sort, order: request.order, limit: request.limit, cursor: request.cursor.as_deref() }
    }
}

/// The place right after an item.
struct Cursor<S> {
    sort: S,
    order: SortOrder,
    key: Key,
    name: String,
}

impl<S: Sort> Cursor<S> {
    fn encode(&self) -> String {
        let parts = serde_json::json!([1, self.sort, self.order, self.key, self.name]);
        URL_SAFE_NO_PAD.encode(parts.to_string())
    }

    fn decode(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (version, sort, order, key, name) = serde_json::from_slice::<(u8, _, _, _, _)>(&bytes).ok()?;
        (version == 1).then_some(Self { sort, order, key, name })
    }
}

/// A page of topics: those of the caller's sight, filtered as the request says.
pub(crate) fn topics<'a>(
    inventory: &'a Inventory,
    request: &PageRequest,
    paces: &Paces,
    may_see: impl Fn(&Topic) -> bool,
) -> Result<Page<&'a Topic>, Problem> {
    let search = Search::new(request.search.as_deref());
    let about = Sought::new(request.about.as_deref());
    let internal = request.internal || about.as_ref().is_some_and(Sought::means_internal);
    // Who reads what is looked for in all groups, which only this order is worth.
    let readers = (request.sort == TopicSort::GroupCount).then(|| Readers::of(inventory, &inventory.topics));
    let items = inventory
        .topics
        .iter()
        .filter(|topic| internal || !topic.name.is_internal())
        .filter(|topic| search.finds(topic.name.as_str()))
        .filter(|topic| about.as_ref().is_none_or(|about| about.topic(topic).is_some()))
        .filter(|topic| {
            let wanted = request.team.as_deref().filter(|team| !team.is_empty());
            wanted.is_none_or(|team| topic.team.as_ref().is_some_and(|owner| owner.as_str() == team))
        })
        .filter(|topic| may_see(topic))
        .map(|topic| Item {
            key: key(inventory, topic, request.sort, (paces, readers.as_ref())),
            name: topic.name.to_string(),
            value: topic,
        })
        .collect();
    cut(items, &request.into())
}

/// A part of a name, in whatever case; without one every name fits.
pub(crate) struct Search(String);

impl Search {
    pub(crate) fn new(wanted: Option<&str>) -> Self {
        Self(wanted.map(str::to_ascii_lowercase).unwrap_or_default())
    }

    pub(crate) fn finds(&self, name: &str) -> bool {
        self.0.is_empty() || name.to_ascii_lowercase().contains(&self.0)
    }
}

/// A page of something that is sorted by name only.
pub(crate) fn by_name<T>(
    items: impl Iterator<Item = T>,
    request: &PageRequest,
    name: impl Fn(&T) -> String,
) -> Result<Page<T>, Problem> {
    if request.sort != TopicSort::Name {
        return Err(invalid("sort: this list can only be sorted by name"));
    }
    let items = items.map(|value| Item { key: None, name: name(&value), value }).collect();
    cut(items, &request.into())
}

/// Something in a list, with what decides about its place.
pub(crate) struct Item<T> {
    pub(crate) key: Key,
    pub(crate) name: String,
    pub(crate) value: T,
}

/// Counts, sorts and cuts what has been filtered already.
pub(crate) fn cut<T, S: Sort>(mut items: Vec<Item<T>>, wanted: &Wanted<'_, S>) -> Result<Page<T>, Problem> {
    let limit = checked_limit(wanted.limit).map_err(|error| invalid(&error.to_string()))?;
    let order = |a: (Key, &str), b: (Key, &str)| compare(wanted, a, b);
    let total = u64::try_from(items.len()).unwrap_or(u64::MAX);
    let cursor = wanted.cursor.filter(|text| !text.is_empty());
    if cursor.is_none() && items.len() > limit + 1 {
        // On a first page are the least of all, and one more tells that it is not the last: no others need an order.
        items.select_nth_unstable_by(limit, |a, b| order((a.key, &a.name), (b.key, &b.name)));
        items.truncate(limit + 1);
    }
    items.sort_unstable_by(|a, b| order((a.key, &a.name), (b.key, &b.name)));
    if let Some(text) = cursor {
        let cursor = Cursor::<S>::decode(text)
            .filter(|cursor| cursor.sort == wanted.sort && cursor.order == wanted.order)
            .ok_or_else(|| {
                invalid("cursor: send what nextCursor said, with the same sort and order, or leave it out")
            })?;
        let seen = items
            .partition_point(|item| order((item.key, &item.name), (cursor.key, &cursor.name)) != Ordering::Greater);
        items.drain(..seen);
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items
        .last()
        .filter(|_| more)
        .map(|last| Cursor { sort: wanted.sort, order: wanted.order, key: last.key, name: last.name.clone() }.encode());
    Ok(Page { items: items.into_iter().map(|item| item.value).collect(), total, next_cursor })
}

/// Equal keys read alphabetically in either order; only where names are what is sorted by, descending turns them around.
fn compare<S: Sort>(wanted: &Wanted<'_, S>, (a_key, a_name): (Key, &str), (b_key, b_name): (Key, &str)) -> Ordering {
    match wanted.order {
        SortOrder::Asc => a_key.cmp(&b_key).then_with(|| a_name.cmp(b_name)),
        SortOrder::Desc if wanted.sort == S::NAME => b_name.cmp(a_name),
        SortOrder::Desc => b_key.cmp(&a_key).then_with(|| a_name.cmp(b_name)),
    }
}

fn key(inventory: &Inventory, topic: &Topic, sort: TopicSort, (paces, readers): (&Paces, Option<&Readers<'_>>)) -> Key {
    let rate = |rate: Known<f64>| rate.value().map(|rate| rate.max(0.0).to_bits());
    match sort {
        TopicSort::Name => None,
        TopicSort::Partitions => Some(u64::try_from(topic.partitions.len()).unwrap_or(u64::MAX)),
        TopicSort::SizeBytes => topic.size_bytes.value().copied(),
        TopicSort::RecordsPerSecond => rate(topic.records_per_second),
        TopicSort::BytesInPerSecond => rate(paces.bytes_in(&topic.name)),
        TopicSort::BytesOutPerSecond => rate(paces.bytes_out(&topic.name)),
        TopicSort::Records => super::topic::records(&topic.partitions).value().copied(),
        TopicSort::GroupCount => {
            let count = readers.map_or(Known::Unknown, |readers| readers.count(&topic.name));
            count.value().copied().map(u64::from)
        }
        TopicSort::LastWriteAt => {
            paces.written_at(&topic.name).value().map(|at| u64::try_from(at.0).unwrap_or_default())
        }
        TopicSort::GrowthBytesPerDay => paces.growth(&topic.name).value().copied().map(in_order),
        TopicSort::Health => Some(super::topic::health(inventory, topic) as u64),
    }
}

/// Numbers below zero before those above, as numbers that are never below it.
pub(crate) fn in_order(number: i64) -> u64 {
    number.cast_unsigned() ^ (1 << 63)
}

pub(crate) fn invalid(detail: &str) -> Problem {
    Problem::new(ProblemKind::Invalid, detail)
}

#[cfg(test)]
mod tests;
