//! What was found, in words and addresses. Pure; on the server only.

use super::api::{Found, FoundKind, FoundRow, Marked};
use crate::{
    brokers::broker_href,
    clusters::{self, broker_status, counted, health_status, health_word, roles},
    groups::{group_href, late_words, state_words},
    topics::{growth_words, owner_words, topic_href},
    ui::{Query, harmless, printable},
};
use klamm_model::{
    BrokerHit, Closeness, ClusterHit, FoundBy, GroupRow, Hit, Hits, Known, NodeRole, SearchKind, SearchView, TopicRow,
    Unsearched, human_bytes, human_count, human_rate,
};

/// Characters of what was typed that a headline has room for.
const LONGEST: usize = 60;

/// The list that has everything of a kind.
enum List {
    /// It counts as the search does: its path, one of its things, and many.
    Same(&'static str, &'static str, &'static str),
    /// It has each name once, however many clusters have one of it.
    ByName(&'static str),
}

/// The page for what was typed.
pub(crate) fn found(typed: &str, view: SearchView) -> Found {
    let typed = typed.trim();
    let wanted = printable(typed, LONGEST);
    let total = view.clusters.total + view.topics.total + view.groups.total + view.brokers.total;
    let sentence = match (wanted.is_empty(), total) {
        (true, _) => "What are you looking for?".to_owned(),
        (false, 0) => format!("Nothing is called “{wanted}”"),
        (false, _) => format!("{} found for “{wanted}”", human_count(total)),
    };
    let facts = if total == 0 { "In all clusters that you may see".to_owned() } else { facts(&view) };
    let unsearched = view.unsearched.iter().map(unsearched).collect();
    let kinds = [
        kind(typed, "Clusters", None, view.clusters, cluster_row),
        kind(typed, "Topics", Some(List::ByName("/topics")), view.topics, topic_row),
        kind(typed, "Consumer groups", Some(List::Same("/groups", "group", "groups")), view.groups, group_row),
        kind(typed, "Brokers", None, view.brokers, broker_row),
    ];
    let mut kinds: Vec<_> = kinds.into_iter().flatten().collect();
    kinds.sort_by_key(|(closeness, _)| *closeness);
    Found { wanted, sentence, facts, kinds: kinds.into_iter().map(|(_, kind)| kind).collect(), unsearched }
}

/// `1 cluster · 12 topics · 2 consumer groups`.
fn facts(view: &SearchView) -> String {
    let counts = [
        (view.clusters.total, "cluster", "clusters"),
        (view.topics.total, "topic", "topics"),
        (view.groups.total, "consumer group", "consumer groups"),
        (view.brokers.total, "broker", "brokers"),
    ];
    let words: Vec<_> = counts
        .into_iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, one, many)| counted(count, one, many))
        .collect();
    words.join(" · ")
}

/// `kafka/east: nobody could say which consumer groups there are.`
fn unsearched(unsearched: &Unsearched) -> String {
    let words: Vec<_> = unsearched
        .kinds
        .iter()
        .map(|kind| match kind {
            SearchKind::Topics => "topics",
            SearchKind::Groups => "consumer groups",
            SearchKind::Brokers => "brokers",
        })
        .collect();
    let words = match words.as_slice() {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        words => words.concat(),
    };
    format!("Klamm has not seen all {words} of {}, so there may be more.", unsearched.cluster)
}

/// What was found of one kind, with how close the best of it is; none where nothing was.
fn kind<T>(
    typed: &str,
    title: &str,
    list: Option<List>,
    hits: Hits<T>,
    row: impl Fn(&str, Hit<T>) -> FoundRow,
) -> Option<(Closeness, FoundKind)> {
    let Hits { items, total } = hits;
    let closeness = items.first()?.closeness;
    let shown = items.len() as u64;
    let hint = if total > shown {
        format!("the closest {} of {}", human_count(shown), human_count(total))
    } else {
        format!("{} found", human_count(total))
    };
    let all = list.map(|list| {
        let (path, words) = match list {
            List::Same(path, one, many) if total > shown => (path, format!("all {}", counted(total, one, many))),
            List::Same(path, ..) => (path, "as a list".to_owned()),
            List::ByName(path) => (path, "all of them by name".to_owned()),
        };
        (words, Query::default().with("q", typed).on(path))
    });
    let rows = items.into_iter().map(|hit| row(typed, hit)).collect();
    Some((closeness, FoundKind { title: title.to_owned(), hint, all, rows }))
}

