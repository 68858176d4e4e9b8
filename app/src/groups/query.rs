//! The list of groups as it stands in the address. Whatever the address holds, a list comes out.

use crate::ui::Query;
use klamm_model::{GroupSort, GroupsRequest, SortOrder};
use leptos_router::params::ParamsMap;

/// Which part of the list is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupsQuery {
    pub(crate) search: String,
    pub(crate) state: String,
    pub(crate) topic: String,
    pub(crate) sort: GroupSort,
    pub(crate) order: SortOrder,
    pub(crate) cursor: String,
    /// How many groups stand on the pages before; only for the words of the pager.
    pub(crate) before: u64,
}

const SORTS: [(GroupSort, &str); 4] =
    [(GroupSort::Name, "name"), (GroupSort::State, "state"), (GroupSort::Lag, "lag"), (GroupSort::Members, "members")];

impl GroupsQuery {
    pub(crate) fn from_params(params: &ParamsMap) -> Self {
        let get = |key: &str| params.get(key).unwrap_or_default();
        let sort = get("sort");
        Self {
            search: get("q").trim().to_owned(),
            state: get("state"),
            topic: get("topic"),
            sort: SORTS.iter().find(|(_, word)| *word == sort).map(|(sort, _)| *sort).unwrap_or_default(),
            order: if get("order") == "desc" { SortOrder::Desc } else { SortOrder::Asc },
            cursor: get("cursor"),
            before: get("before").parse().unwrap_or_default(),
        }
    }

    pub(crate) fn request(&self) -> GroupsRequest {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        GroupsRequest {
            search: some(&self.search),
            state: some(&self.state),
            topic: some(&self.topic),
            sort: self.sort,
            order: self.order,
            limit: None,
            cursor: some(&self.cursor),
        }
    }

    /// The address of this part of the list at `path`.
    pub(crate) fn href(&self, path: &str) -> String {
        Query::default()
            .with("q", &self.search)
            .with("state", &self.state)
            .with("topic", &self.topic)
            .with("sort", self.sort_word())
            .with("order", self.order_word())
            .with("cursor", &self.cursor)
            .with("before", &if self.before == 0 { String::new() } else { self.before.to_string() })
            .on(path)
    }

    /// How the address tells the sort; nothing for the usual one.
    pub(crate) fn sort_word(&self) -> &'static str {
        SORTS.iter().skip(1).find(|(known, _)| *known == self.sort).map_or("", |(_, word)| word)
    }

    /// How the address tells the order; nothing for the usual one.
    pub(crate) fn order_word(&self) -> &'static str {
        match self.order {
            SortOrder::Asc => "",
            SortOrder::Desc => "desc",
        }
    }

    /// The same list from its beginning.
    pub(crate) fn first_page(&self) -> Self {
        Self { cursor: String::new(), before: 0, ..self.clone() }
    }

    /// The same list onwards from `cursor`.
    pub(crate) fn next_page(&self, cursor: String, shown: usize) -> Self {
        Self { cursor, before: self.before.saturating_add(shown as u64), ..self.clone() }
    }

    /// The list sorted by `sort`: ids begin with the smallest, everything else with what wants a look, and a second click
    /// turns it round.
    pub(crate) fn sorted_by(&self, sort: GroupSort) -> Self {
        let first = if sort == GroupSort::Name { SortOrder::Asc } else { SortOrder::Desc };
        let order = match (self.sort == sort, self.order) {
            (false, _) => first,
            (true, SortOrder::Asc) => SortOrder::Desc,
            (true, SortOrder::Desc) => SortOrder::Asc,
        };
        Self { sort, order, ..self.first_page() }
    }

    /// Whether something narrows the list.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.search.is_empty() || !self.state.is_empty() || !self.topic.is_empty()
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
        let query = GroupsQuery {
            search: "<pay> & co".to_owned(),
            state: "Stable".to_owned(),
            topic: "sample-topic".to_owned(),
            sort: GroupSort::Lag,
            order: SortOrder::Desc,
            cursor: "b3JkZXJz".to_owned(),
            before: 50,
        };
        let told =
            "/g?q=%3Cpay%3E%20%26%20co&state=Stable&topic=sample-topic&sort=lag&order=desc&cursor=b3JkZXJz&before=50";
        assert_eq!(query.href("/g"), told);
        let read = GroupsQuery::from_params(&params(&[
            ("q", " <pay> & co "),
            ("state", "Stable"),
            ("topic", "sample-topic"),
            ("sort", "lag"),
            ("order", "desc"),
            ("cursor", "b3JkZXJz"),
            ("before", "50"),
        ]));
        assert_eq!(read, query);
    }

    #[test]
    fn a_made_up_address_is_the_plain_list() {
        let read = GroupsQuery::from_params(&params(&[("sort", "drop table"), ("order", "up"), ("before", "-3")]));
        assert_eq!(read, GroupsQuery::default());
        assert_eq!(read.href("/g"), "/g");
    }

    #[test]
    fn a_second_click_turns_the_order_round_and_begins_again() {
        let list = GroupsQuery { cursor: "x".to_owned(), before: 50, ..GroupsQuery::default() };
        let by_lag = list.sorted_by(GroupSort::Lag);
        assert_eq!((by_lag.order, by_lag.before), (SortOrder::Desc, 0));
        assert_eq!(by_lag.sorted_by(GroupSort::Lag).order, SortOrder::Asc);
        assert_eq!(by_lag.sorted_by(GroupSort::Name).order, SortOrder::Asc);
    }
}
