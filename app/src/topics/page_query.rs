//! The page of a topic as it stands in the address. Whatever the address holds, a page comes out.

use crate::ui::Query;
use klamm_model::{ConfigRequest, PageRequest};
use leptos_router::params::ParamsMap;

/// A part of the page of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum TopicTab {
    /// How it is, its partitions, and what is set on it.
    #[default]
    Overview,
    /// All its configuration.
    Config,
    /// Who reads it.
    Consumers,
    /// Who may do what with it.
    Access,
    /// The object that declares it.
    Yaml,
}

impl TopicTab {
    /// All of them, in the order of the page, as addresses and as people call them.
    pub(super) const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Overview, "", "Overview"),
        (Self::Config, "config", "Config"),
        (Self::Consumers, "consumers", "Consumers"),
        (Self::Access, "access", "Access"),
        (Self::Yaml, "yaml", "YAML"),
    ];

    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(tab, _, _)| *tab == self).map_or("", |(_, word, _)| word)
    }
}

/// What of a topic is shown. Each part has its own words beside its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TopicQuery {
    /// Which part.
    pub(crate) tab: TopicTab,
    /// Partitions that stand before those shown.
    pub(crate) from: u32,
    /// Of configuration only what is set on the topic itself.
    pub(crate) set: bool,
    /// Of principals those whose names contain this.
    pub(crate) search: String,
    /// Where the page of principals begins.
    pub(crate) cursor: String,
    /// How many principals stand on the pages before; only for the words of the pager.
    pub(crate) before: u64,
}

impl TopicQuery {
    pub(super) fn from_params(params: &ParamsMap) -> Self {
        let get = |key: &str| params.get(key).unwrap_or_default();
        let tab = get("tab");
        Self {
            tab: TopicTab::ALL.iter().find(|(_, word, _)| *word == tab).map(|(tab, _, _)| *tab).unwrap_or_default(),
            from: get("from").parse().unwrap_or_default(),
            set: get("set") == "true",
            search: get("q").trim().to_owned(),
            cursor: get("cursor"),
            before: get("before").parse().unwrap_or_default(),
        }
    }

    /// The address of this part of the page at `path`.
    pub(super) fn href(&self, path: &str) -> String {
        let number = |number: u64| if number == 0 { String::new() } else { number.to_string() };
        Query::default()
            .with("tab", self.tab.word())
            .with("from", &number(self.from.into()))
            .with("set", if self.set { "true" } else { "" })
            .with("q", &self.search)
            .with("cursor", &self.cursor)
            .with("before", &number(self.before))
            .on(path)
    }

    /// Another part from its beginning.
    pub(super) fn of(tab: TopicTab) -> Self {
        Self { tab, ..Self::default() }
    }

    pub(super) fn config(&self) -> ConfigRequest {
        ConfigRequest { set: self.set }
    }

    pub(super) fn principals(&self) -> PageRequest {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        PageRequest { search: some(&self.search), cursor: some(&self.cursor), ..PageRequest::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> TopicQuery {
        let mut params = ParamsMap::new();
        for (key, value) in pairs {
            params.insert((*key).to_owned(), (*value).to_owned());
        }
        TopicQuery::from_params(&params)
    }

    #[test]
    fn an_address_without_parameters_is_the_overview_and_so_is_nonsense() {
        assert_eq!(read(&[]), TopicQuery::default());
        assert_eq!(read(&[("tab", "<script>"), ("from", "-1"), ("set", "maybe")]), TopicQuery::default());
        assert_eq!(TopicQuery::default().href("/t"), "/t");
    }

    #[test]
    fn every_part_survives_the_way_into_an_address_and_back() {
        for (tab, word, _) in TopicTab::ALL {
            let query = TopicQuery { set: true, search: "a b".to_owned(), from: 200, ..TopicQuery::of(tab) };
            let href = query.href("/t");
            assert!(href.ends_with("from=200&set=true&q=a%20b") && href.contains(word), "{href}");
            assert_eq!(read(&[("tab", word), ("from", "200"), ("set", "true"), ("q", "a b")]), query);
        }
    }
}