fn cluster_row(typed: &str, hit: Hit<ClusterHit>) -> FoundRow {
    let ClusterHit { environment, health, sentence } = hit.item;
    let facts = [Some((FoundBy::Name, sentence)), environment.map(|environment| (FoundBy::Name, environment))];
    FoundRow {
        name: mark(typed, &hit.cluster.to_string()),
        href: clusters::href(&hit.cluster),
        status: health_status(health),
        word: health_word(health).to_owned(),
        facts: about("", hit.by, facts),
        cluster: None,
    }
}

fn topic_row(typed: &str, hit: Hit<TopicRow>) -> FoundRow {
    let topic = hit.item;
    let facts = [
        topic.team.as_ref().map(|team| (FoundBy::Team, format!("team {team}"))),
        topic.owner.as_ref().map(|owner| (FoundBy::Object, owner_words(owner))),
        Some((FoundBy::Name, together(&counted(topic.partition_count.into(), "partition", "partitions")))),
        topic.records_per_second.value().map(|rate| (FoundBy::Name, together(&human_rate(*rate, "rec")))),
        topic.size_bytes.value().map(|size| (FoundBy::Name, together(&human_bytes(*size)))),
        topic.growth_bytes_per_day.value().map(|per_day| (FoundBy::Name, together(&growth_words(*per_day)))),
    ];
    FoundRow {
        name: named(typed, hit.by, topic.name.as_str()),
        href: topic_href(&hit.cluster, &topic.name),
        status: health_status(topic.health),
        word: health_word(topic.health).to_owned(),
        facts: about(typed, hit.by, facts),
        cluster: Some(hit.cluster),
    }
}

/// A number stays in one line with what it counts.
fn together(fact: &str) -> String {
    fact.replace(' ', "\u{a0}")
}

fn group_row(typed: &str, hit: Hit<GroupRow>) -> FoundRow {
    let group = hit.item;
    let (status, word) = state_words(&group.state);
    let lag = match group.lag {
        Known::Known(0) => "nothing left to read".to_owned(),
        Known::Known(lag) => counted(lag, "record behind", "records behind"),
        Known::Unknown => "lag unknown".to_owned(),
    };
    let members = group.member_count.value().map(|members| counted((*members).into(), "member", "members"));
    let topics = group.topic_count.value().map(|topics| counted((*topics).into(), "topic", "topics"));
    // How late a group is that has read everything goes without saying.
    let late = late_words(group.lag_seconds, group.lag_seconds_at_least).value().map(|late| format!("{late} late"));
    let late = late.filter(|_| group.lag != Known::Known(0));
    let facts = [Some(lag), late, members, topics].map(|fact| fact.map(|fact| (FoundBy::Name, fact)));
    FoundRow {
        name: named(typed, hit.by, group.id.as_str()),
        href: group_href(&hit.cluster, &group.id),
        status,
        word,
        facts: about("", hit.by, facts),
        cluster: Some(hit.cluster),
    }
}

fn broker_row(typed: &str, hit: Hit<BrokerHit>) -> FoundRow {
    let BrokerHit { id, state, roles: has, host, rack } = hit.item;
    let (status, word) = broker_status(state);
    let what = if has.contains(&NodeRole::Broker) { "Broker" } else { "Controller" };
    let Marked(before, found, after) = named(typed, hit.by, &id.to_string());
    let facts = [
        host.map(|host| (FoundBy::Host, host)),
        rack.map(|rack| (FoundBy::Rack, rack)),
        Some((FoundBy::Name, roles(&has))),
    ];
    FoundRow {
        name: Marked(format!("{what} {before}"), found, after),
        href: broker_href(&hit.cluster, id),
        status,
        word: word.to_owned(),
        facts: about(typed, hit.by, facts),
        cluster: Some(hit.cluster),
    }
}

/// The name, marked where it is what was found.
fn named(typed: &str, by: FoundBy, name: &str) -> Marked {
    if by == FoundBy::Name { mark(typed, name) } else { Marked(harmless(name), String::new(), String::new()) }
}

/// Facts in a line, marked in the one by which the thing was found.
fn about<const N: usize>(typed: &str, by: FoundBy, facts: [Option<(FoundBy, String)>; N]) -> Marked {
    let mut line = Marked::default();
    for (of, fact) in facts.into_iter().flatten() {
        let separator = if line == Marked::default() { "" } else { " · " };
        let is_found = by != FoundBy::Name && of == by;
        let Marked(before, found, after) =
            if is_found { mark(typed, &fact) } else { Marked(fact, String::new(), String::new()) };
        if line.1.is_empty() {
            line = Marked(format!("{}{separator}{before}", line.0), found, after);
        } else {
            line.2 = format!("{}{separator}{before}", line.2);
        }
    }
    line
}

