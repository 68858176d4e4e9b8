//! The list of topics as it stands in the address. Whatever the address holds, a list comes out.

use crate::ui::Query;
use klamm_model::{PageRequest, SortOrder, TopicSort};
use leptos_router::params::ParamsMap;

/// Which part of the list is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListQuery {
    /// A part of name, team or declaring object, as the search over everything finds topics.
    pub(crate) search: String,
    pub(crate) team: String,
    pub(crate) internal: bool,
    pub(crate) sort: TopicSort,
    pub(crate) order: SortOrder,
    pub(crate) cursor: String,
    /// How many topics stand on the pages before; only for the words of the pager.
    pub(crate) before: u64,
}

const SORTS: [(TopicSort, &str); 5] = [
    (TopicSort::Name, "name"),
    (TopicSort::Partitions, "partitions"),
    (TopicSort::SizeBytes, "sizeBytes"),
    (TopicSort::RecordsPerSecond, "recordsPerSecond"),
    (TopicSort::Health, "health"),
];

pub(crate) fn sort_word(sort: TopicSort) -> &'static str {
    SORTS.iter().find(|(known, _)| *known == sort).map_or("name", |(_, word)| word)
}

pub(crate) fn order_word(order: SortOrder) -> &'static str {
    match order {
        SortOrder::Asc => "asc",
        SortOrder::Desc => "desc",
    }
}

impl ListQuery {
    pub(crate) fn from_params(params: &ParamsMap) -> Self {
        let get = |key: &str| params.get(key).unwrap_or_default();
        let sort = get("sort");
        Self {
            search: get("q").trim().to_owned(),
            team: get("team"),
            internal: get("internal") == "true",
            sort: SORTS.iter().find(|(_, word)| *word == sort).map(|(sort, _)| *sort).unwrap_or_default(),
            order: if get("order") == "desc" { SortOrder::Desc } else { SortOrder::Asc },
            cursor: get("cursor"),
            before: get("before").parse().unwrap_or_default(),
        }
    }

    pub(crate) fn request(&self) -> PageRequest {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        PageRequest {
            about: some(&self.search),
            team: some(&self.team),
            internal: self.internal,
            sort: self.sort,
            order: self.order,
            cursor: some(&self.cursor),
            ..PageRequest::default()
        }
    }

    /// The address of this part of the list at `path`.
    pub(crate) fn href(&self, path: &str) -> String {
        Query::default()
            .with("q", &self.search)
            .with("team", &self.team)
            .with("internal", if self.internal { "true" } else { "" })
            .with("sort", if self.sort == TopicSort::Name { "" } else { sort_word(self.sort) })
            .with("order", if self.order == SortOrder::Asc { "" } else { order_word(self.order) })
            .with("cursor", &self.cursor)
            .with("before", &if self.before == 0 { String::new() } else { self.before.to_string() })
            .on(path)
    }

    /// The same list from its beginning.
    pub(crate) fn first_page(&self) -> Self {
        Self { cursor: String::new(), before: 0, ..self.clone() }
    }

    /// The same list onwards from `cursor`.
    pub(crate) fn next_page(&self, cursor: String, shown: usize) -> Self {
        Self { cursor, before: self.before + shown as u64, ..self.clone() }
    }

    /// The list sorted by `sort`: names begin with the smallest, numbers with the largest, and a second click turns it round.
    pub(crate) fn sorted_by(&self, sort: TopicSort) -> Self {
        let first = if sort == TopicSort::Name { SortOrder::Asc } else { SortOrder::Desc };
        let order = match (self.sort == sort, self.order) {
            (false, _) => first,
            (true, SortOrder::Asc) => SortOrder::Desc,
            (true, SortOrder::Desc) => SortOrder::Asc,
        };
        Self { sort, order, ..self.first_page() }
    }

    /// Whether Kafka's own topics are among those listed: who searches for what begins like them means them.
    pub(crate) fn shows_internal(&self) -> bool {
        self.internal || self.search.starts_with("__")
    }

    /// Whether something narrows the list.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.search.is_empty() || !self.team.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&'static str, &str)]) -> ParamsMap {
        pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
    }

    #[test]
    fn an_address_survives_the_way_there_and_back() {
        let query = ListQuery {
            search: "pay & co".to_owned(),
            team: "payments".to_owned(),
            internal: true,
            sort: TopicSort::SizeBytes,
            order: SortOrder::Desc,
            cursor: "b3JkZXJz".to_owned(),
            before: 50,
        };
        let told =
            "/t?q=pay%20%26%20co&team=payments&internal=true&sort=sizeBytes&order=desc&cursor=b3JkZXJz&before=50";
        assert_eq!(query.href("/t"), told);
        let read = ListQuery::from_params(&params(&[
            ("q", " pay & co "),
            ("team", "payments"),
            ("internal", "true"),
            ("sort", "sizeBytes"),
            ("order", "desc"),
            ("cursor", "b3JkZXJz"),
            ("before", "50"),
        ]));
        assert_eq!(read, query);
    }

    #[test]
    fn a_made_up_address_is_the_plain_list() {
        let read = ListQuery::from_params(&params(&[("sort", "drop table"), ("order", "up"), ("before", "-3")]));
        assert_eq!(read, ListQuery::default());
        assert_eq!(read.href("/t"), "/t");
    }

    #[test]
    fn a_second_click_turns_the_order_round_and_begins_again() {
        let list = ListQuery { cursor: "x".to_owned(), before: 50, ..ListQuery::default() };
        let by_size = list.sorted_by(TopicSort::SizeBytes);
        assert_eq!((by_size.order, by_size.before), (SortOrder::Desc, 0));
        assert_eq!(by_size.sorted_by(TopicSort::SizeBytes).order, SortOrder::Asc);
        assert_eq!(by_size.sorted_by(TopicSort::Name).order, SortOrder::Asc);
    }
}
