use crate::{
    lists::{Filters, ListAddress, SortWords, given},
    ui::Query,
};
use klamm_model::{PageRequest, TopicSort};

/// A list of topics as it stands in the address. What is searched for is a part of name, team or declaring object, as the
/// search over everything finds topics.
pub(crate) type TopicsAddress = ListAddress<TopicSort, TopicFilters>;

impl SortWords for TopicSort {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Name, "name"),
        (Self::Partitions, "partitions"),
        (Self::SizeBytes, "sizeBytes"),
        (Self::RecordsPerSecond, "recordsPerSecond"),
        (Self::BytesInPerSecond, "bytesInPerSecond"),
        (Self::BytesOutPerSecond, "bytesOutPerSecond"),
        (Self::Records, "records"),
        (Self::GroupCount, "groupCount"),
        (Self::LastWriteAt, "lastWriteAt"),
        (Self::GrowthBytesPerDay, "growthBytesPerDay"),
        (Self::Health, "health"),
    ];
}

/// What narrows a list of topics, or widens it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TopicFilters {
    pub(crate) team: String,
    /// Kafka's own topics too.
    pub(crate) internal: bool,
}

impl Filters for TopicFilters {
    fn read(get: &dyn Fn(&str) -> String) -> Self {
        Self { team: get("team"), internal: get("internal") == "true" }
    }

    fn write(&self, query: Query) -> Query {
        query.with("team", &self.team).with("internal", if self.internal { "true" } else { "" })
    }

    fn narrows(&self) -> bool {
        !self.team.is_empty()
    }
}

impl TopicsAddress {
    pub(crate) fn request(&self) -> PageRequest {
        PageRequest {
            about: given(&self.search),
            team: given(&self.filters.team),
            internal: self.filters.internal,
            sort: self.sort,
            order: self.order,
            cursor: given(&self.cursor),
            ..PageRequest::default()
        }
    }

    /// Whether Kafka's own topics are among those listed: who searches for what begins like them means them.
    pub(crate) fn shows_internal(&self) -> bool {
        self.filters.internal || self.search.starts_with("__")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos_router::params::ParamsMap;

    #[test]
    fn filters_of_topics_survive_the_way_through_the_address() {
        let address = TopicsAddress::of("pay & co", TopicFilters { team: "payments".to_owned(), internal: true })
            .sorted_by(TopicSort::Health);
        let told = "/t?q=pay%20%26%20co&team=payments&internal=true&sort=health&order=desc";
        assert_eq!(address.href("/t"), told);
        let pairs =
            [("q", "pay & co"), ("team", "payments"), ("internal", "true"), ("sort", "health"), ("order", "desc")];
        let params: ParamsMap = pairs.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        assert_eq!(TopicsAddress::from_params(&params), address);
        let request = address.request();
        assert_eq!((request.about.as_deref(), request.search), (Some("pay & co"), None));
        assert_eq!((request.team.as_deref(), request.sort), (Some("payments"), TopicSort::Health));
    }
}
