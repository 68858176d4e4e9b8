//! A list as it stands in the address. Whatever the address holds, a list comes out.

use crate::ui::Query;
use klamm_model::SortOrder;
use leptos_router::params::ParamsMap;

/// What a list can be sorted by.
pub(crate) trait SortWords: Copy + Default + PartialEq + Send + Sync + 'static {
    /// How the address calls each.
    const WORDS: &'static [(Self, &'static str)];

    /// How the list is sorted where nobody says otherwise; the address does not write it.
    fn usual() -> (Self, SortOrder) {
        (Self::default(), SortOrder::Asc)
    }
}

/// What narrows a list beside the search.
pub(crate) trait Filters: Clone + Default + PartialEq + Send + Sync + 'static {
    /// Reads them by their words in the address.
    fn read(get: &dyn Fn(&str) -> String) -> Self;

    /// Writes them, those that are empty excepted.
    fn write(&self, query: Query) -> Query;

    /// Whether one of them leaves something out.
    fn narrows(&self) -> bool;
}

/// Which part of a list is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListAddress<S, F> {
    pub(crate) search: String,
    pub(crate) filters: F,
    pub(crate) sort: S,
    pub(crate) order: SortOrder,
    pub(crate) cursor: String,
    /// How many items stand on the pages before; only for the words of the pager.
    pub(crate) before: u64,
}

impl<S: SortWords, F: Filters> Default for ListAddress<S, F> {
    fn default() -> Self {
        let (sort, order) = S::usual();
        Self { search: String::new(), filters: F::default(), sort, order, cursor: String::new(), before: 0 }
    }
}

impl<S: SortWords, F: Filters> ListAddress<S, F> {
    pub(crate) fn from_params(params: &ParamsMap) -> Self {
        let get = |key: &str| params.get(key).unwrap_or_default();
        let sort = get("sort");
        let chosen = S::WORDS.iter().find(|(_, word)| *word == sort).map(|(sort, _)| *sort);
        let (sort, order) = chosen.map_or_else(S::usual, |sort| (sort, SortOrder::Asc));
        Self {
            search: get("q").trim().to_owned(),
            filters: F::read(&get),
            sort,
            order: match get("order").as_str() {
                "asc" => SortOrder::Asc,
                "desc" => SortOrder::Desc,
                _ => order,
            },
            cursor: get("cursor"),
            before: get("before").parse().unwrap_or_default(),
        }
    }

    /// The list narrowed by this only.
    pub(crate) fn of(search: &str, filters: F) -> Self {
        Self { search: search.to_owned(), filters, ..Self::default() }
    }

    /// The address of this part of the list at `path`.
    pub(crate) fn href(&self, path: &str) -> String {
        self.filters
            .write(Query::default().with("q", &self.search))
            .with("sort", self.sort_word())
            .with("order", self.order_word())
            .with("cursor", &self.cursor)
            .with("before", &if self.before == 0 { String::new() } else { self.before.to_string() })
            .on(path)
    }

    /// How the address tells the sort; nothing for the usual one.
    pub(crate) fn sort_word(&self) -> &'static str {
        let (usual, _) = S::usual();
        S::WORDS.iter().find(|(known, _)| *known == self.sort && *known != usual).map_or("", |(_, word)| word)
    }

    /// How the address tells the order; nothing for the usual one, which is ascending where the sort is another than usual.
    pub(crate) fn order_word(&self) -> &'static str {
        let (sort, order) = S::usual();
        let usual = if self.sort == sort { order } else { SortOrder::Asc };
        match self.order {
            order if order == usual => "",
            SortOrder::Asc => "asc",
            SortOrder::Desc => "desc",
        }
    }

    /// Whether this is not the beginning of the list.
    pub(crate) fn is_further_on(&self) -> bool {
        self.before > 0 || !self.cursor.is_empty()
    }

    /// The same list from its beginning.
    pub(crate) fn first_page(&self) -> Self {
        Self { cursor: String::new(), before: 0, ..self.clone() }
    }

    /// The same list onwards from `cursor`.
    pub(crate) fn next_page(&self, cursor: String, shown: usize) -> Self {
        Self { cursor, before: self.before.saturating_add(shown as u64), ..self.clone() }
    }

    /// The list without the search, or with other filters, from its beginning.
    pub(crate) fn narrowed(&self, search: &str, filters: F) -> Self {
        Self { search: search.to_owned(), filters, ..self.first_page() }
    }

    /// The list sorted by `sort`: names begin with the smallest, everything else with the largest or what wants a look, and a
    /// second click turns it round.
    pub(crate) fn sorted_by(&self, sort: S) -> Self {
        let first = if sort == S::default() { SortOrder::Asc } else { SortOrder::Desc };
        let order = match (self.sort == sort, self.order) {
            (false, _) => first,
            (true, SortOrder::Asc) => SortOrder::Desc,
            (true, SortOrder::Desc) => SortOrder::Asc,
        };
        Self { sort, order, ..self.first_page() }
    }

    /// Whether something narrows the list.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.search.is_empty() || self.filters.narrows()
    }
}

