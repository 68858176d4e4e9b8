//! What is looked at, as it stands in the address.

use crate::ui::Query;
use klamm_model::PlacementRequest;
use leptos_router::params::ParamsMap;

/// The topic that is looked at, and the loss that is thought through. Empty for all topics, and for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PlacementQuery {
    pub(crate) topic: String,
    pub(crate) lose: String,
}

impl PlacementQuery {
    pub(crate) fn from_params(params: &ParamsMap) -> Self {
        let get = |key: &str| params.get(key).unwrap_or_default().trim().to_owned();
        Self { topic: get("topic"), lose: get("lose") }
    }

    pub(crate) fn request(&self) -> PlacementRequest {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        PlacementRequest { topic: some(&self.topic), lose: some(&self.lose) }
    }

    /// The address of this at `path`.
    pub(crate) fn href(&self, path: &str) -> String {
        Query::default().with("topic", &self.topic).with("lose", &self.lose).on(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_the_way_there_and_back() {
        let query = PlacementQuery { topic: "sample-topic".to_owned(), lose: "rack:a&b".to_owned() };
        assert_eq!(query.href("/p"), "/p?topic=sample-topic&lose=rack%3Aa%26b");
        let params = [("topic", " sample-topic "), ("lose", "rack:a&b")];
        let params: ParamsMap = params.into_iter().map(|(key, value)| (key, value.to_owned())).collect();
        assert_eq!(PlacementQuery::from_params(&params), query);
        assert_eq!(PlacementQuery::default().href("/p"), "/p");
        assert_eq!(PlacementQuery::default().request(), PlacementRequest::default());
    }
}
