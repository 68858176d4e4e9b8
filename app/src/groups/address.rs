use crate::{
    lists::{Filters, ListAddress, SortWords, given},
    ui::Query,
};
use klamm_model::{GroupSort, GroupsRequest, SortOrder};

/// A list of groups as it stands in the address. What is searched for is a part of the id.
pub(crate) type GroupsAddress = ListAddress<GroupSort, GroupFilters>;

impl SortWords for GroupSort {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Name, "name"),
        (Self::State, "state"),
        (Self::Lag, "lag"),
        (Self::LagSeconds, "lagSeconds"),
        (Self::Members, "members"),
    ];

    /// Whoever opens the list looks for the group that falls behind.
    fn usual() -> (Self, SortOrder) {
        (Self::Lag, SortOrder::Desc)
    }
}

/// What narrows a list of groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupFilters {
    pub(crate) state: String,
    /// Groups that read this topic.
    pub(crate) topic: String,
    /// Groups whose lag is going there.
    pub(crate) trend: String,
}

impl Filters for GroupFilters {
    fn read(get: &dyn Fn(&str) -> String) -> Self {
        Self { state: get("state"), topic: get("topic"), trend: get("trend") }
    }

    fn write(&self, query: Query) -> Query {
        query.with("state", &self.state).with("topic", &self.topic).with("trend", &self.trend)
    }

    fn narrows(&self) -> bool {
        !self.state.is_empty() || !self.topic.is_empty() || !self.trend.is_empty()
    }
}

impl GroupsAddress {
    pub(crate) fn request(&self) -> GroupsRequest {
        GroupsRequest {
            search: given(&self.search),
            state: given(&self.filters.state),
            topic: given(&self.filters.topic),
            trend: given(&self.filters.trend),
            stuck: false,
            sort: self.sort,
            order: self.order,
            limit: None,
            cursor: given(&self.cursor),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos_router::params::ParamsMap;

    #[test]
    fn filters_of_groups_survive_the_way_through_the_address() {
        let filters =
            GroupFilters { state: "Stable".to_owned(), topic: "sample-topic".to_owned(), ..GroupFilters::default() };
        let address = GroupsAddress::of("<pay>", filters).sorted_by(GroupSort::Members);
        assert_eq!(address.href("/g"), "/g?q=%3Cpay%3E&state=Stable&topic=sample-topic&sort=members&order=desc");
        let pairs =
            [("q", "<pay>"), ("state", "Stable"), ("topic", "sample-topic"), ("sort", "members"), ("order", "desc")];
        let params: ParamsMap = pairs.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        assert_eq!(GroupsAddress::from_params(&params), address);
        let request = address.request();
        assert_eq!((request.state.as_deref(), request.topic.as_deref()), (Some("Stable"), Some("sample-topic")));
        assert_eq!((request.search.as_deref(), request.sort), (Some("<pay>"), GroupSort::Members));
    }

    #[test]
    fn the_list_begins_with_the_group_that_is_furthest_behind() {
        let request = GroupsAddress::from_params(&ParamsMap::new()).request();
        assert_eq!((request.sort, request.order), (GroupSort::Lag, SortOrder::Desc));
    }
}