/// A text of the address as requests have it: none where there is nothing.
pub(crate) fn given(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    enum By {
        #[default]
        Name,
        Size,
    }

    impl SortWords for By {
        const WORDS: &'static [(Self, &'static str)] = &[(Self::Name, "name"), (Self::Size, "size")];
    }

    /// A list that begins with the largest.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    enum LargestBy {
        #[default]
        Name,
        Size,
    }

    impl SortWords for LargestBy {
        const WORDS: &'static [(Self, &'static str)] = &[(Self::Name, "name"), (Self::Size, "size")];

        fn usual() -> (Self, SortOrder) {
            (Self::Size, SortOrder::Desc)
        }
    }

    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    struct Colour(String);

    impl Filters for Colour {
        fn read(get: &dyn Fn(&str) -> String) -> Self {
            Self(get("colour"))
        }

        fn write(&self, query: Query) -> Query {
            query.with("colour", &self.0)
        }

        fn narrows(&self) -> bool {
            !self.0.is_empty()
        }
    }

    type Address = ListAddress<By, Colour>;

    fn params(pairs: &[(&'static str, &str)]) -> ParamsMap {
        pairs.iter().map(|(key, value)| (*key, (*value).to_owned())).collect()
    }

    #[test]
    fn an_address_survives_the_way_there_and_back() {
        let address = Address {
            search: "<pay> & co".to_owned(),
            filters: Colour("blue".to_owned()),
            sort: By::Size,
            order: SortOrder::Desc,
            cursor: "b3JkZXJz".to_owned(),
            before: 50,
        };
        let told = "/l?q=%3Cpay%3E%20%26%20co&colour=blue&sort=size&order=desc&cursor=b3JkZXJz&before=50";
        assert_eq!(address.href("/l"), told);
        let read = Address::from_params(&params(&[
            ("q", " <pay> & co "),
            ("colour", "blue"),
            ("sort", "size"),
            ("order", "desc"),
            ("cursor", "b3JkZXJz"),
            ("before", "50"),
        ]));
        assert_eq!(read, address);
    }

    #[test]
    fn a_made_up_address_is_the_plain_list() {
        let read = Address::from_params(&params(&[("sort", "drop table"), ("order", "up"), ("before", "-3")]));
        assert_eq!(read, Address::default());
        assert_eq!(read.href("/l"), "/l");
    }

    #[test]
    fn a_list_that_begins_with_the_largest_says_so_in_no_address_and_every_other_way_comes_back() {
        type Largest = ListAddress<LargestBy, Colour>;
        let plain = Largest::from_params(&params(&[]));
        assert_eq!((plain.sort, plain.order), (LargestBy::Size, SortOrder::Desc));
        assert_eq!((plain.href("/l").as_str(), Largest::of("", Colour::default())), ("/l", plain.clone()));
        let ways = [
            (plain.sorted_by(LargestBy::Size), "/l?order=asc"),
            (plain.sorted_by(LargestBy::Name), "/l?sort=name"),
            (plain.sorted_by(LargestBy::Name).sorted_by(LargestBy::Name), "/l?sort=name&order=desc"),
        ];
        for (way, href) in ways {
            assert_eq!(way.href("/l"), href);
            let query = href.split_once('?').unwrap().1.split('&').filter_map(|pair| pair.split_once('='));
            let read: ParamsMap = query.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            assert_eq!(Largest::from_params(&read), way, "{href}");
        }
    }

    #[test]
    fn a_second_click_turns_the_order_round_and_begins_again() {
        let list = Address { cursor: "x".to_owned(), before: 50, ..Address::default() };
        let by_size = list.sorted_by(By::Size);
        assert_eq!((by_size.order, by_size.is_further_on()), (SortOrder::Desc, false));
        assert_eq!(by_size.sorted_by(By::Size).order, SortOrder::Asc);
        assert_eq!(by_size.sorted_by(By::Name).order, SortOrder::Asc);
    }

    #[test]
    fn the_next_page_knows_how_many_stand_before_it_and_narrowing_begins_again() {
        let second = Address::of("pay", Colour::default()).next_page("c1".to_owned(), 50);
        assert_eq!((second.before, second.is_further_on()), (50, true));
        let narrowed = second.narrowed("", Colour("blue".to_owned()));
        assert_eq!(narrowed.href("/l"), "/l?colour=blue");
        let far = Address { before: u64::MAX, ..Address::default() };
        assert_eq!(far.next_page("c".to_owned(), 50).before, u64::MAX);
    }
}