/// The first place of what was typed in a text, ignoring case as the search does.
fn mark(typed: &str, text: &str) -> Marked {
    let text = harmless(text);
    let length = typed.len();
    let place = (length > 0)
        .then(|| text.as_bytes().windows(length).position(|part| part.eq_ignore_ascii_case(typed.as_bytes())))
        .flatten();
    let parts = place.and_then(|place| {
        let (before, rest) = text.split_at_checked(place)?;
        let (found, after) = rest.split_at_checked(length)?;
        Some(Marked(before.to_owned(), found.to_owned(), after.to_owned()))
    });
    parts.unwrap_or_else(|| Marked(text.clone(), String::new(), String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(before: &str, found: &str, after: &str) -> Marked {
        Marked(before.to_owned(), found.to_owned(), after.to_owned())
    }

    #[test]
    fn what_was_typed_is_marked_where_it_stands() {
        assert_eq!(mark("PAY", "eu.payments"), marked("eu.", "pay", "ments"));
        assert_eq!(mark("ä", "xäy"), marked("x", "ä", "y"));
        assert_eq!(mark("nope", "payments"), marked("payments", "", ""));
        assert_eq!(mark("", "payments"), marked("payments", "", ""));
        assert_eq!(mark("longer than that", "short"), marked("short", "", ""));
    }

    #[test]
    fn facts_are_marked_in_the_one_that_was_found() {
        let facts = || {
            [
                Some((FoundBy::Team, "team payments".to_owned())),
                None,
                Some((FoundBy::Object, "ConfigMap payments/a".to_owned())),
                Some((FoundBy::Name, "20 partitions".to_owned())),
            ]
        };
        let rest = " · ConfigMap payments/a · 20 partitions";
        assert_eq!(about("payments", FoundBy::Team, facts()), marked("team ", "payments", rest));
        let line = about("payments/", FoundBy::Object, facts());
        assert_eq!(line, marked("team payments · ConfigMap ", "payments/", "a · 20 partitions"));
        let whole = format!("team payments{rest}");
        assert_eq!(about("payments", FoundBy::Name, facts()), marked(&whole, "", ""));
    }

    #[test]
    fn the_kind_with_the_closest_hit_stands_first_and_what_is_missing_is_told() {
        let hit = |closeness| Hit {
            cluster: "kafka/demo".parse().unwrap(),
            by: FoundBy::Name,
            closeness,
            item: ClusterHit {
                environment: None,
                health: klamm_model::Health::Healthy,
                sentence: "is serving".to_owned(),
            },
            allowed_actions: Vec::new(),
        };
        let brokers = Hit {
            cluster: "kafka/demo".parse().unwrap(),
            by: FoundBy::Rack,
            closeness: Closeness::Exact,
            item: BrokerHit {
                id: klamm_model::BrokerId(3),
                state: klamm_model::BrokerState::Running,
                roles: vec![NodeRole::Broker],
                host: None,
                rack: Some("demo".to_owned()),
            },
            allowed_actions: Vec::new(),
        };
        let view = SearchView {
            clusters: Hits { items: vec![hit(Closeness::Prefix)], total: 12 },
            topics: Hits { items: Vec::new(), total: 0 },
            groups: Hits { items: Vec::new(), total: 0 },
            brokers: Hits { items: vec![brokers], total: 1 },
            unsearched: vec![Unsearched {
                cluster: "kafka/east".parse().unwrap(),
                kinds: vec![SearchKind::Topics, SearchKind::Groups],
            }],
        };
        let found = found(" demo ", view);
        let titles: Vec<_> = found.kinds.iter().map(|kind| (kind.title.as_str(), kind.hint.as_str())).collect();
        assert_eq!(titles, [("Brokers", "1 found"), ("Clusters", "the closest 1 of 12")]);
        assert_eq!((found.sentence.as_str(), found.facts.as_str()), ("13 found for “demo”", "12 clusters · 1 broker"));
        assert_eq!(
            found.unsearched,
            ["Klamm has not seen all topics and consumer groups of kafka/east, so there may be more."]
        );
        let broker = &found.kinds[0].rows[0];
        assert_eq!((&broker.name, &broker.facts), (&marked("Broker 3", "", ""), &marked("", "demo", " · broker")));
    }
}
