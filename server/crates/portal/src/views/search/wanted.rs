//! How close a text is to what is looked for. Pure, and the same for everything that can be found.

use klamm_model::{Closeness, FoundBy, Owner, Topic};

/// A text that is looked for, not empty. Case is ignored for the letters that Kafka's and Kubernetes' names are made of.
pub(crate) struct Wanted(String);

impl Wanted {
    /// What somebody typed; none where that is nothing.
    pub(crate) fn new(typed: Option<&str>) -> Option<Self> {
        let typed = typed.map(str::trim).filter(|typed| !typed.is_empty())?;
        Some(Self(typed.to_owned()))
    }

    /// Whether Kafka's own topics are meant, which are not shown otherwise.
    pub(crate) fn means_internal(&self) -> bool {
        self.0.starts_with("__")
    }

    /// The best place of the wanted text in `text`, if it is there at all.
    pub(crate) fn closeness(&self, text: &str) -> Option<Closeness> {
        let (text, wanted) = (text.as_bytes(), self.0.as_bytes());
        let places = text.windows(wanted.len()).enumerate().filter(|(_, part)| part.eq_ignore_ascii_case(wanted));
        places.map(|(place, part)| closeness_at(text, place, part.len())).min()
    }

    /// The closest of several texts of one thing; where two are as close, what names it first.
    pub(crate) fn closest<'a>(
        &self,
        texts: impl IntoIterator<Item = (FoundBy, &'a str)>,
    ) -> Option<(Closeness, FoundBy)> {
        texts.into_iter().filter_map(|(by, text)| Some((self.closeness(text)?, by))).min()
    }

    /// A topic is found by its name, its team and the object that declares it.
    pub(crate) fn topic(&self, topic: &Topic) -> Option<(Closeness, FoundBy)> {
        let object = topic.owner.as_ref().map(object);
        let texts = [
            Some((FoundBy::Name, topic.name.as_str())),
            topic.team.as_ref().map(|team| (FoundBy::Team, team.as_str())),
            object.as_deref().map(|object| (FoundBy::Object, object)),
        ];
        self.closest(texts.into_iter().flatten())
    }
}

/// An object as people write it: `payments/sample-topic`.
fn object(owner: &Owner) -> String {
    format!("{}/{}", owner.namespace, owner.name)
}

fn closeness_at(text: &[u8], place: usize, length: usize) -> Closeness {
    match place.checked_sub(1).and_then(|before| text.get(before)) {
        None if length == text.len() => Closeness::Exact,
        None => Closeness::Prefix,
        Some(b'.' | b'-' | b'_' | b'/') => Closeness::Word,
        Some(_) => Closeness::Anywhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::samples::topic;
    use klamm_model::{Owner, OwnerKind};
    use proptest::prelude::*;

    fn closeness(wanted: &str, text: &str) -> Option<Closeness> {
        Wanted::new(Some(wanted)).unwrap().closeness(text)
    }

    #[test]
    fn whole_then_beginning_then_beginning_of_a_word_then_anywhere() {
        assert_eq!(closeness("orders", "orders"), Some(Closeness::Exact));
        assert_eq!(closeness("orders", "orders.created"), Some(Closeness::Prefix));
        for text in ["eu.orders", "eu-orders.created", "eu_orders", "shop/orders"] {
            assert_eq!(closeness("orders", text), Some(Closeness::Word), "{text}");
        }
        assert_eq!(closeness("orders", "reorders"), Some(Closeness::Anywhere));
        assert_eq!(closeness("orders", "order"), None);
    }

    #[test]
    fn the_best_of_several_places_counts() {
        assert_eq!(closeness("a", "banana.a"), Some(Closeness::Word));
        assert_eq!(closeness("a", "aa"), Some(Closeness::Prefix));
        assert_eq!(closeness("aa", "baaa-aa"), Some(Closeness::Word));
    }

    #[test]
    fn case_is_ignored_and_nothing_else_is() {
        assert_eq!(closeness("ORDERS", "Orders"), Some(Closeness::Exact));
        assert_eq!(closeness("ä", "xä"), Some(Closeness::Anywhere));
        assert_eq!(closeness("Ä", "ä"), None);
        assert_eq!(closeness("%", "100%"), Some(Closeness::Anywhere));
        assert_eq!(closeness("a.b", "a_b"), None);
    }

    #[test]
    fn nothing_is_looked_for_where_nothing_was_typed() {
        for typed in [None, Some(""), Some("  \t\n ")] {
            assert!(Wanted::new(typed).is_none(), "{typed:?}");
        }
    }

    #[test]
    fn a_topic_is_found_by_the_closest_of_name_team_and_object() {
        let owner = Owner {
            kind: OwnerKind::ConfigMap,
            namespace: "payments".parse().unwrap(),
            name: "refunds".parse().unwrap(),
        };
        let sample = klamm_model::Topic { owner: Some(owner), ..topic("payments.captured", &[]) };
        let found = |wanted: &str| Wanted::new(Some(wanted)).unwrap().topic(&sample);
        assert_eq!(found("payments.captured"), Some((Closeness::Exact, FoundBy::Name)));
        assert_eq!(found("payments"), Some((Closeness::Exact, FoundBy::Team)));
        assert_eq!(found("pay"), Some((Closeness::Prefix, FoundBy::Name)), "the name says it first");
        assert_eq!(found("payments/refunds"), Some((Closeness::Exact, FoundBy::Object)));
        assert_eq!(found("refunds"), Some((Closeness::Word, FoundBy::Object)));
        assert_eq!(found("orders"), None);
    }

    proptest! {
        /// Checked against the meaning of the words, on texts that may hold anything.
        #[test]
        fn whatever_is_typed_is_found_where_it_is(before in "[a-c.%<ä\\PC]{0,6}", typed in "[a-c.]{1,4}", after in "[a-c.]{0,4}") {
            let text = format!("{before}{typed}{after}");
            let found = closeness(&typed, &text);
            prop_assert!(found.is_some());
            prop_assert_eq!(found == Some(Closeness::Exact), text == typed);
            prop_assert_eq!(found <= Some(Closeness::Prefix), text.starts_with(&typed));
        }

        #[test]
        fn no_text_is_too_odd(typed in "\\PC{1,20}", text in "\\PC{0,40}") {
            if let Some(wanted) = Wanted::new(Some(&typed)) {
                let expected = text.to_ascii_lowercase().contains(&typed.trim().to_ascii_lowercase());
                prop_assert_eq!(wanted.closeness(&text).is_some(), expected);
            }
        }
    }
}
